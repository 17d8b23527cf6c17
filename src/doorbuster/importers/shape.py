"""The shape of a cell, to be shown in place of it: a cell in the wrong column may be an address or a token."""

from __future__ import annotations

import re


def shape(text: str) -> str:
    """Letters as a, digits as 9, cut at 30.

    >>> shape("ann@shop.example"), shape("28.11.2025")
    ('aaa@aaaa.aaaaaaa', '99.99.9999')
    """
    plain = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text[:31]))
    shown = re.sub(r"[^\x20-\x7e]", "?", plain)
    return shown if len(shown) <= 30 else f"{shown[:30]}..."
