"""One host that a shopper may visit, with all the header lines it is always sent, encoded once."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]  # no stubs

_TRUSTED_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy on the way."""

    host: str
    port: int
    line: bytes
    """Its authorization header, or nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Scheme, host and port, as browsers tell sites apart. Made once and compared by identity."""

    host: str
    port: int
    secure: bool
    lines: Mapping[str, bytes]
    """Header lines by lower-case name, line breaks included."""
    head: bytes
    """The same in one piece."""
    tls_name: str
    authority: bytes
    """host:port, for proxies."""
    safe: bool
    """Whether Secure cookies go there: browsers trust this machine as they trust https."""
    target_prefix: bytes
    """What a plain proxy wants before the path."""
    proxy: Proxy | None


def host_and_port(url: str) -> tuple[bool, str, int]:
    """(https or not, lower-case host, port) of an absolute URL. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError
    secure = parts.scheme == "https"
    return secure, parts.hostname, parts.port or (443 if secure else 80)


def make_origin(
    secure: bool, host: str, port: int, headers: Mapping[str, str], host_override: str | None, proxy: Proxy | None
) -> Origin:
    """`headers` are sent with every request; `host_override` is the name that the host answers to."""
    name = f"[{host}]" if ":" in host else host
    authority = f"{name}:{port}".encode()
    if port != (443 if secure else 80):
        name = f"{name}:{port}"
    named = {"host": host_override or name, **headers}
    if proxy is not None and proxy.line and not secure:
        named["proxy-authorization"] = proxy.line.decode()
    lines = {key.lower(): f"{key}: {value}\r\n".encode() for key, value in named.items()}
    tls_name = (host_override or host).partition(":")[0] if host_override else host
    prefix = b"http://" + authority if proxy and not secure else b""
    safe = secure or host in _TRUSTED_HERE
    return Origin(host, port, secure, lines, b"".join(lines.values()), tls_name, authority, safe, prefix, proxy)


def proxy_from_environment(secure: bool, authority: str) -> Proxy | None:
    """What HTTPS_PROXY, HTTP_PROXY and NO_PROXY say about a host. Raises ValueError for an address that is none."""
    address = getproxies_environment().get("https" if secure else "http")
    if not address or proxy_bypass_environment(authority):
        return None
    _, host, port = host_and_port(address if "://" in address else f"http://{address}")
    parts = urlsplit(address)
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    return Proxy(host, port, f"Basic {b64encode(credentials.encode()).decode()}".encode() if credentials else b"")
