"""What broken promises cost, as the report shows it first: people, money, ids, minute, journey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from doorbuster.audit.audit import Audit
from doorbuster.audit.told import one_offence, when_and_where

_SHOWN: Final = 10


@dataclass(frozen=True)
class Cost:
    """One broken promise."""

    promise: str
    sentence: str
    where: str
    cases: tuple[str, ...]
    more: int
    """Cases beyond those shown; all are in audit.parquet."""


def costs_of(audit: Audit | None) -> tuple[Cost, ...]:
    """The broken promises of a run, in the order in which a shop owner asks."""
    return tuple(
        Cost(
            finding.promise,
            finding.sentence,
            when_and_where(finding),
            tuple(one_offence(offence) for offence in finding.offences[:_SHOWN]),
            max(0, len(finding.offences) - _SHOWN),
        )
        for finding in (audit.broken() if audit else ())
    )
