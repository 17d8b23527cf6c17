"""Placing an order takes longer than it did last year."""

from __future__ import annotations

import random

from doorbuster.staging.faults.fault import Effect, Fault


def _effect(step: str, value_ms: float, rng: random.Random) -> Effect | None:
    return Effect(wait_ms=value_ms) if step == "checkout.complete" else None


FAULT = Fault(
    "slow_checkout",
    "shop",
    "ms",
    150,
    "Placing an order in the native checkout takes this much longer; the wallet is as fast as before.",
    _effect,
)
