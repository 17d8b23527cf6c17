"""How a connection is made: the host's addresses in turn, a proxy where asked for, TLS."""

from __future__ import annotations

import ssl
from socket import SOCK_STREAM
from time import monotonic

import gevent
from gevent.socket import getaddrinfo

from doorbuster.swarm.transport import failures
from doorbuster.swarm.transport.failures import Failed, TooLate
from doorbuster.swarm.transport.options import Origin, TransportOptions
from doorbuster.swarm.transport.wire import Wire

_ADDRESSES_GOOD_FOR_S = 60.0
"""What browsers keep a resolved name for: a shop that moves is followed within a minute."""


def connect(options: TransportOptions, origin: Origin, session: ssl.SSLSession | None, until_s: float) -> Wire:
    """A new connection, resuming a TLS session if there is one. Raises Failed and OSError."""
    until_s = min(until_s, monotonic() + options.connect_timeout_s)
    try:
        wire = _dial(options, *(origin.proxy or (origin.host, origin.port)), until_s)
        if origin.secure:
            if origin.proxy:
                _tunnel(wire, origin, until_s)
            wire.shake_hands(options.tls, origin.tls_name, session, until_s)
    except (TooLate, ValueError) as failed:
        if isinstance(failed, OSError):  # a certificate that is not the shop's is a ValueError too
            raise
        # The other values are names that are none: too long, empty labels.
        raise Failed(failures.CONNECT_LATE if isinstance(failed, TooLate) else failures.BAD_URL) from None
    return wire


def _tunnel(wire: Wire, origin: Origin, until_s: float) -> None:
    """Have the proxy pass everything on unread."""
    try:
        accepted = 200 <= wire.ask(origin.tunnel, until_s, until_s, head_only=True).status < 300
    except Failed:
        raise Failed(failures.CONNECT_LATE if monotonic() >= until_s else failures.PROXY_REFUSED) from None
    if not accepted:
        wire.close()
        raise Failed(failures.PROXY_REFUSED)


def _dial(options: TransportOptions, host: str, port: int, until_s: float) -> Wire:
    """The first of the host's addresses that answers; each gets its share of the time left."""
    now_s = monotonic()
    good_until_s, addresses = options.addresses.get((host, port), (0.0, []))
    if good_until_s <= now_s:
        with gevent.Timeout(max(0.001, until_s - now_s), TooLate):
            addresses = getaddrinfo(host, port, type=SOCK_STREAM)
        options.addresses[host, port] = now_s + _ADDRESSES_GOOD_FOR_S, addresses
    for number, (family, _, _, _, address) in enumerate(addresses):
        now_s = monotonic()
        share_s = (until_s - now_s) / (len(addresses) - number)
        try:
            return Wire(family, address, now_s + share_s, options.sweeper, options.body_limit_bytes)
        except (OSError, TooLate):
            if address is addresses[-1][4]:
                raise
    raise AssertionError("a resolved name has an address")
