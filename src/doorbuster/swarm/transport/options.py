"""Where shoppers may go and what they carry there: the same for all shoppers of a run."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from doorbuster.settings import Settings
from doorbuster.swarm.transport import failures
from doorbuster.swarm.transport.connections import Connections, Roads
from doorbuster.swarm.transport.failures import Failed
from doorbuster.swarm.transport.origin import Origin, host_and_port, make_origin, proxy_from_environment

_EVERYWHERE = {"user-agent": "Mozilla/5.0 (compatible; doorbuster)", "accept": "*/*", "accept-encoding": "gzip, br"}
_MOST_ORIGINS = 64
"""Remembered; a shop that redirects to one port after the other gets no further."""


@dataclass(frozen=True)
class TransportOptions:
    """Limits, secrets and trust of a run, and what its shoppers share in this process."""

    allowed_hosts: frozenset[str]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent to the shop's own host and to no other; may hold secrets, hence no repr."""
    host_override: str | None = None
    """The name that the shop's host answers to, in the Host header and to TLS."""
    shop_host: str = ""
    shop_secure: bool = False
    """The shop is on https: its headers never travel in the clear."""
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
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

    def origin(self, base: str) -> Origin:
        """The origin of "scheme://host:port". Raises Failed when shoppers may not go there."""
        known = self._origins.get(base)
        if known is None:
            try:
                secure, host, port = host_and_port(base)
                if host not in self.allowed_hosts:
                    raise Failed(failures.elsewhere(host))
                proxy = proxy_from_environment(secure, f"{host}:{port}") if self.proxies_from_environment else None
            except ValueError:
                raise Failed(failures.BAD_URL) from None
            own = host == self.shop_host and (secure or not self.shop_secure)
            headers = {**_EVERYWHERE, **self.headers} if own else _EVERYWHERE
            known = make_origin(secure, host, port, headers, self.host_override if own else None, proxy)
            if len(self._origins) < _MOST_ORIGINS:
                self._origins[base] = known
        return known

    def connections(self) -> Connections:
        """A shopper's own, or everybody's where connections are reused."""
        return self._shared if self.reuse_connections else Connections(self._roads)

    def marks(self, session: int | None) -> bytes:
        """The header lines that name run and session."""
        run = f"doorbuster-run: {self.run}\r\n" if self.run else ""
        return (run if session is None else f"{run}doorbuster-session: {session}\r\n").encode()

    @cached_property
    def _origins(self) -> dict[str, Origin]:
        return {}

    @cached_property
    def _roads(self) -> Roads:
        return Roads(self.tls, self.connect_timeout_s)

    @cached_property
    def _shared(self) -> Connections:
        return Connections(self._roads)


def transport_options(
    settings: Settings, base_url: str, allowed_hosts: tuple[str, ...], run: str = ""
) -> TransportOptions:
    """Options from the environment's settings."""
    headers = {}
    if settings.basic_auth is not None:
        headers["authorization"] = "Basic " + b64encode(settings.basic_auth.get_secret_value().encode()).decode()
    if settings.storefront_password is not None:
        headers["x-storefront-password"] = settings.storefront_password.get_secret_value()
    if settings.extra_header is not None and settings.extra_header_value is not None:
        headers[settings.extra_header.lower()] = settings.extra_header_value.get_secret_value()
    # One context for all: loading the certificates anew for each shopper would cost more than the visit.
    tls = ssl.create_default_context()
    tls.set_alpn_protocols(["http/1.1"])
    if settings.ca_bundle is not None:
        tls.load_verify_locations(settings.ca_bundle)
    secure, host, _ = host_and_port(base_url)
    return TransportOptions(
        frozenset(allowed_hosts), headers, settings.host_override, host, shop_secure=secure, tls=tls, run=run
    )
