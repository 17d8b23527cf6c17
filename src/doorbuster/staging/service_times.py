"""How long each step of the staging shop takes: seeded waits that outweigh the processor, so any laptop compares."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Final

SIGMA: Final = 0.25
"""Spread of the log-normal: p95 is about 1.5 times the median."""

# checkout.payment, checkout.complete and wallet.complete also wait for the gateway, about 40 ms, which is not in here.
MEDIAN_MS: Final[Mapping[str, float]] = {
    "home": 40,
    "collection": 60,
    "search": 80,
    "product": 50,
    "cart.create": 40,
    "cart.add": 50,
    "cart.update": 50,
    "cart.discount": 60,
    "cart.view": 40,
    "checkout.start": 60,
    "checkout.address": 70,
    "checkout.shipping": 90,
    "checkout.payment": 80,
    "checkout.complete": 110,
    "wallet.start": 90,
    "wallet.update": 60,
    "wallet.token": 80,
    "wallet.complete": 110,
    "order.read": 40,
    "gateway.payment": 40,
    "gateway.read": 15,
    "collector.events": 20,
    "register.receipt": 60,
}


class ServiceTimes:
    """Draws a wait per step; each step has its own seeded sequence, so one step's traffic moves no other's waits."""

    def __init__(self, seed: int, on: bool) -> None:
        self.on = on
        self._drawn_from = {step: random.Random(f"{seed}:{step}") for step in MEDIAN_MS} if on else {}

    def draw_ms(self, step: str) -> float:
        """The next wait of a step in milliseconds; 0 when waits are off or the step has none."""
        rng = self._drawn_from.get(step)
        return rng.lognormvariate(math.log(MEDIAN_MS[step]), SIGMA) if rng else 0.0
