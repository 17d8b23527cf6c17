"""A chart made of letters, for places that show no pictures: a pull request, a CI job's summary, a mail.

Pictures in Markdown are files that a server must hand out. A job's summary has no files beside it and refuses pictures
written into the text; a comment has neither. Letters are shown everywhere.
"""

from __future__ import annotations

import math
from typing import Final

from doorbuster.analysis.compare import Comparison
from doorbuster.analysis.ratios import Ratio, ratios_of, where_compared
from doorbuster.analysis.wording import times

_WIDTH: Final = 41
_MOST_ROWS: Final = 24
_POINTS: Final = {"beyond": "X", "open": "o", "within": "*", "unjudged": "?", "untold": " "}


def ratios_text(comparison: Comparison, metric: str = "p95") -> str:
    """The comparison as a forest plot, a line for each journey and step; empty where nothing can be told.

    `X` is beyond the limit, `*` within it, `o` cannot be told; dashes are the 95 % interval, `|` is last year and `:`
    the limit.
    """
    ratios = ratios_of(comparison, metric)
    told = [one for one in ratios if one.against != "untold"]
    if not told:
        return ""
    low = max(0.1, min([0.95, *(one.low for one in told)]))
    high = min(10.0, max([1.05, *(max(one.high, one.limit) for one in told)]))
    name_width = max(len(one.name) for one in ratios)
    rows = [_row(one, name_width, low, high) for one in ratios[:_MOST_ROWS]]
    then, interval = ("the control", "joint") if comparison.paired else ("last year", "95 %")
    legend = f"| {then}   : limit   X beyond it   * within it   o cannot tell   ? not judged   - {interval} interval"
    of_what = f"{metric}, of {then}'s{where_compared(comparison)} (log scale)"
    head = f"{'':<{name_width}}  {f'{low:.2f}x':<{_WIDTH - 6}}{f'{high:.2f}x':>6}  {of_what}"
    more = [f"and {len(ratios) - _MOST_ROWS} more"] if len(ratios) > _MOST_ROWS else []
    return "\n".join([head, *rows, *more, legend])


def _row(one: Ratio, name_width: int, low: float, high: float) -> str:
    cells = [" "] * _WIDTH
    cells[_place(1.0, low, high)] = "|"
    if one.against == "untold":
        return f"{one.name:<{name_width}}  {''.join(cells)}  too few to tell"
    cells[_place(one.limit, low, high)] = ":"
    first, last = _place(one.low, low, high), _place(one.high, low, high)
    for cell in range(first, last + 1):
        cells[cell] = "-" if cells[cell] == " " else cells[cell]
    cells[_place(one.ratio, low, high)] = _POINTS[one.against]
    return f"{one.name:<{name_width}}  {''.join(cells)}  {times(one.ratio)} ({one.low:.2f} to {one.high:.2f})"


def _place(ratio: float, low: float, high: float) -> int:
    share = math.log(min(max(ratio, low), high) / low) / math.log(high / low)
    return round(share * (_WIDTH - 1))
