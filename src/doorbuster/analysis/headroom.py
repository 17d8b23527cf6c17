"""How many times last year's peak this release holds: a ramp locates the end, holds confirm it, a sentence says it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doorbuster.analysis.capacity import Plateau, Work, plateau_of, work_of
from doorbuster.analysis.gate_file import Gate, Objective, load_gate
from doorbuster.analysis.holds import HELD_TWICE, Hold, judge_hold
from doorbuster.analysis.knee import Knee, knee_of
from doorbuster.analysis.load import Run, open_run
from doorbuster.analysis.multiples import Multiples, multiples_of
from doorbuster.analysis.validity import judge_validity
from doorbuster.analysis.wording import clock_text, times
from doorbuster.cards import find_gate
from doorbuster.errors import GateError, RunDirectoryError


@dataclass(frozen=True, eq=False)
class Located:
    """What one ramp shows."""

    run: Run
    load: Multiples
    work: Work | None
    plateau: Plateau | None
    """None where the shop never had all the work it could do."""
    knees: tuple[Knee, ...]
    """One for each objective, in the gate's order."""

    @property
    def top(self) -> float:
        return float(self.load.times.max())

    @property
    def first(self) -> Knee | None:
        """The objective that broke first."""
        broken = [knee for knee in self.knees if not math.isnan(knee.times)]
        return min(broken, key=lambda knee: knee.times, default=None)

    @property
    def times(self) -> float:
        """Where the first objective broke, else the capacity; nan where the ramp reached neither."""
        if self.first is not None:
            return self.first.times
        return self.plateau.times if self.plateau is not None else math.nan


@dataclass(frozen=True, eq=False)
class Headroom:
    """The answer, with all that it rests on."""

    located: Located
    holds: tuple[Hold, ...]
    """From the lowest level to the highest."""
    invalid: tuple[str, ...] = ()
    """Runs that were no rehearsals, and why; a ramp among them leaves no answer."""
    answered: bool = True

    @property
    def low(self) -> float:
        """The highest level held twice below which, itself included, every hold was held; nan where there is none."""
        return max((level for level, holds in self._held if holds >= HELD_TWICE), default=math.nan)

    @property
    def held_once(self) -> float:
        """The highest level below which, itself included, every hold was held, be it once; nan where there is none."""
        return max((level for level, _ in self._held), default=math.nan)

    @property
    def _held(self) -> list[tuple[float, int]]:
        """Levels below the first that was not held in every hold, and how often each was."""
        not_held = min((hold.times for hold in self.holds if hold.verdict != "held"), default=math.inf)
        return list(Counter(hold.times for hold in self.holds if hold.times < not_held).items())

    @property
    def high(self) -> float:
        """The lowest level at which an objective broke; nan where none did."""
        return min((hold.times for hold in self.holds if hold.verdict == "broken"), default=math.nan)

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        if not self.answered:
            return f"no answer: {self.invalid[0]}"
        if not self.holds:
            return f"{self._of_the_ramp}; no hold has confirmed it"
        return self._of_the_holds

    @property
    def _of_the_holds(self) -> str:
        low, high, once = self.low, self.high, self.held_once
        if not math.isnan(low + high):
            middle = times((low + high) / 2)
            return f"holds {middle} last year's peak within objectives ({times(low)} to {times(high)})"
        if not math.isnan(low):
            return f"holds >= {times(low)} last year's peak within objectives; where it ends was not reached"
        if not math.isnan(once):
            beyond = "" if math.isnan(high) else f", and {times(high)} broke"
            again = f"hold {times(once)} again to promise it"
            return f"held {times(once)} last year's peak within objectives, but only once{beyond}; {again}"
        if not math.isnan(high):
            return f"does not hold {times(high)} last year's peak within objectives; nothing lower was held"
        return f"cannot tell: {self.holds[0].why_not}"

    @property
    def _of_the_ramp(self) -> str:
        first = self.located.first
        if first is None:
            return f"the ramp broke no objective up to {times(self.located.top)} last year's peak"
        return f"the ramp broke {first.objective.name} at about {times(first.times)} last year's peak"

    @property
    def details(self) -> tuple[str, ...]:
        """What the sentence rests on, one a line."""
        located, lines = self.located, [self._of_the_ramp]
        if located.plateau is not None:
            stretch = clock_text(located.plateau.until_s - located.plateau.from_s)
            lines.append(f"completed at most {times(located.plateau.times)}, over {stretch} in which a queue stood")
        else:
            lines.append(f"no plateau: up to {times(located.top)} the shop was never as busy as it can be for long")
        for hold in self.holds:
            why = f": {hold.why_not}" if hold.why_not else ""
            lines.append(f"{times(hold.times)} for {clock_text(hold.seconds)}: {hold.verdict}{why}")
        return (*lines, *self.invalid)

    def text(self) -> str:
        """For a terminal: the sentence, then what it rests on."""
        return "\n".join([self.sentence, *(f"  {line}" for line in self.details)])

    def as_json(self) -> str:
        """headroom.json; null for what was not found."""
        plateau, first = self.located.plateau, self.located.first
        content: dict[str, Any] = {
            "format": 1,
            "sentence": self.sentence,
            "details": self.details,
            "low": _or_none(self.low),
            "high": _or_none(self.high),
            "last_year_peak_per_s": self.located.load.peak_per_s,
            "ramp": {
                "run": self.located.run.name,
                "top": self.located.top,
                "capacity": plateau and plateau.times,
                "first_broken": first and {"objective": first.objective.name, "at": first.times},
            },
            "holds": [_hold_content(hold) for hold in self.holds],
            "invalid": self.invalid,
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def locate(run: Run, objectives: Sequence[Objective]) -> Located:
    """Read a ramp. Raises RunDirectoryError where run.json does not say what was planned."""
    load = multiples_of(run)
    work = work_of(run, load)
    lag_s = work.lag_s if work is not None else 0.0
    knees = tuple(knee_of(run, load, objective, lag_s) for objective in objectives)
    return Located(run, load, work, plateau_of(work) if work is not None else None, knees)


def headroom_of(located: Located, holds: Sequence[Run], invalid: Sequence[str] = (), answered: bool = True) -> Headroom:
    """Judge the holds by what the ramp showed of the quiet shop."""
    quiet = {knee.objective: knee.quiet_share for knee in located.knees}
    judged = (judge_hold(run, multiples_of(run), tuple(quiet), quiet) for run in holds)
    return Headroom(located, tuple(sorted(judged, key=lambda hold: hold.order)), tuple(invalid), answered)


def required_objectives(gate: Gate) -> tuple[Objective, ...]:
    """What a level must keep to be held. Raises GateError where the gate has none."""
    required = tuple(objective for objective in gate.objective if objective.required)
    if not required:
        raise GateError("headroom is within objectives, and the gate file requires none; add an [[objective]]")
    return required


def open_headroom(paths: Sequence[Path], gate_file: Path | None = None) -> Headroom:
    """Open run directories, one ramp and any holds in any order, and answer.

    A run that was no rehearsal is said and left out; without its ramp there is no answer. Raises RunDirectoryError and
    GateError.
    """
    gate = load_gate(find_gate(gate_file))
    objectives = required_objectives(gate)
    runs = [open_run(path) for path in paths]
    loads = [multiples_of(run) for run in runs]
    for run, load in zip(runs, loads, strict=True):
        if not load.is_hold and not load.is_ramp:
            raise RunDirectoryError(f"{run.directory.path}: its load neither rises nor stays level; give headroom runs")
        if not math.isclose(load.peak_per_s, loads[0].peak_per_s, rel_tol=1e-6):
            raise RunDirectoryError(f"{run.directory.path}: has another last year's peak than {runs[0].directory.path}")
    ramps = [run for run, load in zip(runs, loads, strict=True) if load.is_ramp]
    if len(ramps) != 1:
        raise RunDirectoryError(f"{len(ramps)} of these runs are ramps; give one, and the holds that belong to it")
    reasons = {run.name: judge_validity(run, gate.validity).reasons for run in runs}
    invalid = [f"{name} was no rehearsal: {'; '.join(why)}" for name, why in reasons.items() if why]
    holds = [run for run, load in zip(runs, loads, strict=True) if load.is_hold and not reasons[run.name]]
    return headroom_of(locate(ramps[0], objectives), holds, invalid, answered=not reasons[ramps[0].name])


def write_headroom(headroom: Headroom) -> Path:
    """Write headroom.json and charts/headroom.png and .svg into the ramp's directory; the PNG's path."""
    from doorbuster.analysis.charts.headroom import headroom_chart  # late: only the chart needs matplotlib
    from doorbuster.analysis.charts.style import png, svg

    directory = headroom.located.run.directory
    directory.write_text("headroom.json", headroom.as_json())
    figure = headroom_chart(headroom)
    chart = directory.write_bytes("charts/headroom.png", png(figure))
    directory.write_bytes("charts/headroom.svg", svg(figure))
    return chart


def _hold_content(hold: Hold) -> dict[str, Any]:
    return {
        "run": hold.name,
        "times": hold.times,
        "seconds": hold.seconds,
        "verdict": hold.verdict,
        "objectives": [
            {
                "objective": one.objective.name,
                "verdict": one.verdict,
                "samples": one.samples,
                "share_beyond": _or_none(one.share),
                "at_most": _or_none(one.upper),
                "held_below": one.allowed,
            }
            for one in hold.objectives
        ],
    }


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
