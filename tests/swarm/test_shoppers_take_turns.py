"""Shoppers take turns on greenlets: who leaves makes room, who is stopped takes theirs along."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Group
from locust.env import Environment

from doorbuster.swarm.user import Arrival, ShopperUser

environment = Environment(user_classes=[])


class PaperShopper(ShopperUser):
    """Stays until told to go."""

    abstract = False

    def __init__(self, floor: Any, session: int) -> None:
        super().__init__(environment, floor, Arrival(session, "browse", 0))
        self.may_go = Event()
        self.came_on: Any = None
        self.stopped = False

    def visit(self) -> None:
        self.came_on = gevent.getcurrent()
        try:
            self.may_go.wait()
        except gevent.GreenletExit:
            self.stopped = True
            raise


def shop() -> tuple[Any, Group]:
    return SimpleNamespace(resting=[]), Group()


def come_in(floor: Any, inside: Group, session: int) -> PaperShopper:
    user = PaperShopper(floor, session)
    user.start(inside)
    gevent.sleep(0)
    gevent.sleep(0)
    assert user.came_on in inside and user.came_on.args == (user,)
    return user


def leave(user: PaperShopper, inside: Group) -> None:
    user.may_go.set()
    gevent.sleep(0)
    gevent.sleep(0)
    assert user.came_on not in inside


def test_the_next_shopper_takes_the_place_of_who_has_left() -> None:
    floor, inside = shop()
    first, second = come_in(floor, inside, 1), come_in(floor, inside, 2)
    assert first.came_on is not second.came_on and len(inside) == 2
    leave(first, inside)
    third = come_in(floor, inside, 3)
    assert third.came_on is first.came_on and len(inside) == 2
    inside.kill()


def test_stopping_everybody_stops_who_is_inside_and_only_them() -> None:
    floor, inside = shop()
    gone, here = come_in(floor, inside, 1), come_in(floor, inside, 2)
    leave(gone, inside)
    inside.kill()
    assert here.stopped and not gone.stopped and len(inside) == 0


def test_a_greenlet_that_was_stopped_serves_nobody_again() -> None:
    floor, inside = shop()
    first = come_in(floor, inside, 1)
    leave(first, inside)
    first.came_on.kill()
    second = come_in(floor, inside, 2)
    assert second.came_on is not first.came_on
    inside.kill()
    assert second.stopped
