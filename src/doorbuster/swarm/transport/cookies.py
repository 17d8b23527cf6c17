"""The shopper's cookie jar: domain, path, expiry and secure as browsers keep them (RFC 6265)."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

_MOST_COOKIES = 180  # browsers' own limits; a shop that sets more must not make our requests grow for ever
_LONGEST = 4096


class _Cookie(NamedTuple):
    domain: str
    path: str
    name: str
    pair: bytes
    host_only: bool
    secure: bool
    expires_s: float
    max_age_s: float | None

    def at_home(self, host: str) -> bool:
        return host == self.domain or (not self.host_only and host.endswith("." + self.domain))

    def within(self, path: str) -> bool:
        return path.startswith(self.path) and (self.path[-1] == "/" or path[len(self.path) :][:1] in ("", "/"))


class CookieJar:
    """One shopper's cookies. `safe` is https, or this machine, which browsers trust as much."""

    __slots__ = ("_cookies",)

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, ...], _Cookie] = {}  # the longest path first, as they are sent

    def header(self, host: str, path: str, safe: bool) -> bytes:
        """The Cookie line of a request, with its line break; empty without cookies."""
        now_s = time.time()
        pairs = []
        for each in self._cookies.values():
            here = (each.domain == host or each.at_home(host)) and (each.path == "/" or each.within(path))
            if here and now_s < each.expires_s and (safe or not each.secure):
                pairs.append(each.pair)
        return b"cookie: %b\r\n" % b"; ".join(pairs) if pairs else b""

    def keep(self, line: bytes, host: str, path: str, safe: bool) -> None:
        """Take one Set-Cookie line, or leave it as a browser would."""
        cookie = _read(line, host, path, safe)
        if cookie is None or self._cookies.get(cookie[:3]) == cookie:  # shops repeat themselves
            return
        now_s = time.time()
        if cookie.max_age_s is not None:
            cookie = cookie._replace(expires_s=now_s + cookie.max_age_s)
        self._cookies[cookie[:3]] = cookie
        good = [(place, each) for place, each in self._cookies.items() if now_s < each.expires_s]
        self._cookies = dict(sorted(good[-_MOST_COOKIES:], key=lambda place_each: -len(place_each[1].path)))


@lru_cache(maxsize=1024)
def _read(line: bytes, host: str, path: str, safe: bool) -> _Cookie | None:
    """What a Set-Cookie line asks for; None for what a browser would not take."""
    pair, *attributes = line[: 2 * _LONGEST].decode("latin-1").split(";")
    name, equals, value = (part.strip() for part in pair.partition("="))
    said = {key.strip().lower(): text.strip() for key, _, text in (part.partition("=") for part in attributes)}
    domain = said.get("domain", "").lower().removeprefix(".") or host
    if not equals or not name or len(pair) > _LONGEST or ("secure" in said and not safe):
        return None
    # A host may speak for itself and for its parents, but not for a whole top-level domain; an address has no parents.
    is_address = ":" in host or host.rpartition(".")[2].isdigit()
    if host != domain and (is_address or "." not in domain or not host.endswith("." + domain)):
        return None
    place = said.get("path", "")
    if not place.startswith("/"):
        place = path.rpartition("/")[0] or "/"
    age = said.get("max-age", "")
    max_age_s = float(age[:20]) if age.removeprefix("-").isdecimal() else None
    try:
        expires_s = parsedate_to_datetime(said["expires"]).timestamp()
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        expires_s = float("inf")  # a date that cannot be read makes a cookie of this session
    pair_sent = f"{name}={value}".encode("latin-1")
    return _Cookie(domain, place, name, pair_sent, not said.get("domain"), "secure" in said, expires_s, max_age_s)
