"""Numbers as a shop would say them: 226 ms, 1.4 s, 0.12 %, 1.18x."""

from __future__ import annotations

import math

from doorbuster.record.histogram import HIGHEST_US

NOT_MEASURED = "not measured"


def milliseconds(value_ms: float) -> str:
    """A time with its unit.

    >>> milliseconds(0.42), milliseconds(226.4), milliseconds(1380), milliseconds(float("nan"))
    ('0.42 ms', '226 ms', '1.38 s', 'not measured')
    """
    if math.isnan(value_ms):
        return NOT_MEASURED
    if value_ms * 1000 >= HIGHEST_US:
        return "over 10 min"
    if value_ms >= 9_995:
        return f"{value_ms / 1000:.1f} s"
    if value_ms >= 999.5:
        return f"{value_ms / 1000:.2f} s"
    if value_ms >= 9.95:
        return f"{value_ms:.0f} ms"
    return f"{value_ms:.2g} ms"


def clock_text(at_s: float) -> str:
    """A moment of the scenario's clock.

    >>> clock_text(40), clock_text(720), clock_text(5400), clock_text(90)
    ('40 s', '12 min', '1 h 30 min', '1 min 30 s')
    """
    seconds = round(at_s)
    hours, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    parts += [f"{rest} s"] * bool(rest or not parts)
    return " ".join(parts)


def percent(share: float) -> str:
    """A share of one as a percentage.

    >>> percent(0.00123), percent(0.0), percent(0.25)
    ('0.123 %', '0 %', '25 %')
    """
    return NOT_MEASURED if math.isnan(share) else f"{share * 100:.3g} %"


def points(share: float) -> str:
    """A difference of two shares in percentage points.

    >>> points(0.0021)
    '+0.21 percentage points'
    """
    return NOT_MEASURED if math.isnan(share) else f"{share * 100:+.2f} percentage points"


def times(ratio: float) -> str:
    """A ratio.

    >>> times(1.1849)
    '1.18x'
    """
    return NOT_MEASURED if math.isnan(ratio) else f"{ratio:.2f}x"


def whole(count: float) -> str:
    """A count with thousands marked.

    >>> whole(123456)
    '123,456'
    """
    return f"{int(count):,}"


def more_data(factor: float, what: str) -> str:
    """How much more would settle an open question.

    >>> more_data(2.3, "data")
    'about 3x the data would settle it'
    """
    if not math.isfinite(factor) or factor > 20:
        return f"it sits so close to the limit that more {what} will hardly settle it"
    return f"about {max(2, math.ceil(factor))}x the {what} would settle it"


def nothing_of(name: str) -> str:
    """Says that something never happened.

    >>> nothing_of("checkout.complete"), nothing_of("all steps")
    ('no checkout.complete was measured', 'no step was measured')
    """
    return f"no {'step' if name == 'all steps' else name} was measured"
