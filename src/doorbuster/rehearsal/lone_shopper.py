"""One shopper who walks at once, without a thought between the pages, and remembers every request."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import orjson

from doorbuster.journeys.shopper import Call, LeftShop
from doorbuster.storefronts.base import Answer, Response, Visit
from doorbuster.swarm.transport import Browser, PatienceRanOut, TransportOptions
from doorbuster.swarm.transport.failures import Failed, sentence
from doorbuster.swarm.transport.options import Place
from doorbuster.vocabulary import MONEY_STEPS

_LOOK_UP_AFTER_S = (1.0, 2.0, 4.0, 8.0)
"""As the shoppers of a run wait before they look for their order."""
_NAME: Final = re.compile(r"[A-Za-z_]\w{0,60}")


class Sent(NamedTuple):
    """One request as an engineer wants to see it; no header, no body, no value of a query."""

    method: str
    address: str
    """Path and names of the query, with the host where it is not the shop's."""
    status: int
    """0 where there was no answer, and `failure` says why."""
    took_ms: float
    failure: str = ""
    operation: str = ""
    """What it asks for by GraphQL, where every request goes to one address."""


class Taken(NamedTuple):
    """One step: what it came to and what was sent for it."""

    step: str
    answer: Answer
    sent: tuple[Sent, ...]


class WatchedBrowser:
    """The shoppers' own client; keeps a line for each request, those of a chain of redirects too."""

    def __init__(self, options: TransportOptions, session: int) -> None:
        self.client = Browser(options, session)
        self.client.watch = self._watch
        self._shop_host = options.shop_host
        self.sent: list[Sent] = []

    def _watch(
        self, exchange: Callable[..., Response], place: Place, method: str, head: bytes, body: bytes, until_s: float
    ) -> Response:
        began_s = time.perf_counter()
        address, operation = _address(place.url, self._shop_host), _operation(place.url, body)
        try:
            response = exchange(place, method, head, body, until_s)
        except (Failed, OSError) as failed:
            took_ms = (time.perf_counter() - began_s) * 1e3
            self.sent.append(Sent(method, address, 0, took_ms, sentence(failed), operation))
            raise
        took_ms = (time.perf_counter() - began_s) * 1e3
        self.sent.append(Sent(method, address, response.status, took_ms, operation=operation))
        return response


class LoneShopper:
    """A `journeys.shopper.Shopper` with nobody else in the shop."""

    def __init__(
        self,
        visit: Visit,
        browser: WatchedBrowser,
        after: Callable[[str], None] = lambda step: None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """`after` hears of each step that went well; `wait` takes seconds."""
        self.visit = visit
        self.taken: list[Taken] = []
        self.bought: Answer | None = None
        self._browser, self._after, self._wait = browser, after, wait

    def walk(self, way: Callable[[LoneShopper], None]) -> None:
        """Go this way to its end, or to where the shop says no. An adapter that breaks is said as what it is."""
        try:
            with suppress(LeftShop):
                way(self)
        except Exception as broke:  # noqa: BLE001  (whatever it is, it is told as the step that broke, never passed over)
            told = Answer("error", f"the adapter broke: {type(broke).__name__}: {broke}")
            self.taken.append(Taken("adapter", told, self._sent()))
        finally:
            self._browser.client.close()

    def step(self, name: str, call: Call, *, optional: bool = False, read_back: Call | None = None) -> Answer:
        """Take one step, as often as its page asks again by itself. Raises LeftShop as the protocol says."""
        answer = self._take(name, call)
        if answer.outcome == "unknown" and read_back is not None:
            answer = self._look_up(answer, read_back)
        if answer.outcome == "ok":
            self._after(name)
        elif not (optional and answer.outcome == "rejected") and not answer.offer:
            raise LeftShop
        return answer

    def buy(self, name: str, call: Call, read_back: Call) -> Answer:
        """Buy with one click; what nobody knows is looked up."""
        self.bought = self.step(name, call, read_back=read_back)
        return self.bought

    def _take(self, name: str, call: Call) -> Answer:
        until_s = time.monotonic() + self.visit.patience_s
        self._browser.client.patient_until_s = until_s
        try:
            answer = call()
            while answer.again_s is not None and time.monotonic() + answer.again_s < until_s:
                self._wait(answer.again_s)
                answer = call()
            if answer.again_s is not None and answer.outcome != "throttled":
                raise PatienceRanOut
        except PatienceRanOut:
            said = f"not done within {self.visit.patience_s:g} s"
            answer = Answer("unknown" if name in MONEY_STEPS else "abandoned", said)
        self.taken.append(Taken(name, answer, self._sent()))
        return answer

    def _look_up(self, unknown: Answer, read_back: Call) -> Answer:
        for wait_s in _LOOK_UP_AFTER_S:
            self._wait(wait_s)
            found = self._take("order.read", read_back)
            if found.outcome == "ok":
                return found
        return unknown

    def _sent(self) -> tuple[Sent, ...]:
        sent = tuple(self._browser.sent)
        self._browser.sent.clear()
        return sent


def _address(url: str, shop_host: str) -> str:
    """A URL without what it may give away.

    >>> _address("https://shop.example/pay?key=wc_abc&step=2", "shop.example"), _address("https://pay.example/", "")
    ('/pay?key=…&step=…', 'pay.example/')
    """
    parts = urlsplit(url)
    names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    query = "?" + "&".join(f"{name}=…" for name in names) if names else ""
    return ("" if parts.hostname == shop_host else parts.hostname or "") + (parts.path or "/") + query


def _operation(url: str, body: bytes) -> str:
    """The name of a GraphQL operation, which stands in an adapter's own file; empty for any other request.

    >>> _operation("https://shop.example/graphql", b'{"query":"mutation Add{a}","operationName":"Add"}')
    'Add'
    >>> _operation("https://shop.example/graphql?query=%7Ba%7D&operationName=Home", b""), _operation("/pay", b"a=1")
    ('Home', '')
    """
    said = dict(parse_qsl(urlsplit(url).query)).get("operationName", "")
    with suppress(orjson.JSONDecodeError):
        told = orjson.loads(body) if body else None
        said = told.get("operationName", said) if isinstance(told, dict) else said
    return said if isinstance(said, str) and _NAME.fullmatch(said) else ""
