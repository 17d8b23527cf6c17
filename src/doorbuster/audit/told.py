"""The audit in sentences: people and money first, then who and when, then what cannot be told, then what was kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from doorbuster.audit.audit import Audit
from doorbuster.promises.fact import Finding, Offence
from doorbuster.promises.words import amount_text, by_what, some

_SHOWN: Final = 5
"""Offences named under each promise; the others are in audit.parquet."""


def audit_text(audit: Audit, with_kept: bool = True) -> str:
    """The audit for a terminal, one sentence a line; promises that were kept may be left to their number."""
    return "\n".join(_lines(audit, with_kept))


def when_and_where(finding: Finding) -> str:
    """`native_checkout 30, express_wallet 7; minute 3 to minute 5`, as far as it is known."""
    journeys = Counter(offence.journey for offence in finding.offences if offence.journey)
    minutes = sorted({offence.at_us // 60_000_000 for offence in finding.offences if offence.at_us is not None})
    parts = [", ".join(f"{journey} {count:,}" for journey, count in journeys.most_common())] * bool(journeys)
    if minutes:
        parts.append(f"minute {minutes[0]}" + (f" to minute {minutes[-1]}" if len(minutes) > 1 else ""))
    return "; ".join(parts)


def one_offence(offence: Offence) -> str:
    """`2 min 05 s  native_checkout, session 41, intent 7-41, order DB-000012: charged again, 49.06 EUR`."""
    names = [
        offence.journey,
        None if offence.session is None else f"session {offence.session}",
        f"intent {offence.intent}" if offence.intent else None,
        f"order {offence.order_id}" if offence.order_id else None,
        offence.subject,
    ]
    where = ", ".join(name for name in names if name)
    money = "" if offence.amount_minor is None else f", {amount_text(offence.amount_minor, offence.currency)}"
    return f"{_moment(offence.at_us)}{where}: {offence.what}{money}"


def _moment(at_us: int | None) -> str:
    if at_us is None:
        return ""
    seconds = at_us // 1_000_000
    return f"{seconds // 60} min {seconds % 60:02d} s  "


def _lines(audit: Audit, with_kept: bool) -> Iterator[str]:
    broken = audit.broken()
    kept = [finding for finding in audit.findings if finding.kept]
    untold = [finding for finding in audit.findings if finding.kept is None]
    if audit.unfinished:
        yield f"INVALID: {audit.unfinished}; what follows is for information only"
    yield f"Audit: {some(len(broken), 'promise')} broken, {len(untold)} cannot be told, {len(kept)} kept"
    for finding in broken:
        yield f"  BROKEN  {finding.sentence}"
        where = when_and_where(finding)
        if where:
            yield f"          {where}" + (f"; {by_what(finding.offences)}" if _kinds(finding) > 1 else "")
        for offence in finding.offences[:_SHOWN]:
            yield f"            {one_offence(offence)}"
        more = len(finding.offences) - _SHOWN
        if more > 0:
            yield f"            and {more:,} more in audit.parquet"
    for finding in untold:
        yield f"  ?       {finding.sentence}"
    for finding in kept if with_kept else ():
        yield f"  kept    {finding.sentence.replace(': kept,', ':')}"


def _kinds(finding: Finding) -> int:
    return len({offence.what for offence in finding.offences})
