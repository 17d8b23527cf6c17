"""How a shopper's browser talks to the shop: own connections and cookies, only to allowed hosts, never raising."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

import orjson
from geventhttpclient import HTTPClient
from geventhttpclient.response import HTTPParseError

from doorbuster.settings import Settings
from doorbuster.storefronts.base import Response

_MOST_REDIRECTS = 5
_CONNECT_TIMEOUT_S = 10.0
_BLOCK = 1 << 20


@dataclass(frozen=True)
class TransportOptions:
    """The same for every shopper of a run."""

    allowed_hosts: frozenset[str]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every request to the shop's own host; may hold secrets, hence no repr."""
    host_override: str | None = None
    shop_host: str = ""
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)


def transport_options(settings: Settings, base_url: str, allowed_hosts: tuple[str, ...]) -> TransportOptions:
    """Options from the environment's settings."""
    headers = {"user-agent": "Mozilla/5.0 (compatible; doorbuster)", "accept-encoding": "identity"}
    if settings.basic_auth is not None:
        headers["authorization"] = "Basic " + b64encode(settings.basic_auth.get_secret_value().encode()).decode()
    if settings.storefront_password is not None:
        headers["x-storefront-password"] = settings.storefront_password.get_secret_value()
    if settings.extra_header is not None and settings.extra_header_value is not None:
        headers[settings.extra_header.lower()] = settings.extra_header_value.get_secret_value()
    tls = ssl.create_default_context()
    if settings.ca_bundle is not None:
        tls.load_verify_locations(settings.ca_bundle)
    host = urlsplit(base_url).hostname or ""
    return TransportOptions(frozenset(allowed_hosts), headers, settings.host_override, host, tls)


class Browser:
    """One shopper's client (`storefronts.base.Client`). Times out only by the caller's own limit."""

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._clients: dict[tuple[str, str, int], HTTPClient] = {}
        self._cookies: dict[str, dict[str, str]] = {}

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send, follow redirects within the allowed hosts, return the whole answer."""
        body, content_type = b"", None
        if json is not None:
            body, content_type = orjson.dumps(json), "application/json"
        elif form is not None:
            body, content_type = urlencode(form).encode(), "application/x-www-form-urlencoded"
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._once(method, urlsplit(url), body, content_type, headers or {})
            location = response.headers.get("location")
            if response.status not in (301, 302, 303, 307, 308) or not location:
                return response
            url = urljoin(url, location)
            if response.status not in (307, 308):
                method, body, content_type = "GET", b"", None
        return Response(0, {}, b"", f"more than {_MOST_REDIRECTS} redirects")

    def _once(
        self, method: str, url: SplitResult, body: bytes, content_type: str | None, extra: Mapping[str, str]
    ) -> Response:
        host = url.hostname or ""
        if host not in self._options.allowed_hosts:
            return Response(0, {}, b"", f"{host} is not among limits.allowed_hosts")
        own = host == self._options.shop_host
        headers = {**self._options.headers} if own else {"accept-encoding": "identity"}
        if own and self._options.host_override:
            headers["host"] = self._options.host_override
        if content_type:
            headers["content-type"] = content_type
        if cookies := self._cookies.get(host):
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers.update(extra)
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        try:
            answer = self._client(url).request(method, path, body=body, headers=headers)
            content = answer.read()
            received = [(name.lower(), value) for name, value in answer.items()]
            self._keep_cookies(host, [value for name, value in received if name == "set-cookie"])
            return Response(answer.status_code, dict(received), bytes(content))
        except ssl.SSLError as failed:
            return Response(0, {}, b"", f"TLS failed: {failed.reason or 'unknown reason'}")
        except ConnectionError as failed:
            return Response(0, {}, b"", f"connection failed: {type(failed).__name__}")
        except TimeoutError:
            return Response(0, {}, b"", "connecting took too long")
        except (HTTPParseError, OSError, ValueError) as failed:
            return Response(0, {}, b"", f"no valid answer: {type(failed).__name__}")

    def _client(self, url: SplitResult) -> HTTPClient:
        secure = url.scheme == "https"
        key = (url.scheme, url.hostname or "", url.port or (443 if secure else 80))
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = HTTPClient(
                key[1],
                key[2],
                ssl=secure,
                # One context for all: loading the certificates anew for each shopper would cost more than the visit.
                ssl_context_factory=(lambda cafile=None: self._options.tls) if secure else None,
                connection_timeout=_CONNECT_TIMEOUT_S,
                network_timeout=600.0,  # the shopper's patience ends a request, not the transport
                concurrency=3,  # a second impatient click needs a second connection
                block_size=_BLOCK,
            )
        return client

    def _keep_cookies(self, host: str, headers: list[str]) -> None:
        for header in headers:
            try:
                kept = SimpleCookie(header)
            except CookieError:
                continue
            jar = self._cookies.setdefault(host, {})
            jar.update({name: morsel.value for name, morsel in kept.items()})

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
