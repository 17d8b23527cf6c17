"""The one verdict: INVALID, FAIL, INCONCLUSIVE or PASS, and every number behind it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import pandas as pd

from doorbuster.analysis.beside_control import compared_with, entries_of_control, of_control
from doorbuster.analysis.compare import Comparison, compare_runs
from doorbuster.analysis.entries import Entry, PromiseResult, promise_entry
from doorbuster.analysis.equal_load import EqualLoad
from doorbuster.analysis.estimates import Estimates, Sides, like_clock
from doorbuster.analysis.gate_file import Gate
from doorbuster.analysis.load import Run
from doorbuster.analysis.noise import NoiseProfile
from doorbuster.analysis.objectives import judge_objective
from doorbuster.analysis.regressions import judge_regression, undeclared
from doorbuster.analysis.repeats import repeats_of
from doorbuster.analysis.validity import Reading, Validity, judge_last_year, judge_validity
from doorbuster.errors import RunDirectoryError
from doorbuster.vocabulary import CONTROL, EXIT_CODES
from doorbuster.vocabulary import Verdict as Word

MEANING: Final[dict[Word, str]] = {
    "PASS": "Everything the gate requires was measured and is within its limits.",
    "FAIL": "At least one limit is broken, by more than chance explains.",
    "INCONCLUSIVE": "Nothing failed, but something the gate requires cannot be told from this much data.",
    "INVALID": "This was no rehearsal: the run itself went wrong, so it says nothing about the shop.",
}


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a run, or several of one release, came to."""

    verdict: Word
    validity: Validity
    entries: tuple[Entry, ...]
    """Objectives, then regressions, then promises, as the gate file has them."""
    comparison: Comparison
    warnings: tuple[str, ...]
    """What to know before believing a comparison, and which runs could not be compared with."""
    baselines: tuple[Run, ...] = ()
    """The runs of last year that were compared with: those that were rehearsals."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to read first: why it is this verdict, what failed, what cannot be told, the rest, then warnings."""
        if self.verdict == "INVALID":
            return (*(f"this was no rehearsal: {reason}" for reason in self.validity.reasons), *self.warnings)
        return (*(entry.sentence for entry in ranked_entries(self.entries)), *self.warnings)

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.verdict]

    @property
    def promises(self) -> tuple[Entry, ...]:
        return self.of_kind("promise")

    def of_kind(self, kind: str) -> tuple[Entry, ...]:
        """Entries that are an "objective", a "regression" or a "promise"."""
        return tuple(entry for entry in self.entries if entry.kind == kind)


def judge(
    candidates: Sequence[Run],
    baselines: Sequence[Run],
    aa: Sequence[Run],
    gate: Gate,
    promises: Sequence[PromiseResult] = (),
    noise: NoiseProfile | None = None,
) -> Verdict:
    """Judge runs of one release by a gate. `aa` and `noise` teach how far runs of one shop lie apart by chance.

    INVALID first, if any candidate was no rehearsal; else FAIL if any entry fails; else INCONCLUSIVE if a required
    entry cannot tell; else PASS. A baseline or A/A run that was no rehearsal is said and not compared with.
    """
    if not candidates:
        raise RunDirectoryError("no run to judge; give the path that `doorbuster run` printed last")
    _check_distinct((*candidates, *baselines, *aa))
    validity = _validity_of_all(candidates, gate)
    beside, about_control = compared_with(candidates, baselines)
    baselines, unusable = _usable(beside, gate, "last year's run")
    aa, unusable_aa = _usable(aa, gate, "the A/A run")
    aa, strange = repeats_of(aa, candidates, baselines)
    estimates = Estimates(gate.comparison.resamples, clock=like_clock((*baselines, *aa)))
    sides = Sides(tuple(candidates), tuple(baselines), tuple(aa), noise)
    comparison = compare_runs(candidates, baselines, aa, estimates, gate.comparison, gate.regression, noise)
    without = next(iter((*unusable, *about_control)), "no run of last year was given")
    regressions = [
        *(judge_regression(one, comparison, sides, without, estimates) for one in gate.regression),
        *undeclared(comparison, gate.regression),
    ]
    entries: tuple[Entry, ...] = (
        *(judge_objective(objective, candidates, estimates) for objective in gate.objective),
        *(entries_of_control(regressions, comparison) if comparison.paired else regressions),
        *(promise_entry(promise) for promise in promises),
    )
    if not validity.valid:
        # The numbers may be read; no single line of them may pass for a result.
        entries = tuple(replace(entry, verdict="INVALID") for entry in entries)
        comparison = comparison.unjudged()
    said = map(of_control, comparison.warnings) if comparison.paired else comparison.warnings
    warnings = (*about_control, *unusable, *unusable_aa, *strange, *said)
    compared = () if comparison.paired else tuple(baselines)
    return Verdict(_rule(validity, entries), validity, entries, comparison, warnings, compared)


def _check_distinct(runs: Sequence[Run]) -> None:
    """A run beside itself is no repeat: it would teach that nothing ever varies."""
    seen: dict[object, Run] = {}
    for run in runs:
        info = run.info
        noted = (info.get("id"), info.get("prepared_at"), info.get("started_at"), info.get("seed"), run.arm)
        for key in (noted, _imported_records(run)):
            if key in seen:
                raise RunDirectoryError(
                    f"{run.directory.path} and {seen[key].directory.path} are the same run; give each run once"
                )
            if key is not None:
                seen[key] = run


def _imported_records(run: Run) -> object:
    """What was imported, whatever it was called; None for a run of ours, and for a file without records."""
    if not run.from_telemetry or run.latency.empty:
        return None
    hashes = pd.util.hash_pandas_object(run.latency, index=False).to_numpy()
    return run.info.get("started_at"), len(hashes), hashes.tobytes()


def _rule(validity: Validity, entries: Sequence[Entry]) -> Word:
    if not validity.valid:
        return "INVALID"
    if any(entry.verdict == "FAIL" for entry in entries):
        return "FAIL"
    if any(entry.verdict == "INCONCLUSIVE" and entry.required for entry in entries):
        return "INCONCLUSIVE"
    return "PASS"


def _validity_of_all(candidates: Sequence[Run], gate: Gate) -> Validity:
    """One candidate's validity, or that of several, each reason and number with its run's name."""
    each = [judge_validity(run, gate.validity) for run in candidates]
    if len(each) == 1:
        return each[0]
    named = list(zip(candidates, each, strict=True))
    return Validity(
        all(one.valid for one in each),
        tuple(f"{run.name}: {reason}" for run, one in named for reason in one.reasons),
        tuple(
            Reading(f"{run.name}: {reading.name}", reading.value, reading.shown, reading.limit, reading.fine)
            for run, one in named
            for reading in one.numbers
        ),
    )


def _usable(runs: Sequence[Run], gate: Gate, whose: str) -> tuple[list[Run], list[str]]:
    """Runs that were rehearsals, and a sentence for each that was not."""
    usable, sentences = [], []
    for run in runs:
        validity = judge_last_year(run, gate.validity)
        if validity.valid or run.arm == CONTROL:  # a control is judged with its candidate
            usable.append(run)
        else:
            sentences.append(
                f"{whose} {run.name} was no rehearsal ({validity.reasons[0]}), so nothing is compared with it"
            )
    return usable, sentences


def ranked_entries(entries: Sequence[Entry]) -> list[Entry]:
    """Entries as a reader wants them: what failed, what cannot be told, then the rest in the gate's order.

    Of what failed the promises come first: people and money before milliseconds.
    """
    first = ("FAIL", "INCONCLUSIVE")

    def rank(entry: Entry) -> tuple[int, bool]:
        return (
            first.index(entry.verdict) if entry.verdict in first else len(first),
            entry.verdict == "FAIL" and entry.kind != "promise",
        )

    return sorted(entries, key=rank)


def verdict_to_json(verdict: Verdict) -> str:
    """verdict.json: the same content, numbers as numbers, null for what was not measured."""
    content = {
        "format": 1,
        "verdict": verdict.verdict,
        "exit_code": verdict.exit_code,
        "sentences": verdict.sentences,
        "validity": asdict(verdict.validity),
        "objectives": [_entry_content(entry) for entry in verdict.of_kind("objective")],
        "regressions": [_entry_content(entry) for entry in verdict.of_kind("regression")],
        "promises": [_entry_content(entry) for entry in verdict.promises],
        "comparisons": verdict.comparison.table.to_dict(orient="records"),
        "differences": [asdict(one) for one in verdict.comparison.differences],
        "equal_load": _equal_load_content(verdict.comparison.equal_load),
        "warnings": verdict.warnings,
    }
    return json.dumps(_without_nan(content), indent=2, ensure_ascii=False) + "\n"


def _equal_load_content(found: EqualLoad | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "planned_per_minute": {"candidate": found.planned[0], "baseline": found.planned[1]},
        "from_per_minute": found.matched.compared[0],
        "to_per_minute": found.matched.compared[1],
        "overlap": found.matched.overlap,
        "candidate_overlap": found.matched.candidate_overlap,
        "refused": found.refused,
        "comparisons": [] if found.table is None else found.table.to_dict(orient="records"),
    }


def _entry_content(entry: Entry) -> dict[str, Any]:
    content = {"name": entry.name, "verdict": entry.verdict, "required": entry.required, "sentence": entry.sentence}
    return {**content, "numbers": dict(entry.numbers)}


def _without_nan(value: Any) -> Any:
    """JSON has no nan; null says "not measured"."""
    if isinstance(value, dict):
        return {str(key): _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
