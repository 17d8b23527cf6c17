"""The door: opens for each shopper when the curve says, not when the shop has time for them."""

from __future__ import annotations

from time import monotonic
from typing import Any

import gevent
from gevent.event import Event

from doorbuster.swarm.floor import ShopFloor
from doorbuster.swarm.orders import Orders
from doorbuster.swarm.user import Arrival, ShopperUser
from doorbuster.traffic.plan import Plan
from doorbuster.vocabulary import JOURNEYS

_LATE_STARTS_IN_A_ROW = 10
"""When behind, let the shoppers already inside run after this many starts."""


class Door:
    """Starts one worker's arrivals of a plan, as its orders deal them."""

    def __init__(self, floor: ShopFloor, plan: Plan, runner: Any, user_class: type[ShopperUser]) -> None:
        self._floor = floor
        self._plan = plan
        self._runner = runner
        self._user_class = user_class
        self._orders = Orders((), 0)
        self._told = Event()
        self.next_due_us = 0
        """Every own arrival due before has been started or dropped."""
        self.closed = False

    def obey(self, orders: Orders) -> None:
        """From now on these orders hold."""
        self._orders = orders
        self._told.set()

    def run(self) -> None:
        """Sleep until each due time, then start that shopper, or drop it at the limit on shoppers in flight."""
        floor, runner, plan = self._floor, self._runner, self._plan
        due_us, journeys, arms = plan.due_us, plan.journey_index, plan.arm_index
        limit = floor.scenario.limits.in_flight
        late_in_a_row = 0
        index = self._next_allowed(0)
        while index < due_us.size:
            due = int(due_us[index])
            early_us = due - floor.clock.now_us()
            late_in_a_row = 0 if early_us > 0 else late_in_a_row + 1
            if early_us > 0 or late_in_a_row % _LATE_STARTS_IN_A_ROW == 0:
                gevent.sleep(max(early_us, 0) / 1e6)
            self._wait_for_lease()
            if len(runner.user_greenlets) >= self._orders.share_of(limit, index):
                floor.tally.dropped(index)
            else:
                arrival = Arrival(index, JOURNEYS[journeys[index]], due)
                meant = floor.floors()[arms[index]]
                self._user_class(runner.environment, meant, arrival).start(runner.user_greenlets)
            index = self._next_allowed(index + 1)
        # The last starts must have run before anyone asks whether the shop is empty.
        gevent.sleep(max(0.0, self._plan.duration_s - floor.clock.now_us() / 1e6))
        self.closed = True

    def _next_allowed(self, index: int) -> int:
        """The next own arrival, once it may be started."""
        arrivals = self._plan.due_us.size
        while True:
            own = self._orders.next_own(index, arrivals)
            self.next_due_us = int(self._plan.due_us[own] if own < arrivals else self._plan.duration_s * 1e6)
            if own < self._orders.until or self._orders.until == arrivals:
                return own
            self._wait_for_orders()

    def _wait_for_lease(self) -> None:
        """Out of touch for too long (stopped, or starved): what was ours may be somebody else's by now."""
        while monotonic() > self._orders.lease_until_s:
            self._wait_for_orders()

    def _wait_for_orders(self) -> None:
        self._told.clear()
        self._told.wait()
