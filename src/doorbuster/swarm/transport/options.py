"""Where shoppers may go, what they carry there and how long they wait: the same for all shoppers of a run."""

from __future__ import annotations

import re
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]  # no stubs

import gevent.ssl

from doorbuster.settings import Settings
from doorbuster.swarm.transport.failures import BAD_URL, ELSEWHERE, Failed
from doorbuster.swarm.transport.wire import Sweeper

_EVERYWHERE = {"user-agent": "Mozilla/5.0 (compatible; doorbuster)", "accept": "*/*", "accept-encoding": "gzip, br"}
_TRUSTED_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_PLAIN_URL = re.compile(r"(https?://[^/?#]+)(/[!\"$->@-~]*)?(\?[!\"$-~]*)?")
"""(site, path, query) of a URL that needs no escaping, as nearly all do."""


def _verifying() -> ssl.SSLContext:
    """A context for clients verifies certificates and names unless it is told not to."""
    tls: ssl.SSLContext = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.load_default_certs()
    tls.set_alpn_protocols(["http/1.1"])
    return tls


@dataclass(frozen=True, eq=False)
class TransportOptions:
    """Limits, secrets and trust of a run, and what its shoppers share in this process."""

    allowed_hosts: frozenset[str]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent to the shop's own host and to no other; may hold secrets, hence no repr. Lower-case names."""
    host_override: str | None = None
    """The name that the shop's host answers to, in the Host header and to TLS."""
    shop_host: str = ""
    shop_secure: bool = False
    """The shop is on https: its headers never travel in the clear."""
    tls: ssl.SSLContext = field(default_factory=_verifying)
    """One for all: loading the certificates anew for each shopper would cost more than the visit."""
    run: str = ""
    """Id of the run, sent with every request beside the session's number, so that the shop's logs can be joined."""
    reuse_connections: bool = False
    """Shoppers inherit each other's open connections. Browsers do not: it spares the shop the work of accepting."""
    proxies_from_environment: bool = False
    connect_timeout_s: float = 10.0
    first_byte_timeout_s: float = 300.0
    """Longer than shoppers wait: their patience ends a request, and this one that nobody waits for."""
    total_timeout_s: float = 600.0
    """Of one request with its redirects."""
    body_limit_bytes: int = 16 << 20
    sweeper: Sweeper = field(default_factory=Sweeper, init=False, repr=False)
    addresses: dict[tuple[str, int], tuple[float, list[Any]]] = field(default_factory=dict, init=False, repr=False)
    """What names resolved to, and until when that is good."""
    idle: dict[Origin, list[Any]] = field(default_factory=dict, init=False, repr=False)
    """Open connections that the next shopper inherits, where they are reused."""


class Origin:
    """Scheme, host and port, as browsers tell sites apart, with all that is the same in every request there."""

    def __init__(self, options: TransportOptions, site: str) -> None:
        """Raises Failed when shoppers may not go there, ValueError for an address that is none."""
        url = urlsplit(site)
        self.secure, self.host, self.port = _address(url)
        if self.host not in options.allowed_hosts:
            raise Failed(ELSEWHERE.format(self.host[:80]))
        self.safe = self.secure or self.host in _TRUSTED_HERE
        """Whether Secure cookies go there: browsers trust this machine as they trust https."""
        own = self.host == options.shop_host and (self.secure or not options.shop_secure)
        override = options.host_override if own else None
        self.tls_name = override.partition(":")[0] if override else self.host
        name = f"[{self.host}]" if ":" in self.host else self.host
        authority = f"{name}:{self.port}"
        self.proxy, login = _proxy(url.scheme, authority) if options.proxies_from_environment else (None, {})
        self.prefix = f"http://{authority}" if self.proxy and not self.secure else ""
        """What a proxy that reads along wants before the path."""
        self.tunnel = b"CONNECT %b HTTP/1.1\r\n%b\r\n" % (authority.encode(), head_of({"host": authority, **login}))
        """What makes a proxy pass everything on unread."""
        self.headers = {"host": override or (name if self.port == (443 if self.secure else 80) else authority)}
        self.headers |= _EVERYWHERE | (dict(options.headers) if own else {}) | ({} if self.secure else login)
        self.head = head_of(self.headers)


_origin = lru_cache(maxsize=256)(Origin)


class Place(NamedTuple):
    """Where a URL leads."""

    url: str
    origin: Origin
    path: str
    line: bytes
    """The request line after the method."""


@lru_cache(maxsize=4096)  # most shoppers look at the same pages
def place_of(options: TransportOptions, url: str, base: str = "") -> Place:
    """Where a URL leads that was found at `base`. Raises Failed when shoppers may not go there."""
    try:
        url = urljoin(base, url) if base else url
        plain = _PLAIN_URL.fullmatch(url)
        if plain:
            site, path, query = plain.groups("")
        else:
            parts = urlsplit(url)
            site, path = f"{parts.scheme}://{parts.netloc}", quote(parts.path, safe="/%:@!$&'()*+,;=~")
            query = "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?[]") if parts.query else ""
        origin = _origin(options, site)
    except ValueError:
        raise Failed(BAD_URL) from None
    path = path or "/"
    return Place(url, origin, path, f" {origin.prefix}{path}{query} HTTP/1.1\r\n".encode())


def head_of(headers: Mapping[str, str]) -> bytes:
    """Header lines as they are sent."""
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode()


def _address(url: SplitResult) -> tuple[bool, str, int]:
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError
    secure = url.scheme == "https"
    return secure, url.hostname, url.port or (443 if secure else 80)


def _proxy(scheme: str, authority: str) -> tuple[tuple[str, int] | None, dict[str, str]]:
    """(address, header with its credentials) as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. Raises ValueError."""
    said = getproxies_environment().get(scheme)
    if not said or proxy_bypass_environment(authority):
        return None, {}
    url = urlsplit(said if "://" in said else f"http://{said}")
    secret = f"{unquote(url.username)}:{unquote(url.password or '')}".encode() if url.username else b""
    return _address(url)[1:], {"proxy-authorization": f"Basic {b64encode(secret).decode()}"} if secret else {}


def transport_options(
    settings: Settings, base_url: str, allowed_hosts: tuple[str, ...], run: str = ""
) -> TransportOptions:
    """Options from the environment's settings."""
    shop = urlsplit(base_url)
    options = TransportOptions(
        frozenset(allowed_hosts), settings.shop_headers(), settings.host_override, shop.hostname or "",
        shop.scheme == "https", run=run,
    )  # fmt: skip
    if settings.ca_bundle is not None:
        options.tls.load_verify_locations(settings.ca_bundle)
    return options
