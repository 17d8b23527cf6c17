"""A fact as a promise sees it, and what a promise found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """What one witness said: a row of the facts table."""

    witness: str
    kind: str
    intent: str | None
    order_id: str | None
    amount_minor: int | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """`kept` is None when the facts it needs are not there."""

    promise: str
    kept: bool | None
    sentence: str
    checked: int
    broken: int


def finding(promise: str, checked: int, what: str, broken: int, wrong: str) -> Finding:
    """Kept when something was checked and nothing was wrong; cannot tell when there was nothing to check."""
    if not checked:
        return Finding(promise, None, f"{promise}: cannot tell, there is no {what} to check", 0, 0)
    if broken:
        return Finding(promise, False, f"{promise}: {wrong}, of {checked:,} {what}s checked", checked, broken)
    return Finding(promise, True, f"{promise}: kept, {checked:,} {what}s checked", checked, 0)
