"""What a bare request and its answer cost by each public way of waiting in gevent: `bench/transport.py waits`."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import gevent
from gevent import monkey, socket
from gevent.hub import Waiter
from gevent.socket import wait_read

MESSAGE = b"GET /home.json HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
SHOPPERS, EACH, ROUNDS = 20, 1500, 5
plain_socket = monkey.get_original("socket", "socket")


def try_first(port: int) -> None:
    """gevent's own socket: receives, fails, waits, receives again."""
    shop = socket.create_connection(("127.0.0.1", port))
    for _ in range(EACH):
        shop.sendall(MESSAGE)
        shop.recv(65536)
    shop.close()


def watcher_a_wait(port: int) -> None:
    """`gevent.socket.wait_read`, then receive: a new watcher each time."""
    shop = plain_socket()
    shop.connect(("127.0.0.1", port))
    shop.setblocking(False)
    for _ in range(EACH):
        shop.send(MESSAGE)
        wait_read(shop.fileno())
        shop.recv(65536)
    shop.close()


def watcher_a_connection(port: int) -> None:
    """`loop.io` once and a `Waiter` on it, started and stopped for each answer."""
    shop = plain_socket()
    shop.connect(("127.0.0.1", port))
    shop.setblocking(False)
    readable = gevent.get_hub().loop.io(shop.fileno(), 1)
    for _ in range(EACH):
        shop.send(MESSAGE)
        waiter = Waiter()
        readable.start(waiter.switch, None)
        waiter.get()
        readable.stop()
        shop.recv(65536)
    readable.close()
    shop.close()


def watched_while_open(port: int) -> None:
    """`loop.io` started once, the event loop receives and wakes the shopper: what the transport does."""
    shop = plain_socket()
    shop.connect(("127.0.0.1", port))
    shop.setblocking(False)
    hub, shopper = gevent.get_hub(), gevent.getcurrent()

    def take() -> None:
        shop.recv(65536)
        shopper.switch()

    readable = hub.loop.io(shop.fileno(), 1)
    readable.start(take)
    for _ in range(EACH):
        shop.send(MESSAGE)
        hub.switch()
    readable.close()
    shop.close()


def microseconds(way: Callable[[int], None], port: int) -> float:
    used = time.process_time()
    gevent.joinall([gevent.spawn(way, port) for _ in range(SHOPPERS)], raise_error=True)
    return (time.process_time() - used) / (SHOPPERS * EACH) * 1e6


if __name__ == "__main__":
    ways = (try_first, watcher_a_wait, watcher_a_connection, watched_while_open)
    taken = [[microseconds(way, int(sys.argv[1])) for way in ways] for _ in range(ROUNDS)]
    for way, each in zip(ways, zip(*taken, strict=True), strict=True):
        spread = f"{min(each):.1f} to {max(each):.1f}"
        print(f"{statistics.median(each):5.1f} us ({spread})  {(way.__doc__ or '').strip()}")
