"""The shopper of a run without a locustfile."""

from __future__ import annotations

from doorbuster.swarm.user import ShopperUser


class Rehearser(ShopperUser):
    """Walks what the plan deals."""

    abstract = False
