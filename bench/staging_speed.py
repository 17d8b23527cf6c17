"""How many native checkouts a second the staging services complete on one processor core, all three together.

    python bench/staging_speed.py [--rounds 5] [--seconds 4]

The services are pinned to the first core and this generator to the last, so that their figure is theirs alone. A
checkout is eight calls, each answer checked: cart.create, cart.add, checkout.start, .address, .shipping, .payment,
.complete and order.read. Printed: checkouts a second by the clock, and by the processor time that the services used.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from dataclasses import dataclass
from typing import Any

import httptools
import orjson
import psutil

from doorbuster.staging.environment import staging_environment

SHOPPERS = 24
ADDRESS = orjson.dumps({"name": "A", "line_one": "1 Street", "city": "Town", "postal_code": "10000", "country": "ES"})


class Shopper(asyncio.Protocol):
    """One kept-alive connection that sends a request and waits for its whole answer, at next to no cost."""

    def __init__(self) -> None:
        self.cookie = b""
        self._body = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name == b"set-cookie":
            self.cookie = b"cookie: " + value.partition(b";")[0] + b"\r\n"

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        assert self._answer is not None
        self._answer.set_result((self._parser.get_status_code(), self._body))
        self._body = b""
        self._parser = httptools.HttpResponseParser(self)

    async def ask(self, line: bytes, body: bytes = b"", headers: bytes = b"") -> dict[str, Any]:
        """The answer as JSON; anything but 2xx stops the measurement."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(
            b"%s HTTP/1.1\r\nhost: 127.0.0.1\r\n%s%scontent-length: %d\r\n\r\n%s"
            % (line, self.cookie, headers, len(body), body)
        )
        status, content = await self._answer
        if not 200 <= status < 300:
            raise SystemExit(f"{line.decode()}: {status} {content[:200].decode()}")
        answer: dict[str, Any] = orjson.loads(content)
        return answer


async def checkout(shopper: Shopper, variant: str, intent: bytes) -> None:
    shopper.cookie = b""  # a new shopper every time
    cart = (await shopper.ask(b"POST /carts"))["id"].encode()
    await shopper.ask(b"POST /carts/%s/lines" % cart, orjson.dumps({"variant": variant, "quantity": 1}))
    await shopper.ask(b"POST /carts/%s/checkout" % cart, b'{"email":"shopper@example.com"}')
    await shopper.ask(b"PUT /carts/%s/checkout/address" % cart, ADDRESS)
    await shopper.ask(b"PUT /carts/%s/checkout/shipping" % cart, b'{"option":"standard"}')
    header = b"x-purchase-intent: %s\r\n" % intent
    await shopper.ask(b"POST /carts/%s/checkout/payment" % cart, b'{"card":"4242424242424242"}', header)
    placed = await shopper.ask(b"POST /carts/%s/checkout/complete" % cart, b"", header)
    read = await shopper.ask(b"GET /orders/by-intent/%s" % intent)
    assert placed["order"]["id"] == read["order"]["id"] and read["order"]["status"] == "paid"


@dataclass(frozen=True)
class Round:
    checkouts: int
    wall_s: float
    services_cpu_s: float


async def one_round(port: int, seconds: float, services: list[psutil.Process]) -> Round:
    loop = asyncio.get_running_loop()
    shoppers = [(await loop.create_connection(Shopper, "127.0.0.1", port))[1] for _ in range(SHOPPERS)]
    control = (await loop.create_connection(Shopper, "127.0.0.1", port))[1]
    await control.ask(b"POST /admin/reset", b"{}")
    rows = (await control.ask(b"GET /admin/catalogue"))["catalogue"]
    variants = [row["variant"] for row in rows if row["stock"] > 1000]
    done = 0

    async def shop_until(end: float, shopper: Shopper, number: int) -> None:
        nonlocal done
        while time.perf_counter() < end:
            done += 1
            await checkout(shopper, variants[done % len(variants)], b"bench-%d" % done)

    def cpu_s() -> float:
        return sum(sum(process.cpu_times()[:2]) for process in services)

    before_cpu_s, begin = cpu_s(), time.perf_counter()
    await asyncio.gather(*(shop_until(begin + seconds, shopper, i) for i, shopper in enumerate(shoppers)))
    # Settled orders and delivered events belong to the work.
    left = await control.ask(b"POST /admin/drain")
    wall_s = time.perf_counter() - begin
    assert left == {"events_waiting": 0, "orders_pending": 0}, left
    return Round(done, wall_s, cpu_s() - before_cpu_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    asked = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[0]})  # inherited by the services
    with staging_environment(waits=False) as addresses:
        services = psutil.Process().children()
        assert all(service.cpu_affinity() == [cores[0]] for service in services)
        os.sched_setaffinity(0, {cores[-1]})
        port = int(addresses.shop_url.rsplit(":", 1)[1])
        rounds = [asyncio.run(one_round(port, asked.seconds, services)) for _ in range(asked.rounds)]
    for number, result in enumerate(rounds, 1):
        print(
            f"round {number}: {result.checkouts} checkouts in {result.wall_s:.2f} s, "
            f"{result.services_cpu_s:.2f} s of processor time"
        )
    by_clock = statistics.median(result.checkouts / result.wall_s for result in rounds)
    by_cpu = statistics.median(result.checkouts / result.services_cpu_s for result in rounds)
    print(f"median: {by_clock:.0f} checkouts/s on one core, {by_cpu:.0f} a second of processor time")


if __name__ == "__main__":
    main()
