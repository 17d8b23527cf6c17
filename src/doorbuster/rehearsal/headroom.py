"""Walks a headroom scenario: its ramp, then hold after hold until one breaks, then the highest held once more.

A run for each hold, and not all in one: each begins with the shop reset, warmed up and empty of earlier shoppers, is
judged by itself, and nothing is sent beyond the first level that breaks. An overloaded last hold that was no rehearsal
(shoppers still inside, arrivals dropped) takes none of the others with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doorbuster.errors import ScenarioError
from doorbuster.rehearsal.prepare import RunOptions
from doorbuster.rehearsal.rehearse import Rehearsed, Workers, rehearse
from doorbuster.scenario import load_scenario
from doorbuster.settings import Settings
from doorbuster.traffic.climb import HeadroomCard

if TYPE_CHECKING:
    from doorbuster.analysis.gate_file import Objective
    from doorbuster.analysis.headroom import Headroom

MOST_HOLD_S: Final = 1800.0
_MORE_THAN_NEEDED: Final = 1.5
"""With just enough samples one slow step would spoil a hold."""


@dataclass(frozen=True)
class Walked:
    """All runs of one search, the ramp first, and what they came to."""

    runs: tuple[Rehearsed, ...]
    headroom: Headroom | None
    """None where the ramp was cut off."""
    chart: Path | None

    @property
    def exit_code(self) -> int:
        """That of the first run that did not take place; else 0."""
        return next((run.exit_code for run in self.runs if run.exit_code), 0)


def find_headroom(
    options: RunOptions,
    settings: Settings,
    watch: Callable[[dict[str, Any]], None],
    say: Callable[[str], None],
    workers: Workers,
    gate_file: Path | None = None,
) -> Walked:
    """Walk the ramp, then hold levels as its result says. `say` hears one line before each run.

    Stops at a run that was no rehearsal, or that somebody interrupted. Raises DoorbusterError.
    """
    from doorbuster.analysis.gate_file import load_gate
    from doorbuster.analysis.headroom import headroom_of, locate, open_headroom, required_objectives, write_headroom
    from doorbuster.analysis.load import open_run
    from doorbuster.cards import find_gate
    from doorbuster.rehearsal.ladder import next_level

    card = headroom_card(options.scenario_path)
    seed = load_scenario(options.scenario_path).traffic.seed if options.seed is None else options.seed
    objectives = required_objectives(load_gate(find_gate(gate_file)))
    say(f"ramp from {card.from_:g}x to {card.to:g}x last year's peak")
    runs = [rehearse(options, settings, watch, workers)]
    if not runs[0].exit_code:
        ramp_path = runs[0].directory.path
        located = locate(open_run(ramp_path), objectives)
        _check_measured(ramp_path, {knee.objective: knee.samples for knee in located.knees})
        beyond_ramp = math.isnan(located.times)
        holds: list[Any] = []
        while not runs[-1].exit_code:
            so_far = headroom_of(located, holds)
            tried = [(hold.times, hold.verdict) for hold in so_far.holds]
            level = next_level(located.top if beyond_ramp else located.times, beyond_ramp, card.fractions, tried)
            if level is None:
                break
            seconds = _hold_s(card, level, so_far)
            say(f"hold {level:.3g}x for {seconds:.0f} s ({'; '.join(map(_told, so_far.holds)) or 'the first'})")
            again = sum(at == level for at, _ in tried)  # other shoppers, or the same luck would be held twice
            hold = replace(options, hold_at=level, minutes=seconds / 60, seed=seed + again)
            runs.append(rehearse(hold, settings, watch, workers))
            if not runs[-1].exit_code:
                holds.append(open_run(runs[-1].directory.path))
    if any(run.directory.read_run()["complete"] is not True for run in runs[:1]):
        return Walked(tuple(runs), None, None)
    headroom = open_headroom([run.directory.path for run in runs], gate_file)
    return Walked(tuple(runs), headroom, write_headroom(headroom))


def headroom_card(scenario_path: Path) -> HeadroomCard:
    """The scenario's [headroom]. Raises ScenarioError where it has none."""
    card = load_scenario(scenario_path).headroom
    if card is None:
        raise ScenarioError(f"{scenario_path}: has no [headroom]; start from scenarios/headroom.toml")
    return card


def _check_measured(ramp: Path, samples: dict[Objective, int]) -> None:
    """Nobody shall wait half an hour for holds that cannot tell."""
    for objective, count in samples.items():
        if not count:
            raise ScenarioError(
                f"{ramp}: the ramp measured nothing for the objective {objective.name}; raise its journey's share, or "
                "set required = false for it in the gate file"
            )


def _hold_s(card: HeadroomCard, level: float, so_far: Headroom) -> float:
    """Long enough for the objective with the fewest steps to be told. Raises ScenarioError where that is too long."""
    from doorbuster.analysis.budgets import samples_needed
    from doorbuster.analysis.holds import allowed_share

    load_s = float(so_far.located.load.times.sum())
    wanted_s = {
        knee.objective: samples_needed(allowed_share(knee.objective, knee.quiet_share))
        * _MORE_THAN_NEEDED
        * load_s
        / (knee.samples * level)
        for knee in so_far.located.knees
    }
    rarest = max(wanted_s, key=wanted_s.__getitem__)
    if wanted_s[rarest] > MOST_HOLD_S:
        raise ScenarioError(
            f"{so_far.located.run.directory.path}: to tell {rarest.name} a hold at {level:.3g}x would take "
            f"{wanted_s[rarest] / 60:.0f} minutes, so rare is it; set required = false for it in the gate file, "
            "or pool it: an objective for its whole journey"
        )
    return max(card.hold, wanted_s[rarest])


def _told(hold: Any) -> str:
    return f"{hold.times:.3g}x {hold.verdict}"
