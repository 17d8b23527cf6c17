"""What a shop's gate file says about promises: the numbers promised, and which may stay untold."""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict, field_validator

from doorbuster.errors import did_you_mean
from doorbuster.promises import NAMES
from doorbuster.promises.limits import DEFAULT_LIMITS, Limits


class PromiseRules(BaseModel):
    """The gate file's [promises]."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    optional: tuple[str, ...] = ()
    """Promises that may stay "cannot tell" without keeping a run from passing; a broken one fails it all the same."""
    limits: Limits = DEFAULT_LIMITS

    @field_validator("optional")
    @classmethod
    def _known(cls, optional: tuple[str, ...]) -> tuple[str, ...]:
        for name in optional:
            if name not in NAMES:
                raise ValueError(f'there is no promise "{name}"{did_you_mean(name, NAMES)}')
        return optional

    @field_validator("limits", mode="before")
    @classmethod
    def _above_zero(cls, limits: object) -> object:
        for name, value in limits.items() if isinstance(limits, dict) else ():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and math.isfinite(value) and value > 0):
                raise ValueError(f"{name} = {value!r} will not do: it must be a number above zero")
        return limits
