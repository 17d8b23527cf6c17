"""The fiscal register is down."""

from __future__ import annotations

import random

from doorbuster.staging.faults.fault import Effect, Fault


def _effect(step: str, value: float, rng: random.Random) -> Effect | None:
    return Effect(status=503, code="service_unavailable", message="The register is down.")


FAULT = Fault(
    "register_down",
    "back_office",
    "",
    1,
    "The fiscal register refuses every sale; the shop keeps them and registers them when it is back.",
    _effect,
)
