"""A shop whose answers lack one thing, or say it in another type, breaks no shopper and sells nothing unread.

What an adapter raises makes a whole run INVALID, so each answer of each journey is torn in many places.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import orjson
import pytest

from doorbuster.storefronts.base import Response
from doorbuster.vocabulary import OUTCOMES
from tests.contract.exchange import Exchange, Request, walk
from tests.contract.test_every_adapter import JOURNEYS

FUZZ = "DOORBUSTER_FUZZ" in os.environ
"""Every place in every way (`make fuzz`); else some places of each answer, in two ways each."""
MOST_PLACES = 60
_GONE = object()
_INSTEAD = (_GONE, None, "text", 7, [], {})
_NAMES_NOTHING = ("", "None", "[]", "{}")


def places(body: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every node of an answer, the first of a list for all."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield (*path, name)
            yield from places(value, (*path, name))
    elif isinstance(body, list) and body:
        yield (*path, 0)
        yield from places(body[0], (*path, 0))


def torn(body: Any, path: tuple[str | int, ...], instead: Any) -> Any:
    copy = orjson.loads(orjson.dumps(body))
    parent = copy
    for name in path[:-1]:
        parent = parent[name]
    if instead is _GONE:
        del parent[path[-1]]
    else:
        parent[path[-1]] = instead
    return copy


def answers_of(exchange: Exchange, journey: str) -> list[Any]:
    """The JSON answers of a whole journey, in turn; None for any other."""
    said: list[Any] = []
    shop = exchange.shop()

    def listened(request: Request) -> Response:
        response = shop(request)
        try:
            said.append(orjson.loads(response.body))
        except orjson.JSONDecodeError:
            said.append(None)
        return response

    walk(replace(exchange, shop=lambda: listened), journey)
    return said


@pytest.mark.parametrize(("exchange", "journey"), JOURNEYS)
def test_whatever_an_answer_lacks(exchange: Exchange, journey: str) -> None:
    # What a torn answer leads to may well be odd: it is not checked, and a canned shop may not know what to say.
    unchecked = replace(exchange, check=lambda request: None, shop=lambda: at_a_loss(exchange.shop()))
    for number, body in enumerate(answers_of(replace(exchange, check=lambda request: None), journey)):
        every = list(places(body))
        for turn, path in enumerate(every if FUZZ else every[:: 1 + len(every) // MOST_PLACES]):
            for instead in _INSTEAD if FUZZ else (_GONE, _INSTEAD[1 + turn % (len(_INSTEAD) - 1)]):
                shopper = walk(unchecked, journey, instead_of(number, torn(body, path, instead)))
                for step, answer in shopper.answers:
                    assert answer.outcome in OUTCOMES, (step, path, instead)
                    if answer.order_id is not None:
                        assert answer.order_id not in _NAMES_NOTHING, (step, path, instead)


def at_a_loss(shop: Callable[[Request], Response]) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        try:
            return shop(request)
        except Exception:  # noqa: BLE001  (whatever it is: a real shop would say so)
            return Response(500, {}, b"")

    return answer


def instead_of(number: int, body: Any) -> Callable[[str, Request], Response | None]:
    """Answers the request of that number with `body`."""
    requests = count()
    return lambda step, request: Response(200, {}, orjson.dumps(body)) if next(requests) == number else None
