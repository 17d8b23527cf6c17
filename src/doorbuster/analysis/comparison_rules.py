"""What counts as a difference between two groups of runs: `[comparison]` in the gate file, defaults as calibrated."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

Alarm = Annotated[float, Field(strict=True, gt=0, lt=0.5)]
Deviation = Annotated[float, Field(strict=True, gt=0, lt=1)]


class ComparisonRules(BaseModel):
    """`docs/calibration.md` shows what these defaults come to. Change them, and calibrate again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    margin: str = "10%"
    """How much slower than last year any step may be, where no [[regression]] says otherwise."""
    error_margin: str = "0.2pp"
    """How much more often than last year any step may fail, in percentage points, likewise."""
    alarm_run: Alarm = 0.01
    """Chance of a false FAIL for the whole shop, over all quantiles."""
    alarm_steps: Alarm = 0.02
    """The same over all steps and journeys."""
    alarm_relative: Alarm = 0.02
    """The same over all steps relative to the whole shop."""
    alarm_errors: Alarm = 0.05
    """The same over all error rates."""
    pass_confidence: Annotated[float, Field(strict=True, gt=0.5, lt=1)] = 0.96
    """How sure each PASS is that the change is below its margin. At 0.95 one in thirteen passed right at its margin
    where runs differ by 8 % and more: repeats are few, and the prior is of calmer shops."""
    prior_sd: Deviation = 0.06
    """Standard deviation between runs of one shop before any repeat was seen; 0.066 to 0.079 was measured."""
    prior_step_sd: Deviation = 0.024
    """The same of what a step does on its own."""
    prior_df: Annotated[int, Field(strict=True, ge=1, le=100)] = 4
    """Degrees of freedom that the prior is worth."""
    steps_weight: Annotated[int, Field(strict=True, ge=1, le=20)] = 4
    """What a repeat teaches about steps on their own, in degrees of freedom: it shows many steps at once."""
    alarm_paired: Alarm = 0.02
    """Chance that a run with a control shows any ratio off 1 where nothing changed."""
    deployment_sd: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.005
    """Standard deviation of what a deployment of one and the same release does to a step, beside a control."""
    overlap_floor: Annotated[float, Field(strict=True, gt=0, lt=1)] = 0.16
    """Share of each side's steps that must have come at a load that both had. With less, a comparison at equal load is
    further off by where its few moments happen to lie than whole runs are by chance."""
    resamples: Annotated[int, Field(strict=True, ge=100, le=20_000)] = 1000
    noise_stale_days: Annotated[int, Field(strict=True, ge=1, le=3650)] = 30
    """A noise profile whose first run is older is used with a warning; `repeat --into` leaves such runs out."""

    @field_validator("margin")
    @classmethod
    def _a_share(cls, margin: str) -> str:
        return _positive(margin, "%", 'margin = "{}" is no share of last year\'s time; write "10%"')

    @field_validator("error_margin")
    @classmethod
    def _points(cls, margin: str) -> str:
        return _positive(margin, "pp", 'error_margin = "{}" is no number of percentage points; write "0.2pp"')

    def allowance(self, metric: str) -> float:
        """A share: 0.10 for "10%", 0.002 for "0.2pp"."""
        return float((self.error_margin if metric == "error_rate" else self.margin).rstrip("%p")) / 100


def _positive(margin: str, unit: str, refusal: str) -> str:
    if not re.fullmatch(rf"\d+(?:\.\d+)?{unit}", margin) or float(margin.removesuffix(unit)) <= 0:
        raise ValueError(refusal.format(margin))
    return margin


AS_CALIBRATED: Final = ComparisonRules()
