"""One eighth of the carts is slow."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "slow_shard",
    "shop",
    "ms",
    300,
    "Carts are spread over eight stores by their id; one store is slow, and its carts wait this much longer.",
    breaks="latency even across carts",
)
