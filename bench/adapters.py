"""What an adapter costs: its journeys against canned answers, beside the same requests sent by the bare transport.

python bench/adapters.py [PLATFORM ...]

Both walk in one process, in turns, through the exchanges of tests/contract; only processor time counts. A platform's
share is the processor time of the bare requests over that of the journeys which make them: once with a new connection
for each shopper, as in a rehearsal (the bar is on this one), and once with kept connections.
"""

from __future__ import annotations

import sys

if sys.argv[1:2] != ["serve"]:
    import locust  # noqa: F401  (first: it makes sockets cooperative, as under load)

import asyncio
import importlib
import os
import pickle
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

ROUNDS: Final = 25
SECONDS: Final = 0.14
"""Short turns and many: what the machine does meanwhile then meets both halves of a ratio alike."""
BAR: Final = 0.75
HTML_BAR: Final = 0.4
HTML: Final = "html"
"""What the names of exchanges begin with whose pages are read with selectors and expressions."""
ROOT: Final = Path(__file__).resolve().parents[1]


class Canned(asyncio.Protocol):
    """Answers a session's n-th request with its n-th answer; which session it is, every request says."""

    def __init__(self, answers: list[list[bytes]]) -> None:
        import httptools

        self._answers, self._session, self._next = answers, b"", 0
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name == b"doorbuster-session" and value != self._session:
            self._session, self._next = value, 0

    def on_message_complete(self) -> None:
        mine = self._answers[int(self._session)]
        self._transport.write(mine[self._next % len(mine)])
        self._next += 1


def serve(file: Path) -> None:
    """Answer for ever; the first line on standard output is the port."""
    answers = pickle.loads(file.read_bytes())

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Canned(answers), "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    with suppress(KeyboardInterrupt):
        asyncio.run(forever())


@dataclass
class Local:
    """A client whose every host is this machine."""

    client: Any
    address: str
    step: str = ""
    """What the contract's shopper tells its client, and nobody here needs to know."""

    def request(self, method: str, url: str, **more: Any) -> Any:
        response = self.client.request(method, self.address + url[url.find("/", 8) :], **more)
        assert not response.failure, response
        return response._replace(url=response.headers.get("canned-url", url))


def as_sent(response: Any) -> bytes:
    """A canned answer as it comes over the wire."""
    said = {name: value for name, value in response.headers.items() if name not in ("content-length", "connection")}
    if response.url:  # where redirects led to
        said["canned-url"] = response.url
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    head = f"HTTP/1.1 {response.status} Canned\r\ncontent-length: {len(response.body)}\r\n{lines}\r\n"
    return head.encode() + response.body


def recorded(exchange: Any, journey: str) -> tuple[list[tuple[Any, ...]], list[bytes]]:
    """A journey's requests and the answers to them, in order."""
    from tests.contract.exchange import walk

    told: list[Any] = []

    def shop() -> Callable[[Any], Any]:
        real = exchange.shop()

        def answer(asked: Any) -> Any:
            told.append(real(asked))
            return told[-1]

        return answer

    shopper = walk(replace(exchange, shop=shop, check=lambda request: None), journey)
    assert all(answer.outcome == "ok" for _, answer in shopper.answers), (exchange.platform, journey, shopper.answers)
    return [tuple(request) for _, request in shopper.client.sent], [as_sent(response) for response in told]


def walk_all(exchange: Any, browser: Callable[[int], Any], address: str) -> None:
    from tests.contract.exchange import ContractShopper, visit_of

    from doorbuster.journeys import WALKS

    for number, journey in enumerate(exchange.journeys):
        visit, one = visit_of(exchange, journey), browser(number)
        client: Any = Local(one, address)
        WALKS[journey](ContractShopper(visit, client), exchange.storefront(client, visit))
        one.close()


def send_all(requests: list[list[tuple[Any, ...]]], browser: Callable[[int], Any], address: str) -> None:
    for number, asked in enumerate(requests):
        one = browser(number)
        client = Local(one, address)
        for method, url, json, form, headers in asked:
            client.request(method, url, json=json, form=form, headers=headers)
        one.close()


def cpu_s(once: Callable[[], None]) -> float:
    """Processor seconds of one round of all journeys, in the middle of many."""
    once()
    began_s, times = sum(os.times()[:2]), 0
    while sum(os.times()[:2]) - began_s < SECONDS:
        once()
        times += 1
    return (sum(os.times()[:2]) - began_s) / times


@contextmanager
def served(answers: list[list[bytes]]) -> Iterator[str]:
    with TemporaryDirectory() as folder:
        (file := Path(folder) / "answers").write_bytes(pickle.dumps(answers))
        server = subprocess.Popen([sys.executable, __file__, "serve", str(file)], stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()
            server.wait()


def shares(exchange: Any) -> tuple[float, float, float, int]:
    """(share with new connections, journeys' requests a processor second so, share with kept ones, requests)."""
    from doorbuster.settings import Settings
    from doorbuster.swarm.shift import calm_the_collector
    from doorbuster.swarm.transport import Browser, transport_options

    requests, answers = zip(*(recorded(exchange, journey) for journey in exchange.journeys), strict=True)
    count = sum(map(len, requests))
    found: dict[bool, list[float]] = {False: [], True: []}
    rates = []
    with served(list(answers)) as address:
        # As the load process does: the schemas that the exchanges have loaded are not the generator's to walk through.
        calm_the_collector()
        plain = transport_options(Settings(), address, ("127.0.0.1",), "bench")
        for _ in range(ROUNDS):
            for kept in (False, True):
                browser = partial(Browser, replace(plain, reuse_connections=kept))
                sent_s = cpu_s(lambda browser=browser: send_all(list(requests), browser, address))
                walked_s = cpu_s(lambda browser=browser: walk_all(exchange, browser, address))
                found[kept].append(sent_s / walked_s)
                if not kept:
                    rates.append(count / walked_s)
    return median(found[False]), median(rates), median(found[True]), count


def main() -> None:
    sys.path.insert(0, str(ROOT))
    wanted, missed = sys.argv[1:], []
    print("| platform | requests | requests a CPU second | share of the transport | bar | share, connections kept |")
    print("|---|---|---|---|---|---|")
    for path in sorted((ROOT / "tests/contract").glob("*_exchange.py")):
        exchange = importlib.import_module(f"tests.contract.{path.stem}").EXCHANGE
        if wanted and exchange.platform not in wanted:
            continue
        fresh, rate, kept, requests = shares(exchange)
        bar = HTML_BAR if exchange.platform.startswith(HTML) else BAR
        print(f"| {exchange.platform} | {requests} | {rate:,.0f} | {fresh:.2f} | {bar} | {kept:.2f} |", flush=True)
        if fresh < bar:
            missed.append(exchange.platform)
    if missed:
        sys.exit(f"below the bar: {', '.join(missed)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]))
    else:
        main()
