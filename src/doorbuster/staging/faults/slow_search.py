"""Search takes longer than it did last year."""

from __future__ import annotations

import random

from doorbuster.staging.faults.fault import Effect, Fault


def _effect(step: str, value_ms: float, rng: random.Random) -> Effect | None:
    return Effect(wait_ms=value_ms) if step == "search" else None


FAULT = Fault("slow_search", "shop", "ms", 300, "Every search takes this much longer.", _effect)
