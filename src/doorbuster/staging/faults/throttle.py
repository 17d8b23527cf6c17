"""The shop sends shoppers away because there are too many."""

from __future__ import annotations

import random

from doorbuster.staging.faults.fault import Effect, Fault


def _effect(step: str, share: float, rng: random.Random) -> Effect | None:
    if rng.random() >= share:
        return None
    return Effect(
        status=429,
        code="too_many_requests",
        message="Too many requests; try again in a second.",
        headers=((b"retry-after", b"1"),),
    )


FAULT = Fault(
    "throttle", "shop", "share", 0.1, 'This share of the shop\'s answers is "too many requests" (HTTP 429).', _effect
)
