"""Durations as people write them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_UNIT_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration_s(value: object) -> float:
    """Seconds from a number or from text such as "90s", "12m", "1.5h", "2d"."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'{value!r} is no duration; write it as "90s", "12m", "1.5h" or "2d"')
    return float(match[1]) * _UNIT_S[match[2]]


DurationS = Annotated[float, BeforeValidator(parse_duration_s), Field(ge=0)]
