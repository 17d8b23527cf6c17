"""Does the shop hold one level of load for minutes? It does when surely less than half of every budget is spent.

Half of the budget, and not all of it, because minutes are not an evening: the shop's speed drifts. A shop that spends
some of it while nobody is in the way is asked for half of the rest. It does not when more than a budget is spent; what
lies in between is neither, and holds no end of the answer (docs/calibration.md has what either rule is worth).
The level that the answer promises is held twice: the highest of several that were held once is often the lucky one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from doorbuster.analysis.budgets import beyond_by_second, budget_of, samples_needed, share_beyond, upper_bound
from doorbuster.analysis.gate_file import Objective
from doorbuster.analysis.load import Run
from doorbuster.analysis.multiples import Multiples
from doorbuster.analysis.wording import percent, whole

HoldVerdict = Literal["held", "in between", "broken", "too few"]
"""`in between`: within the budget, not surely within half. `too few`: could not tell even without one slow step."""

HELD_TWICE: Final = 2
"""So many holds at a level, and none of them anything but held, make it one to promise."""

_DIGITS: Final = 3
"""Levels are told and compared to so many: run.json has rates, of which a level is a quotient."""
_WORSE: Final[tuple[HoldVerdict, ...]] = ("held", "in between", "too few", "broken")


@dataclass(frozen=True)
class HeldObjective:
    """One objective over one hold."""

    objective: Objective
    verdict: HoldVerdict
    share: float
    upper: float
    allowed: float
    samples: int

    @property
    def sentence(self) -> str:
        """E.g. `checkout.complete p95: 6.1 % beyond its limit (at most 7.0 %), 5 % may be`."""
        if self.verdict == "too few":
            return (
                f"{self.objective.name}: {whole(self.samples)} measurements are too few to tell; "
                f"it takes {whole(math.ceil(samples_needed(self.allowed)))}: hold for longer"
            )
        may_be = f"{percent(budget_of(self.objective))} may be"
        surely = "" if self.verdict == "broken" else f", a hold asks for surely less than {percent(self.allowed)}"
        return (
            f"{self.objective.name}: {percent(self.share)} beyond its limit (at most {percent(self.upper)}), "
            f"{may_be}{surely}"
        )


@dataclass(frozen=True)
class Hold:
    """One level of load, held for a while."""

    name: str
    """The run's."""
    times: float
    """Level, as a multiple of last year's peak."""
    seconds: int
    objectives: tuple[HeldObjective, ...]

    @property
    def verdict(self) -> HoldVerdict:
        """That of the objective that is worst off."""
        return max((one.verdict for one in self.objectives), key=_WORSE.index)

    @property
    def order(self) -> tuple[float, int]:
        """By level; of two at one level the worse comes first."""
        return self.times, -_WORSE.index(self.verdict)

    @property
    def why_not(self) -> str:
        """The objectives that are as badly off as the hold, in words; empty where it was held."""
        if self.verdict == "held":
            return ""
        return "; ".join(one.sentence for one in self.objectives if one.verdict == self.verdict)


def judge_hold(
    run: Run, load: Multiples, objectives: Sequence[Objective], quiet_shares: Mapping[Objective, float]
) -> Hold:
    """Judge one hold. `quiet_shares`: what of each budget is spent while the shop is quiet, as a ramp showed."""
    seconds = load.times.size
    held = tuple(_judge(run, load, one, quiet_shares.get(one, 0.0)) for one in objectives)
    return Hold(run.name, round(float(load.times[0]), _DIGITS), seconds, held)


def allowed_share(objective: Objective, quiet_share: float) -> float:
    """Half of what the quiet shop leaves of the budget."""
    budget = budget_of(objective)
    spent = min(budget, quiet_share) if quiet_share > 0 else 0.0
    return (spent + budget) / 2


def _judge(run: Run, load: Multiples, objective: Objective, quiet_share: float) -> HeldObjective:
    beyond, every = beyond_by_second(run, objective, load.first_s, load.times.size)
    share = share_beyond(beyond, every)
    allowed = allowed_share(objective, quiet_share)
    upper = upper_bound(share) if share.samples else math.nan
    verdict: HoldVerdict = "in between"
    if share.value > budget_of(objective):
        verdict = "broken"
    elif upper < allowed:
        verdict = "held"
    elif share.samples < samples_needed(allowed):
        verdict = "too few"
    return HeldObjective(objective, verdict, share.value, upper, allowed, share.samples)
