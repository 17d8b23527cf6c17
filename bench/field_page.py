"""What colliding shoppers came to: the page docs/field-report.md, and a run in a line."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from field_books import FIELDS
from field_run import ARRIVE_S, COLLISIONS, COUPON_LIMIT, SCARCE_UNITS, Refused, Told
from jinja2 import Environment, StrictUndefined

TEMPLATE = Path(__file__).resolve().with_name("field_page.md.j2")
_WORD = {True: "kept", False: "**broken**", None: "-"}


@dataclass(frozen=True)
class Report:
    """All runs of one report, and how it was made."""

    told: tuple[Told, ...]
    lost: tuple[Refused, ...]
    """Refused at every try."""
    revision: str
    took_s: float

    def of(self, collision: str) -> list[Told]:
        return [one for one in self.told if one.collision == collision]


def in_short(told: Told) -> str:
    """One run in one line."""
    broken = "; ".join(one.sentence for one in told.findings if one.kept is False)
    return (
        f"{told.engine}, {told.collision}: {told.sessions} sessions ({counts(told.ended)}), {told.booked} orders, "
        f"{told.sold} units of {told.had}, {told.used} uses of the code; {broken or 'no promise broken'}"
    )


def counts(of: Mapping[str, int]) -> str:
    """`ok 5, rejected 2`, most often first."""
    return ", ".join(f"{name} {count}" for name, count in sorted(of.items(), key=lambda one: (-one[1], one[0])))


def page(report: Report) -> str:
    """docs/field-report.md, by bench/field_page.md.j2."""
    shown = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    return shown.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        report=report,
        engines={one.engine: one.version for one in report.told},
        collisions=COLLISIONS,
        counts=counts,
        oversold=oversold,
        uncounted=uncounted,
        verdicts=verdicts(report.told),
        broken=[(one, finding) for one in report.told for finding in one.findings if finding.kept is False],
        untold=untold(report.told),
        fields=FIELDS,
        units=SCARCE_UNITS,
        limit=COUPON_LIMIT,
        arrive_s=ARRIVE_S,
        today=datetime.now(UTC).date().isoformat(),
        machine=f"{os.cpu_count()} shared cores, {platform.system()} on {platform.machine()}",
        python=platform.python_version(),
    )


def oversold(told: Told) -> int:
    """Units in orders that were not there."""
    return max(0, told.sold - told.had)


def uncounted(told: Told) -> int:
    """Units that are in orders and that the engine's own count of its stock has not set aside."""
    return told.sold - (told.aside + told.had - told.shelf)


def verdicts(told: Sequence[Told]) -> list[tuple[str, list[str]]]:
    """A row for each promise that some run could tell: what became of it, run by run."""
    names = list(dict.fromkeys(finding.promise for one in told for finding in one.findings))
    rows = []
    for name in names:
        kept = [next((finding.kept for finding in one.findings if finding.promise == name), None) for one in told]
        if kept != [None] * len(kept):
            rows.append((name, [_WORD[one] for one in kept]))
    return rows


def untold(told: Sequence[Told]) -> dict[str, list[tuple[str, Any]]]:
    """Why a promise cannot tell: the reason, to the promises and the runs (None: all of them)."""
    reasons: dict[str, dict[str, list[str]]] = {}
    for one in told:
        for finding in one.findings:
            if finding.kept is None:
                reason = finding.sentence.removeprefix(f"{finding.promise}: cannot tell, ")
                where = reasons.setdefault(reason, {}).setdefault(finding.promise, [])
                where.append(f"{one.engine} {one.collision}")
    return {
        reason: [(name, None if len(runs) == len(told) else ", ".join(runs)) for name, runs in promises.items()]
        for reason, promises in reasons.items()
    }
