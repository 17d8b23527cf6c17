"""Real repeats on the embedded staging shop, and a step that is really 30 % slower, judged in every combination.

    python bench/real_aa.py --runs runs/real-aa

makes ten short runs with nothing changed and three in which the shop's `checkout.complete` takes 30 % of its own median
longer (fault `slow_checkout`), between each other, each on a fresh shop. Then it compares them as `doorbuster compare`
does, with the gate's defaults, in every way that leaves the other repeats to learn from, and prints a Markdown table.
Runs that are there already are used; `--most N` makes at most N of the missing ones and stops. A run that was no
rehearsal is made again, and counted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np

from doorbuster.analysis.compare import compare_runs
from doorbuster.analysis.comparison_rules import AS_CALIBRATED
from doorbuster.analysis.estimates import Estimates, geometric_mean_ms
from doorbuster.analysis.gate_file import load_gate
from doorbuster.analysis.load import Run, open_run
from doorbuster.analysis.measure import Selection
from doorbuster.analysis.noise_file import NoiseFile
from doorbuster.analysis.noise_learnt import learn
from doorbuster.analysis.noise_text import EVERY_STEP, sd_percent
from doorbuster.cards import find_gate
from doorbuster.rehearsal.prepare import RunOptions
from doorbuster.rehearsal.rehearse import Workers, rehearse
from doorbuster.settings import load_settings
from doorbuster.staging.environment import staging_environment

SCENARIO = Path(__file__).with_suffix(".toml")
STEP = "checkout.complete"
SLOWER = 0.30
# Three of the same tell the median; then the slower ones lie between the others, whatever the machine does meanwhile.
ORDER = ("same", "same", "same", *("slow", "same") * 3, "same", "same", "same", "same")
MOST_COMBINATIONS = 600
Way = tuple[Sequence[Run], Sequence[Run]]
Ways = Iterator[tuple[Sequence[Run], Sequence[Run], Sequence[Run]]]
"""Candidates, baselines, and repeats to learn from."""


@dataclass
class Made:
    """The runs as they are, kept in runs.json beside them."""

    folder: Path
    same: list[str]
    slow: list[str]
    invalid: int = 0

    @classmethod
    def at(cls, folder: Path) -> Made:
        known = folder / "runs.json"
        return cls(folder, **(json.loads(known.read_text()) if known.exists() else {"same": [], "slow": []}))

    def missing(self) -> str | None:
        """What the next run should be."""
        done = len(self.same) + len(self.slow)
        return ORDER[done] if done < len(ORDER) else None

    def opened(self, kind: str) -> list[Run]:
        return [open_run(self.folder / name) for name in getattr(self, kind)]

    def make_one(self, kind: str) -> None:
        faults = (
            (f"slow_checkout={SLOWER * typical_ms(self.opened('same'), Estimates(), 'p50'):.0f}",)
            if kind == "slow"
            else ()
        )
        with staging_environment(faults=faults) as addresses:
            options = RunOptions(SCENARIO, addresses.shop_url, self.folder)
            rehearsed = rehearse(options, load_settings(), lambda _: None, Workers())
        if rehearsed.exit_code:
            print(f"made again: {rehearsed.reasons[:1]}", file=sys.stderr, flush=True)
            self.invalid += 1
        else:
            getattr(self, kind).append(rehearsed.directory.name)
        kept = {"same": self.same, "slow": self.slow, "invalid": self.invalid}
        (self.folder / "runs.json").write_text(json.dumps(kept) + "\n")


def typical_ms(runs: Sequence[Run], known: Estimates, quantile: str) -> float:
    """Of the slowed step: the geometric mean over runs, as comparisons take it."""
    return geometric_mean_ms([known.quantile(run, Selection(STEP), quantile) for run in runs])


def more_ms(same: Sequence[Run], known: Estimates) -> float:
    """What 30 % of the step's median is."""
    return SLOWER * typical_ms(same, known, "p50")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    design: str
    comparisons: int
    failed: int
    """Comparisons in which anything failed."""
    found: int
    """Comparisons in which the step failed."""
    beside: int
    """Comparisons in which something failed that is neither the step nor its journey."""


def judged(design: str, ways: Ways, known: Estimates) -> Row:
    count = failed = found = beside = 0
    for candidates, baselines, repeats in ways:
        changes = compare_runs(candidates, baselines, repeats, known, AS_CALIBRATED).changes
        names = {change.selection.name for change in changes if change.verdict == "FAIL"}
        count += 1
        failed += bool(names)
        found += STEP in names
        beside += bool(names - {STEP, "native_checkout"})
    return Row(design, count, failed, found, beside)


def unchanged(same: Sequence[Run], a_side: int, others: int) -> Ways:
    """So many a side, all ways round, and `others` of the rest to learn from; a fixed sample where there are many."""
    every: list[Way] = [
        (candidates, baselines)
        for candidates in combinations(same, a_side)
        for baselines in combinations([run for run in same if run not in candidates], a_side)
    ]
    for candidates, baselines in sample(every):
        rest = [run for run in same if run not in candidates and run not in baselines]
        yield candidates, baselines, rest[:others]


def slowed(slow: Sequence[Run], same: Sequence[Run], a_side: int, others: int) -> Ways:
    every: list[Way] = [
        (candidates, baselines) for candidates in combinations(slow, a_side) for baselines in combinations(same, a_side)
    ]
    for candidates, baselines in sample(every):
        yield candidates, baselines, [run for run in same if run not in baselines][:others]


def sample(every: list[Way]) -> list[Way]:
    if len(every) <= MOST_COMBINATIONS:
        return every
    chosen = np.random.default_rng(6).choice(len(every), MOST_COMBINATIONS, replace=False)
    return [every[position] for position in sorted(chosen)]


def profile_of(made: Made) -> NoiseFile:
    gate = load_gate(find_gate(None))
    noise: NoiseFile | None = None
    for name in made.same:
        learnt = learn(noise, made.folder / name, gate)
        assert not isinstance(learnt, str), learnt
        noise = learnt
    assert noise is not None
    return noise


def table(made: Made) -> str:
    """The Markdown that docs/repeats.md shows."""
    same, slow = made.opened("same"), made.opened("slow")
    known = Estimates(AS_CALIBRATED.resamples)
    rows = [
        judged("1 against 1, 8 repeats", unchanged(same, 1, 8), known),
        judged("3 against 3, 4 repeats", unchanged(same, 3, 4), known),
    ]
    slower = [
        judged("1 against 1, 8 repeats", slowed(slow, same, 1, 8), known),
        judged("3 against 3, 4 repeats", slowed(slow, same, 3, 4), known),
    ]
    spread = sd_percent(profile_of(made))
    ratios = [typical_ms(slow, known, q) / typical_ms(same, known, q) for q in ("p50", "p95")]
    steps = sum(1 for name in spread if name != EVERY_STEP)
    lines = [
        f"{len(same)} runs with nothing changed and {len(slow)} with {STEP} slowed by {SLOWER:.0%} of its median "
        f"({more_ms(same, known):.0f} ms; its p50 came out at {ratios[0]:.2f}x, its p95 at {ratios[1]:.2f}x), "
        f"{same[0].duration_s - same[0].warm_up_s:.0f} s each; runs that were no rehearsal and were made again: "
        f"{made.invalid}.",
        "",
        "| what was compared | comparisons | of | nothing changed: FAIL | one step +30 %: found | FAIL beside it |",
        "|---|--:|--:|--:|--:|--:|",
        *(
            f"| {one.design} | {one.comparisons} and {two.comparisons} | {_of(one, same, slow)} | "
            f"{share(one.failed, one.comparisons)} | {share(two.found, two.comparisons)} | "
            f"{share(two.beside, two.comparisons)} |"
            for one, two in zip(rows, slower, strict=True)
        ),
        "",
        f"Standard deviation between the {len(same)} runs, in % ({steps} steps and journeys):",
        "",
        "| | p50 | p95 |",
        "|---|--:|--:|",
        *(
            f"| {name} | {spread[name].get('p50', '')} | {spread[name].get('p95', '')} |"
            for name in (EVERY_STEP, STEP, "native_checkout", "browse")
        ),
    ]
    return "\n".join(lines)


def _of(one: Row, same: Sequence[Run], slow: Sequence[Run]) -> str:
    """How many ways there are."""
    side = int(one.design[0])
    unchanged_ways = comb(len(same), side) * comb(len(same) - side, side)
    return f"{unchanged_ways:,} and {comb(len(slow), side) * comb(len(same), side):,}"


def share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.1%})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=Path("runs/real-aa"))
    parser.add_argument("--most", type=int, default=len(ORDER) * 2, help="make at most so many runs now")
    asked = parser.parse_args()
    asked.runs.mkdir(parents=True, exist_ok=True)
    made = Made.at(asked.runs)
    for _ in range(asked.most):
        if (kind := made.missing()) is None:
            break
        print(f"run {len(made.same) + len(made.slow) + 1} of {len(ORDER)}: {kind}", file=sys.stderr, flush=True)
        made.make_one(kind)
    if made.missing() is None:
        print(table(made))


if __name__ == "__main__":
    main()
