"""The analytics collector is down."""

from __future__ import annotations

import random

from doorbuster.staging.faults.fault import Effect, Fault


def _effect(step: str, value: float, rng: random.Random) -> Effect | None:
    return Effect(status=503, code="service_unavailable", message="The collector is down.")


FAULT = Fault(
    "collector_down",
    "collector",
    "",
    1,
    "The analytics collector refuses every event; the shop keeps them and sends them when it is back.",
    _effect,
)
