"""What a shop promises in numbers: the gate file may say otherwise, the defaults are common practice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Limits:
    """One number a line, units in the names."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    """A gate file with a number that nobody reads is a mistake."""

    event_within_s: float = 60.0
    """A purchase event reaches analytics within this of its payment: campaigns are steered by it on the day itself."""


DEFAULT_LIMITS = Limits()
