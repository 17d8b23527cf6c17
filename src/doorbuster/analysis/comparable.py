"""Were these two the same experiment? What differs between this year's runs and last year's, and what follows."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Final, Literal

from doorbuster.analysis.equal_load import EqualLoad
from doorbuster.analysis.load import Run
from doorbuster.analysis.matched_load import CLASS_WIDTH
from doorbuster.analysis.measure import Selection, chosen_rows
from doorbuster.analysis.mix import mix_difference
from doorbuster.analysis.noted import NOTED, noted_values
from doorbuster.analysis.planned_load import planned_sessions
from doorbuster.analysis.wording import whole

Effect = Literal["forbids", "re-weighted", "said"]
"""What a difference does to a comparison: there is none; its numbers allow for it; the reader has to."""

CATALOGUE_DIFFERENCE: Final = 0.10


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same on both sides."""

    what: str
    ours: str
    theirs: str
    effect: Effect
    sentence: str


def forbids(differences: Sequence[Difference]) -> str | None:
    """Why these runs cannot be compared at all; None where they can."""
    return next((one.sentence for one in differences if one.effect == "forbids"), None)


def differences(
    candidates: Sequence[Run], baselines: Sequence[Run], at_equal_load: EqualLoad | None = None
) -> tuple[Difference, ...]:
    """What differs, the gravest first; nothing where a side has no run, or does not know."""
    if not candidates or not baselines:
        return ()
    found = [
        *_clocks(candidates, baselines),
        *_steps(candidates, baselines),
        *(_load(at_equal_load) if at_equal_load else ()),
        *_mix(candidates, baselines),
        *_unknown_load(candidates, baselines),
        *_telemetry(candidates, baselines),
        *_noted(candidates, baselines),
        *_catalogue(candidates, baselines),
    ]
    grave: tuple[Effect, ...] = ("forbids", "re-weighted", "said")
    return tuple(sorted(found, key=lambda one: grave.index(one.effect)))


def _clocks(candidates: Sequence[Run], baselines: Sequence[Run]) -> list[Difference]:
    ours, theirs = _known_clocks(candidates), _known_clocks(baselines)
    if not ours or not theirs or "response" in ours & theirs:
        return []
    here, there = ", ".join(sorted(ours)), ", ".join(sorted(theirs))
    sentence = (
        f"times are not the same thing: {here} this year, {there} last year; one counts from when a step was due, the "
        "other from when it was sent"
    )
    return [Difference("clock", here, there, "forbids", sentence)]


def _known_clocks(runs: Sequence[Run]) -> set[str]:
    """Clocks on which every run of a side has records."""
    each = [set(run.latency["clock"].astype(str).unique()) for run in runs]
    return set.intersection(*each)


def _steps(candidates: Sequence[Run], baselines: Sequence[Run]) -> list[Difference]:
    ours, theirs = _measured_steps(candidates), _measured_steps(baselines)
    if ours & theirs:
        return []
    here, there = (", ".join(sorted(side)) or "none" for side in (ours, theirs))
    sentence = f"no step was measured on both sides: {here} this year, {there} last year"
    return [Difference("steps", here, there, "forbids", sentence)]


def _measured_steps(runs: Sequence[Run]) -> set[str]:
    return {str(step) for run in runs for step in chosen_rows(run, Selection(), "response")["step"].unique()}


def _load(at_equal_load: EqualLoad) -> list[Difference]:
    """A shop is slower when it is busier: what is not at equal load says nothing of the release."""
    ours, theirs = (f"{whole(load)} sessions a minute" for load in at_equal_load.planned)
    effect: Effect = "forbids" if at_equal_load.refused else "re-weighted"
    return [Difference("planned load", ours, theirs, effect, at_equal_load.sentence)]


def _mix(candidates: Sequence[Run], baselines: Sequence[Run]) -> list[Difference]:
    """Rows that pool journeys would compare shoppers rather than shops."""
    found = mix_difference(candidates, baselines)
    if found is None:
        return []
    shared, ours, theirs = found
    if not shared:
        sentence = f"no journey was walked on both sides: {ours} this year, {theirs} last year"
        return [Difference("journey mix", ours, theirs, "forbids", sentence)]
    sentence = (
        f"the journey mix differs: {ours} this year, {theirs} last year; where journeys are taken together they are "
        "weighted as last year's"
    )
    return [Difference("journey mix", ours, theirs, "re-weighted", sentence)]


def _telemetry(candidates: Sequence[Run], baselines: Sequence[Run]) -> list[Difference]:
    """A rehearsal beside real shoppers, or beside another tool's test: what its times are."""
    tools = sorted({run.other_tool for run in (*candidates, *baselines) if run.other_tool})
    if tools:
        return [_another_tool(tools, [run for run in baselines if run.other_tool])]
    ours, theirs = (any(run.from_telemetry for run in runs) for runs in (candidates, baselines))
    if ours == theirs:
        return []
    sentence = "this year's times are taken outside the shop; last year's are its own, without the way there"
    return [Difference("where times come from", "a rehearsal", "a log", "said", sentence)]


def _unknown_load(candidates: Sequence[Run], baselines: Sequence[Run]) -> list[Difference]:
    """Where nobody counted who came, no load can be matched; but steps were counted, and tell two loads apart."""
    sides = (candidates, baselines)
    unknown = [not sum(planned_sessions(side).values()) for side in sides]
    if not any(unknown):
        return []
    ours, theirs = ("not known" if one else "known" for one in unknown)
    whose = "this year's" if unknown[0] else "last year's"
    rates = [_steps_per_minute(side, _measured_steps(candidates) & _measured_steps(baselines)) for side in sides]
    if all(rates) and abs(math.log(rates[0] / rates[1])) > math.log(CLASS_WIDTH):
        sentence = (
            f"{whose} load is not known, and it was not the same: {whole(rates[0])} steps a minute this year, "
            f"{whole(rates[1])} last year, of those that both measured"
        )
        return [Difference("planned load", ours, theirs, "forbids", sentence)]
    sentence = f"{whose} load is not known, so that part of any difference may be the load"
    return [Difference("planned load", ours, theirs, "said", sentence)]


def _steps_per_minute(runs: Sequence[Run], steps: Set[str]) -> float:
    """How often these steps were made after the warm-up, on the mean of the runs."""
    rows = [chosen_rows(run, Selection(), "response") for run in runs]
    counted = sum(float(one.loc[one["step"].isin(steps), "count"].sum()) for one in rows)
    return 60 * counted / sum(max(1.0, run.duration_s - run.warm_up_s) for run in runs)


def _another_tool(tools: Sequence[str], runs: Sequence[Run]) -> Difference:
    """Its times run from sending, so ours are taken from sending too; who was due when, it does not know."""
    told = sorted({str(text) for run in runs if (text := run.info["telemetry"].get("latency"))})
    since = f" ({'; '.join(told)})" if told else ""
    sentence = (
        f"last year's are results of {' and '.join(tools)}{since}: times are compared from sending, this year's "
        "without our own lateness; whether both sent the same load cannot be told"
    )
    return Difference("where times come from", "a rehearsal", " and ".join(tools), "said", sentence)


def _noted(candidates: Sequence[Run], baselines: Sequence[Run]) -> list[Difference]:
    """What both sides noted about themselves, value by value."""
    ours, theirs = noted_values(candidates), noted_values(baselines)
    return [
        Difference(what, here, there, "said", NOTED[what].format(what=what, ours=here, theirs=there))
        for what in NOTED
        if (here := ours[what]) and (there := theirs[what]) and here != there  # real shoppers had no seed
    ]


def _catalogue(candidates: Sequence[Run], baselines: Sequence[Run]) -> list[Difference]:
    ours, theirs = (max(len(run.catalogue) for run in runs) for runs in (candidates, baselines))
    if not ours or not theirs or abs(ours / theirs - 1) <= CATALOGUE_DIFFERENCE:
        return []
    sentence = (
        f"the catalogue differs: {ours:,} variants this year, {theirs:,} last year; lists, searches and caches are "
        "not the same work"
    )
    return [Difference("catalogue", f"{ours:,} variants", f"{theirs:,} variants", "said", sentence)]
