"""The door starts a shopper only while its worker is in touch with the master, and only as far as it may go."""

from __future__ import annotations

from time import monotonic
from types import SimpleNamespace
from typing import Any

import gevent
import numpy as np
import pytest
from gevent.event import Event

from doorbuster.record.tally import Tally
from doorbuster.swarm.clock import MasterClock, RunClock
from doorbuster.swarm.door import Door
from doorbuster.swarm.orders import Deal, Orders

ARRIVALS = 6


class PaperShopper:
    """Writes its arrival down instead of walking."""

    came: list[int]
    one_came: Event

    def __init__(self, environment: Any, floor: Any, arrival: Any) -> None:
        self._session = arrival.session

    def start(self, group: Any) -> None:
        self.came.append(self._session)
        self.one_came.set()


@pytest.fixture
def door() -> Door:
    """Six arrivals, all due already."""
    PaperShopper.came, PaperShopper.one_came = [], Event()
    plan = SimpleNamespace(
        due_us=np.arange(ARRIVALS, dtype=np.int64),
        journey_index=np.zeros(ARRIVALS, dtype=np.int8),
        duration_s=0.0,
        arm_index=np.zeros(ARRIVALS, dtype=np.int8),
    )
    floor = SimpleNamespace(
        clock=RunClock.starting_in(-1),
        tally=Tally(),
        scenario=SimpleNamespace(limits=SimpleNamespace(in_flight=9)),
        floors=lambda: (None,),
    )
    runner = SimpleNamespace(user_greenlets=[], environment=None)
    return Door(floor, plan, runner, PaperShopper)  # type: ignore[arg-type]


def test_nobody_comes_in_once_the_lease_has_run_out(door: Door) -> None:
    door.obey(Orders((Deal(0, 0, 1),), ARRIVALS, lease_until_s=monotonic() - 1))
    opened = gevent.spawn(door.run)
    gevent.sleep(0)
    gevent.sleep(0)
    assert PaperShopper.came == []
    door.obey(Orders((Deal(0, 0, 1),), ARRIVALS, lease_until_s=monotonic() + 60))
    opened.join(10)
    assert PaperShopper.came == list(range(ARRIVALS))


def test_nobody_comes_in_beyond_the_grant_or_out_of_turn(door: Door) -> None:
    deals = (Deal(0, 1, 2),)
    door.obey(Orders(deals, 3))
    opened = gevent.spawn(door.run)
    assert PaperShopper.one_came.wait(10)
    gevent.sleep(0)
    assert PaperShopper.came == [1]
    door.obey(Orders((*deals, Deal(3, 0, 1)), ARRIVALS))
    opened.join(10)
    assert PaperShopper.came == [1, 3, 4, 5]


def test_the_quickest_exchange_says_where_the_masters_clock_is() -> None:
    clock = MasterClock()
    for round_trip_s, error_s in ((0.5, 0.2), (0.002, 0.0), (0.1, -0.04)):
        clock.heard(sent_s=10.0, at_s=110.0 + round_trip_s / 2 + error_s, now_s=10.0 + round_trip_s)
    clock.fix()
    assert clock.zero_here_s(200.0) == pytest.approx(100.0)
    assert clock.figures()["clock_error_ms"] == pytest.approx(1.0)
    clock.heard(sent_s=20.0, at_s=120.031, now_s=20.002)  # thirty milliseconds of drift, seen within a millisecond
    for _ in range(60):
        clock.heard(sent_s=20.0, at_s=120.031, now_s=20.002)
    assert clock.figures()["clock_error_ms"] == pytest.approx(1.0 + 30.0 - 2.0)
