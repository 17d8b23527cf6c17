"""What a part of the calibration hands in: a piece of docs/calibration.md, and which of its bars held."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One limit that the calibration must keep."""

    says: str
    seen: str
    held: bool


@dataclass(frozen=True)
class Section:
    """One part of the page, in Markdown, and its bars."""

    title: str
    text: str
    bars: tuple[Bar, ...]
