"""The payment gateway cannot be reached."""

from __future__ import annotations

import random

from doorbuster.staging.faults.fault import Effect, Fault


def _effect(step: str, value: float, rng: random.Random) -> Effect | None:
    return Effect(hang_up=True)


FAULT = Fault(
    "gateway_unreachable",
    "gateway",
    "",
    1,
    "Every connection to the payment gateway is cut without an answer, natively and by wallet.",
    _effect,
)
