"""The door: opens for each shopper when the curve says, not when the shop has time for them."""

from __future__ import annotations

from typing import Any

import gevent

from doorbuster.swarm.floor import ShopFloor
from doorbuster.swarm.user import Arrival, ShopperUser
from doorbuster.traffic.plan import Plan
from doorbuster.vocabulary import JOURNEYS

_LATE_STARTS_IN_A_ROW = 10
"""When behind, let the shoppers already inside run after this many starts."""


class Door:
    """Starts arrivals rank, rank + of, rank + 2 of, ... of a plan."""

    def __init__(self, floor: ShopFloor, plan: Plan, runner: Any, user_class: type[ShopperUser]) -> None:
        self._floor = floor
        self._plan = plan
        self._runner = runner
        self._user_class = user_class
        self.next_due_us = 0
        """Every arrival due before has been started or dropped."""
        self.closed = False

    def run(self, rank: int = 0, of: int = 1) -> None:
        """Sleep until each due time, then start that shopper, or drop it at the limit on shoppers in flight."""
        floor, runner = self._floor, self._runner
        limit = floor.scenario.limits.in_flight
        due_times = self._plan.due_us[rank::of].tolist()
        journeys = self._plan.journey_index[rank::of].tolist()
        late_in_a_row = 0
        for number, (due_us, journey) in enumerate(zip(due_times, journeys, strict=True)):
            self.next_due_us = due_us
            early_us = due_us - floor.clock.now_us()
            late_in_a_row = 0 if early_us > 0 else late_in_a_row + 1
            if early_us > 0 or late_in_a_row % _LATE_STARTS_IN_A_ROW == 0:
                gevent.sleep(max(early_us, 0) / 1e6)
            if len(runner.user_greenlets) >= limit:
                floor.tally.dropped(due_us, JOURNEYS[journey])
                continue
            arrival = Arrival(rank + number * of, JOURNEYS[journey], due_us)
            self._user_class(runner.environment, floor, arrival).start(runner.user_greenlets)
        self.next_due_us = int(self._plan.duration_s * 1e6)
        # The last starts must have run before anyone asks whether the shop is empty.
        gevent.sleep(max(0.0, self._plan.duration_s - floor.clock.now_us() / 1e6))
        self.closed = True
