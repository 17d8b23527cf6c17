"""One generator of bench/transport.py: walks the journey for some seconds and prints its figures as JSON.

python bench/transport_journey.py ours|fasthttp|http URL reused|fresh SECONDS CA.pem
"""

from __future__ import annotations

import locust  # isort: skip  # first: it makes sockets cooperative

import gc
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import numpy as np
import orjson
from locust import FastHttpUser, HttpUser, constant, task
from locust.env import Environment

SHOPPERS = 20
WARM_UP_S = 0.5
STEPS = 5
REPORT_S, PART_S = 0.5, 4.0
MOST_SESSIONS = 10_000_000
GETS = ("home", "collection", "product")
CART = {"variant": "v-1"}


def measured(
    start: Callable[[], Any], requests: Callable[[], int], failed: Callable[[], int], seconds: float,
    settle: Callable[[], Any] = gc.freeze,
) -> None:  # fmt: skip
    """Let it warm up, then count requests and processor time."""
    start()
    gevent.sleep(WARM_UP_S)
    gc.collect()
    settle()
    count, used = requests(), sum(os.times()[:4])
    gevent.sleep(seconds)
    count, used = requests() - count, sum(os.times()[:4]) - used
    print(json.dumps({"requests": count, "cpu_s": used, "failed": failed()}), flush=True)
    os._exit(0)


def recorder(tally: Any) -> Callable[[], None]:
    """Reports and parts as often as in a run."""
    from doorbuster.record.directory import RunDirectory
    from doorbuster.record.fates import Fates
    from doorbuster.record.writer import RunWriter

    plan: Any = SimpleNamespace(due_us=np.zeros(MOST_SESSIONS), duration_s=3600.0)
    writer = RunWriter(RunDirectory(Path(tempfile.mkdtemp())), Fates(plan))
    tally.step(0, "cart", "home", "ok", 1, 1)
    writer.accept("bench", tally.take())
    writer.write(writer.take(), 0)  # pyarrow loads what it needs at its first part: a cost of the start

    def record() -> None:
        while True:
            for _ in range(int(PART_S / REPORT_S)):
                gevent.sleep(REPORT_S)
                writer.accept("bench", tally.take())
            gevent.get_hub().threadpool.apply(writer.write, (writer.take(), 0))

    return record


def ours(url: str, fresh: bool, seconds: float, ca: str) -> None:
    """Our shoppers as the door starts them, one user a session, with all that a rehearsal records."""
    from doorbuster import journeys
    from doorbuster.record.tally import Tally
    from doorbuster.scenario import load_scenario
    from doorbuster.settings import Settings
    from doorbuster.storefronts.base import OK, Answer, Product, Shop
    from doorbuster.storefronts.noop import NoopStorefront
    from doorbuster.swarm.clock import RunClock
    from doorbuster.swarm.floor import ShopFloor
    from doorbuster.swarm.locust_page import listener
    from doorbuster.swarm.shift import calm_the_collector
    from doorbuster.swarm.transport import transport_options
    from doorbuster.swarm.user import Arrival, ShopperUser
    from doorbuster.traffic.visit import Visits

    @dataclass
    class JsonShop(NoopStorefront):
        client: Any
        shop: Shop
        visit: Any

        def _read(self, response: Any) -> Answer:
            if response.failure or response.status != 200 or "id" not in orjson.loads(response.body):
                return Answer("error", response.failure or "wrong")
            return OK

        def home(self) -> Answer:
            return self._read(self.client.request("GET", self.shop.base_url + "/home.json"))

        def collection(self, product: Product) -> Answer:
            return self._read(self.client.request("GET", self.shop.base_url + "/collection.json"))

        def product(self, product: Product) -> Answer:
            return self._read(self.client.request("GET", self.shop.base_url + "/product.json"))

        def cart_create(self) -> Answer:
            return self._read(self.client.request("POST", self.shop.base_url + "/carts", json=CART))

        def cart_view(self) -> Answer:
            return self._read(self.client.request("GET", self.shop.base_url + "/cart.json"))

    def five_steps(shopper: Any, shop: Any) -> None:
        product = shopper.visit.lines[0].product
        shopper.step("home", shop.home)
        shopper.step("collection", lambda: shop.collection(product))
        shopper.step("product", lambda: shop.product(product))
        shopper.step("cart.create", shop.cart_create)
        shopper.step("cart.view", shop.cart_view)

    journeys.WALKS["cart"] = five_steps
    card = load_scenario(Path(__file__).resolve().parents[1] / "scenarios/smoke.toml")
    at_once = {"default": card.shopper.think["default"].model_copy(update={"median_s": 1e-18, "p90_s": 1e-18})}
    scenario = card.model_copy(update={"shopper": card.shopper.model_copy(update={"think": at_once})})
    transport = replace(
        transport_options(Settings(ca_bundle=Path(ca)), url, ("127.0.0.1",), "bench"), reuse_connections=not fresh
    )
    environment = Environment(user_classes=[])
    inside = environment.create_local_runner().user_greenlets
    tally = Tally()
    floor = ShopFloor(
        scenario=scenario, seed=1, shop=Shop(url), clock=RunClock.starting_in(0), tally=tally, transport=transport,
        visits=Visits(scenario.shopper, [Product(f"p-{n}", "v", "s", 1, "EUR", 1) for n in range(100)], (), 1, "bench"),
        storefront_of=JsonShop, heard=listener(environment),
    )  # fmt: skip
    came = 0

    class Shopper(ShopperUser):
        abstract = False

        def on_stop(self) -> None:
            gevent.get_hub().loop.run_callback(next_one)

    def next_one() -> None:
        """Comes in when the one before has left: always so many inside."""
        nonlocal came
        came += 1
        Shopper(environment, floor, Arrival(came, "cart", floor.clock.now_us())).start(inside)

    def start() -> None:
        gevent.spawn(recorder(tally))
        for _ in range(SHOPPERS):
            next_one()

    measured(start, lambda: STEPS * came, lambda: tally.failed + len(floor.bugs), seconds, calm_the_collector)


def right(response: Any) -> None:
    if response.status_code != 200 or "id" not in orjson.loads(response.content):
        response.failure("wrong")


def visit(client: Any) -> None:
    for page in GETS:
        with client.get(f"/{page}.json", catch_response=True) as response:
            right(response)
    with client.post("/carts", json=CART, catch_response=True) as response:
        right(response)
    with client.get("/cart.json", catch_response=True) as response:
        right(response)


def locusts(user_class: type[locust.User], url: str, seconds: float) -> None:
    """Locust's own users as its documentation would have them."""
    environment = Environment(user_classes=[user_class], host=url)
    runner = environment.create_local_runner()
    total = environment.stats
    measured(
        lambda: runner.start(SHOPPERS, spawn_rate=1000), lambda: total.num_requests, lambda: total.num_failures, seconds
    )


def main() -> None:
    kind, url, connections, seconds, ca = sys.argv[1:]
    fresh = connections == "fresh"

    class Fast(FastHttpUser):  # type: ignore[misc]  # Locust ships no complete types
        wait_time = constant(0)
        insecure = True  # as it comes: it verifies nothing

        @task
        def shop(self) -> None:
            visit(self.client)
            self.client.cookiejar.clear()
            if fresh:
                self.client.client.clientpool.close()

    class Requests(HttpUser):  # type: ignore[misc]  # the same
        wait_time = constant(0)

        def on_start(self) -> None:
            self.client.verify = ca

        @task
        def shop(self) -> None:
            visit(self.client)
            self.client.cookies.clear()
            if fresh:
                self.client.close()

    if kind == "ours":
        ours(url, fresh, float(seconds), ca)
    locusts(Fast if kind == "fasthttp" else Requests, url, float(seconds))


if __name__ == "__main__":
    main()
