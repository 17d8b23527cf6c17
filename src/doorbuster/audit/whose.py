"""Whose offence it was: the session and the journey, from the run's own sessions table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from doorbuster.promises.fact import Finding, Offence
from doorbuster.record.directory import RunDirectory
from doorbuster.record.reading import read_table


def with_shoppers(directory: RunDirectory, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with session and journey in every offence whose intent or order the run knows.

    Raises RunDirectoryError when the sessions table is damaged.
    """
    listed = tuple(findings)
    offences = [offence for finding in listed for offence in finding.offences]
    if not offences:
        return listed
    table = read_table(directory, "sessions").select(["session", "journey", "intent", "order_id"])
    by_intent = _shoppers(table, "intent", {offence.intent for offence in offences})
    by_order = _shoppers(table, "order_id", {offence.order_id for offence in offences})

    def named(offence: Offence) -> Offence:
        found = by_intent.get(offence.intent) or by_order.get(offence.order_id)
        return replace(offence, session=found[0], journey=found[1]) if found else offence

    return tuple(replace(finding, offences=tuple(map(named, finding.offences))) for finding in listed)


def _shoppers(table: pa.Table, column: str, wanted: set[str | None]) -> dict[str | None, tuple[int, str]]:
    names = pa.array(sorted(name for name in wanted if name), pa.string())
    rows = table.filter(pc.is_in(table[column], names)).to_pylist()
    return {row[column]: (row["session"], row["journey"]) for row in rows}
