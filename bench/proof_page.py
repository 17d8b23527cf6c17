"""What the proof came to: the page docs/proof.md, and one word for the exit code."""

from __future__ import annotations

import math
import os
import platform
import statistics
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from proof_bugs import BESIDE
from proof_run import MOST_SESSIONS, Told

from doorbuster.staging.faults import find_fault

TEMPLATE = Path(__file__).resolve().with_name("proof_page.md.j2")
MISSED_OF = 20
"""A bug may be missed in one of so many runs."""


@dataclass(frozen=True)
class Proof:
    """All runs of one proof, and how it was made."""

    told: tuple[Told, ...]
    command: str
    revision: str
    took_s: float

    @property
    def clean(self) -> list[Told]:
        """Finished runs without a bug."""
        return [one for one in self.told if one.job.bug is None and not one.unfinished]

    def by_bug(self) -> dict[str, list[Told]]:
        """Bug to its runs, those that count for nothing left out; every bug that was tried is there."""
        runs: dict[str, list[Told]] = {}
        for one in self.told:
            if one.job.bug:
                runs.setdefault(one.job.bug, []).extend([] if one.unfinished else [one])
        return dict(sorted(runs.items()))


def at_most(alarms: int, runs: int) -> float:
    """The highest share of such runs that may alarm, at 95 % one-sided confidence (Clopper and Pearson 1934,
    doi:10.1093/biomet/26.4.404): where seeing so few alarms, or fewer, has a probability of 5 %.

    >>> round(at_most(0, 100), 4), round(at_most(0, 10), 4), round(at_most(1, 10), 4), at_most(3, 3)
    (0.0295, 0.2589, 0.3942, 1.0)
    """
    if alarms >= runs:
        return 1.0
    if not alarms:
        return 1.0 - math.pow(0.05, 1 / runs)
    low, high = alarms / runs, 1.0
    for _ in range(60):
        share = (low + high) / 2
        so_few = sum(math.comb(runs, seen) * share**seen * (1 - share) ** (runs - seen) for seen in range(alarms + 1))
        low, high = (share, high) if so_few > 0.05 else (low, share)
    return high


def verdict(proof: Proof) -> tuple[bool, str]:
    """Whether the proof holds, and why not."""
    wrong = [f"{one.job.bug or 'clean'}, seed {one.job.seed}: {one.unfinished}" for one in proof.told if one.unfinished]
    for bug, runs in proof.by_bug().items():
        missed = [one.job.seed for one in runs if not one.caught]
        if len(missed) > len(runs) // MISSED_OF:
            wrong.append(f"{bug}: missed with seed {', '.join(map(str, missed))}")
    for one in proof.clean:
        wrong += [f"clean, seed {one.job.seed}: alarm, {promise} ({count})" for promise, count in one.broken.items()]
        wrong += [f"clean, seed {one.job.seed}: {sentence}" for sentence in one.cannot_tell.values()]
    caught = sum(one.caught for runs in proof.by_bug().values() for one in runs)
    count = sum(map(len, proof.by_bug().values()))
    alarms = sum(bool(one.broken) for one in proof.clean)
    seen = (
        f"{len(proof.by_bug())} bugs, caught in {caught} of {count} runs; an alarm in {alarms} of {len(proof.clean)} "
        f"clean runs; {proof.took_s:.0f} s, {statistics.median(one.took_s for one in proof.told):.1f} s a run"
    )
    return not wrong, "\n".join([*wrong, seen, "the proof holds" if not wrong else "the proof does NOT hold"])


def page(proof: Proof) -> str:
    """docs/proof.md, by bench/proof_page.md.j2."""
    shown = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    rows = [_row(bug, runs) for bug, runs in proof.by_bug().items()]
    alarms = sum(bool(one.broken) for one in proof.clean)
    return shown.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        proof=proof,
        rows=rows,
        beside={bug: BESIDE[bug].text() for bug in proof.by_bug() if bug in BESIDE},
        seeds=max((row["runs"] for row in rows), default=0),
        alarms=alarms,
        at_most=f"{100 * at_most(alarms, len(proof.clean)):.3g} %" if proof.clean else "",
        untold=sum(bool(one.cannot_tell) for one in proof.clean),
        lost=[one for one in proof.told if one.unfinished],
        sessions=MOST_SESSIONS,
        today=datetime.now(UTC).date().isoformat(),
        machine=f"{os.cpu_count()} shared cores, {platform.system()} on {platform.machine()}",
        python=platform.python_version(),
    )


def _row(bug: str, runs: list[Told]) -> dict[str, Any]:
    fault = find_fault(bug)
    caught = [one for one in runs if one.caught]
    also = Counter(promise for one in runs for promise in one.broken if promise != fault.breaks)
    return {
        "bug": bug,
        "sentence": fault.sentence,
        "breaks": fault.breaks,
        "caught": len(caught),
        "runs": len(runs),
        "offences": _median([one.broken[fault.breaks] for one in caught]),
        "first": _median([one.after_sessions for one in caught if one.after_sessions is not None]),
        "also": "; ".join(f"{promise} ({count})" for promise, count in also.most_common()),
    }


def _median(numbers: list[int]) -> str:
    return f"{statistics.median(numbers):g}" if numbers else "-"
