"""A check for a terminal: the table, what to do, what is left behind; and the requests, for who asks for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from doorbuster.rehearsal.row import Row, State
from doorbuster.rehearsal.seen import Seen, Walked

_STATES: Final[tuple[State, ...]] = ("works", "does not work", "cannot tell", "not configured")
_WIDTH: Final = 84
_BESIDE: Final = " " * 36


def check_text(seen: Seen, rows: Sequence[Row]) -> str:
    """The whole table."""
    return "\n".join(_lines(seen, rows))


def requests_text(seen: Seen) -> str:
    """Every step with the requests under it."""
    tried = [(f"discount {one.code}", one.walked) for one in seen.tried]
    walks = [*tried, *seen.walked.items()]
    return "\n".join(line for name, walked in walks for line in _walk(name, walked))


def _lines(seen: Seen, rows: Sequence[Row]) -> Iterator[str]:
    counts = Counter(row.state for row in rows)
    told = ", ".join(f"{counts[state]} {state}" for state in _STATES if counts[state])
    yield f"Check of {seen.scenario} at {seen.target}: {told}"
    for row in rows:
        first, *more = wrap(row.said, _WIDTH) or [""]
        yield f"  {row.state:<16}{row.what:<18}{first}"
        for line in more:
            yield _BESIDE + line
        if row.do:
            for number, line in enumerate(wrap(row.do, _WIDTH - 3)):
                yield _BESIDE + ("-> " if number == 0 else "   ") + line
    for order_id, why in seen.cancelled.items():
        yield f"  order {order_id} of this check " + ("was cancelled" if why is None else f"is still there: {why}")


def _walk(name: str, walked: Walked) -> Iterator[str]:
    yield name + (f" (intent {walked.intent})" if walked.intent else "")
    for taken in walked.steps:
        yield f"  {taken.step:<20}{taken.answer.outcome}" + (f", {taken.answer.detail}" if taken.answer.detail else "")
        for sent in taken.sent:
            came = f"{sent.status}" if sent.status else f"none: {sent.failure}"
            where = f"{sent.address} {sent.operation}".rstrip()
            yield f"      {sent.method:<5} {where:<56} {came}  {sent.took_ms:,.0f} ms"
