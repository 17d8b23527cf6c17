"""Before anything is sent: is this shop ours to load, and is it there?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from doorbuster.errors import TargetError
from doorbuster.scenario import Scenario
from doorbuster.settings import Settings

CONSENT_PATH = "/.well-known/doorbuster.txt"
CONSENT_HEADER = "doorbuster-owner"
_TIMEOUT = httpx.Timeout(8.0, connect=4.0)


@contextmanager
def plain_http(settings: Settings) -> Iterator[httpx.Client]:
    """An httpx client with the environment's credentials, for everything that is not load."""
    headers = settings.shop_headers() | ({"host": settings.host_override} if settings.host_override else {})
    verify = str(settings.ca_bundle) if settings.ca_bundle else True
    with httpx.Client(headers=headers, verify=verify, timeout=_TIMEOUT, trust_env=False) as client:
        yield client


@contextmanager
def witness_http(settings: Settings) -> Iterator[httpx.Client]:
    """The same without credentials: witnesses are not the shop, and its secrets are not for them."""
    verify = str(settings.ca_bundle) if settings.ca_bundle else True
    with httpx.Client(verify=verify, timeout=_TIMEOUT, trust_env=False) as client:
        yield client


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def preflight(http: httpx.Client, base_url: str, scenario: Scenario, settings: Settings) -> list[str]:
    """Check that the shop may be loaded and answers; returns the overrides that were used, as sentences.

    Raises TargetError: host not listed, no consent, down.
    """
    host = urlsplit(base_url).hostname or ""
    if host not in scenario.limits.allowed_hosts:
        raise TargetError(
            f'{host} is not among limits.allowed_hosts of scenario "{scenario.name}"; '
            "list it there if this shop is yours to load"
        )
    try:
        first = http.get(base_url + "/")
    except httpx.HTTPError as down:
        raise TargetError(
            f"{base_url} does not answer ({type(down).__name__}: {down}); start the shop or correct --target"
        ) from None
    if is_loopback(host) or _consents(http, base_url, first):
        return []
    if settings.load_without_consent == host:
        return [f"{host} does not say that it agrees to be loaded; DOORBUSTER_LOAD_WITHOUT_CONSENT overrode that"]
    raise TargetError(
        f"{host} does not agree to be loaded: put the owner's name into {CONSENT_PATH} or a {CONSENT_HEADER} "
        f"response header, or override with DOORBUSTER_LOAD_WITHOUT_CONSENT={host}"
    )


def _consents(http: httpx.Client, base_url: str, first: httpx.Response) -> bool:
    if first.headers.get(CONSENT_HEADER, "").strip():
        return True
    try:
        consent = http.get(base_url + CONSENT_PATH)
    except httpx.HTTPError:
        return False
    plain = consent.headers.get("content-type", "").startswith("text/plain")
    return consent.status_code == 200 and plain and bool(consent.text.strip())
