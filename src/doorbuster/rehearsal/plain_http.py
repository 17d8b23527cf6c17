"""How this machine talks to a shop when it is not load: to the allowed hosts alone, with secrets for the shop's own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from urllib.parse import SplitResult, urlsplit

import httpx

from doorbuster.errors import TargetError
from doorbuster.settings import Settings

_TIMEOUT = httpx.Timeout(8.0, connect=4.0)


@contextmanager
def plain_http(settings: Settings, base_url: str, allowed_hosts: Collection[str]) -> Iterator[httpx.Client]:
    """An httpx client for everything that is not load: to the allowed hosts alone, with secrets for the shop's own.

    A request to any other host raises TargetError, and nothing is sent there.
    """
    guard = _guard(settings, urlsplit(base_url), allowed_hosts)
    verify = str(settings.ca_bundle) if settings.ca_bundle else True
    hooks = {"request": [guard]}
    with httpx.Client(event_hooks=hooks, verify=verify, timeout=_TIMEOUT, trust_env=False) as client:
        yield client


@contextmanager
def witness_http(settings: Settings, allowed_hosts: Collection[str]) -> Iterator[httpx.Client]:
    """The same without credentials: witnesses are not the shop, and its secrets are not for them."""
    hooks = {"request": [lambda request: _only(request, allowed_hosts)]}
    verify = str(settings.ca_bundle) if settings.ca_bundle else True
    with httpx.Client(event_hooks=hooks, verify=verify, timeout=_TIMEOUT, trust_env=False) as client:
        yield client


def _only(request: httpx.Request, allowed_hosts: Collection[str]) -> None:
    host = request.url.host
    if host not in allowed_hosts:
        raise TargetError(
            f"{host} is not among limits.allowed_hosts, so nothing was sent there; list it if it is the shop's own"
        )


def _guard(settings: Settings, shop: SplitResult, allowed_hosts: Collection[str]) -> Callable[[httpx.Request], None]:
    """Looks at each request before it leaves."""

    def look(request: httpx.Request) -> None:
        _only(request, allowed_hosts)
        if request.url.host == shop.hostname and (request.url.scheme == "https" or shop.scheme != "https"):
            for name, value in settings.shop_headers().items():
                request.headers.setdefault(name, value)
            if settings.host_override:
                request.headers["host"] = settings.host_override

    return look
