"""Carts hang while every other page answers."""

from __future__ import annotations

import random

from doorbuster.staging.faults.fault import Effect, Fault


def _effect(step: str, value: float, rng: random.Random) -> Effect | None:
    return Effect(hang=True) if step.startswith("cart.") else None


FAULT = Fault(
    "frozen_cart",
    "shop",
    "",
    1,
    "Everything that touches a cart hangs until the fault ends, while the rest of the shop answers.",
    _effect,
    breaks="no frozen cart",
)
