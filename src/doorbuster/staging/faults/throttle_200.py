"""The shop sends shoppers away and calls it a success."""

from __future__ import annotations

import random

from doorbuster.staging.faults.fault import Effect, Fault


def _effect(step: str, share: float, rng: random.Random) -> Effect | None:
    if rng.random() >= share:
        return None
    return Effect(status=200, code="too_many_requests", message="Too many requests; try again in a second.")


FAULT = Fault(
    "throttle_200",
    "shop",
    "share",
    0.03,
    'This share of the shop\'s answers is "too many requests" with status 200, as if all were well.',
    _effect,
    breaks="a refusal says so",
)
