"""The shop answers with an error page now and then."""

from __future__ import annotations

import random

from doorbuster.staging.faults.fault import Effect, Fault


def _effect(step: str, share: float, rng: random.Random) -> Effect | None:
    if rng.random() >= share:
        return None
    return Effect(status=500, code="internal_error", message="The shop is having a bad moment.")


FAULT = Fault(
    "error_burst", "shop", "share", 0.1, "This share of the shop's answers is an error page (HTTP 500).", _effect
)
