"""The payment gateway is down."""

from __future__ import annotations

import random

from doorbuster.staging.faults.fault import Effect, Fault


def _effect(step: str, value: float, rng: random.Random) -> Effect | None:
    return Effect(status=503, code="service_unavailable", message="The payment gateway is down.")


FAULT = Fault(
    "gateway_down",
    "gateway",
    "",
    1,
    "The payment gateway refuses every call: nothing can be paid, natively or with a wallet.",
    _effect,
)
