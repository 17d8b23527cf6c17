"""The payment gateway takes its time to answer."""

from __future__ import annotations

import random

from doorbuster.staging.faults.fault import Effect, Fault


def _effect(step: str, value_ms: float, rng: random.Random) -> Effect | None:
    # After the work, not before: past the shop's time-out the money has moved and the shop does not know.
    return Effect(late_ms=value_ms)


FAULT = Fault(
    "gateway_slow",
    "gateway",
    "ms",
    1000,
    "The payment gateway does its work but answers this much later; beyond 3000 ms the shop gives up waiting.",
    _effect,
)
