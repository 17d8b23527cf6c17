"""The shopper's cookie jar: domain, path, expiry and secure as browsers keep them (RFC 6265)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from ipaddress import ip_address

_MOST_COOKIES = 180  # browsers' own limits; a shop that sets more must not make our requests grow for ever
_LONGEST = 4096
_FOR_EVER = float("inf")


@dataclass(frozen=True, slots=True)
class _Cookie:
    pair: bytes
    domain: str
    host_only: bool
    path: str
    secure: bool
    expires_s: float

    def fits(self, host: str, path: str, safe: bool, now_s: float) -> bool:
        return (
            (host == self.domain or (not self.host_only and host.endswith("." + self.domain)))
            and (self.path == "/" or _within(path, self.path))
            and (safe or not self.secure)
            and now_s < self.expires_s
        )


class CookieJar:
    """One shopper's cookies. `safe` is https, or this machine, which browsers trust as much."""

    __slots__ = ("_cookies", "_lines", "_settled")

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str], _Cookie] = {}
        # Shops repeat themselves: what was answered or taken before is looked up until a cookie changes.
        self._lines: dict[tuple[str, str, bool], bytes] = {}
        self._settled: set[tuple[bytes, str]] = set()

    def header(self, host: str, path: str, safe: bool) -> bytes:
        """The Cookie line of a request, with its line break; empty without cookies."""
        if not self._cookies:
            return b""
        known = self._lines.get((host, path, safe))
        if known is not None:
            return known
        now_s = time.time()
        fitting = [cookie for cookie in self._cookies.values() if cookie.fits(host, path, safe, now_s)]
        if len(fitting) > 1:
            fitting.sort(key=lambda cookie: -len(cookie.path))
        line = b"cookie: %b\r\n" % b"; ".join([cookie.pair for cookie in fitting]) if fitting else b""
        if all(cookie.expires_s == _FOR_EVER for cookie in self._cookies.values()):
            self._lines[host, path, safe] = line
        return line

    def keep(self, line: bytes, host: str, path: str, safe: bool) -> None:
        """Take one Set-Cookie line, or leave it as a browser would."""
        if (line, host) in self._settled:
            return
        pair, *attributes = line[: 2 * _LONGEST].decode("latin-1").split(";")
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not name or len(pair) > _LONGEST:
            return
        said = {}
        for attribute in attributes:
            key, _, text = attribute.partition("=")
            said[key.strip().lower()] = text.strip()
        domain = said.get("domain", "").lower().removeprefix(".")
        secure = "secure" in said
        if (domain and not _may_set(host, domain)) or (secure and not safe):
            return
        cookie_path = said.get("path", "")
        if not cookie_path.startswith("/"):
            cookie_path = path.rpartition("/")[0] or "/"
        expires_s = _expiry(said.get("max-age"), said.get("expires"))
        self._lines.clear()
        self._settled.clear()
        place = (domain or host, cookie_path, name)
        self._cookies.pop(place, None)
        if expires_s > time.time():
            if len(self._cookies) >= _MOST_COOKIES:
                del self._cookies[next(iter(self._cookies))]
            pair_bytes = f"{name}={value}".encode("latin-1")
            if expires_s == _FOR_EVER and "path" in said:
                self._settled.add((line, host))
            self._cookies[place] = _Cookie(pair_bytes, place[0], not domain, cookie_path, secure, expires_s)


def _within(path: str, cookie_path: str) -> bool:
    return path.startswith(cookie_path) and (
        cookie_path.endswith("/") or len(path) == len(cookie_path) or path[len(cookie_path)] == "/"
    )


def _may_set(host: str, domain: str) -> bool:
    """A host may speak for itself and for its parents, but not for a whole top-level domain or a foreign address."""
    return host == domain or (host.endswith("." + domain) and "." in domain and not _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _expiry(max_age: str | None, expires: str | None) -> float:
    if max_age is not None and max_age.lstrip("-").isdecimal():
        return time.time() + float(max_age[:20])
    return _date(expires) if expires else _FOR_EVER


@lru_cache(maxsize=256)  # all shoppers of a second are told the same date
def _date(text: str) -> float:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return _FOR_EVER  # a date that cannot be read makes a cookie of this session
