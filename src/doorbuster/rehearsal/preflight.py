"""Before anything is sent: is this shop ours to load, and is it there?"""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from doorbuster.errors import TargetError
from doorbuster.rehearsal.hosted_shops import hosted_by_adapter, hosted_by_answer, hosted_by_name
from doorbuster.scenario import Scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.base import Backstage, Client, Response
from doorbuster.storefronts.payment_hosts import payment_service

CONSENT_PATH = "/.well-known/doorbuster.txt"
CONSENT_HEADER = "doorbuster-owner"
MOST_UNPERMITTED_PER_S: Final = 1.0
"""Sessions a second that a shop on a shared platform gets without a permission in writing."""
_COOKIE_NAME: Final = re.compile(r"(?:^|,)\s*([^=;,\s]+)=")
"""In Set-Cookie lines that were joined by commas; a comma within a date is followed by no `name=`."""


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def preflight(client: Client, base_url: str, scenario: Scenario, settings: Settings, peak_per_s: float) -> list[str]:
    """Check that the shop may be loaded and answers; returns the overrides that were used, as sentences.

    `peak_per_s`: the most sessions a second that will be sent. Raises TargetError: host not listed, a payment service
    listed, too much for a hosted shop (all before a byte is sent, where the name says so), no consent,
    down. Consent needs a GET of the home page and one of CONSENT_PATH: nothing else is sent without it.
    """
    host = urlsplit(base_url).hostname or ""
    # What answers behind a tunnel on this machine is told by the name that it is asked under.
    behind = (settings.host_override or "").partition(":")[0]
    _before_a_byte(host, behind, scenario)
    overrides = _permitted(_hosted(host, behind, scenario), scenario, peak_per_s)
    first = client.request("GET", base_url + "/")
    if not first.status:
        why = first.failure or "no answer"
        raise TargetError(f"{base_url} does not answer ({why}); start the shop or correct --target")
    overrides = overrides or _permitted(_told(first), scenario, peak_per_s)
    if is_loopback(host) or _consents(client, base_url, first):
        return overrides
    if settings.load_without_consent == host:
        said = f"{host} does not say that it agrees to be loaded; DOORBUSTER_LOAD_WITHOUT_CONSENT overrode that"
        return [*overrides, said]
    raise TargetError(
        f"{host} does not agree to be loaded: put the owner's name into {CONSENT_PATH} or a {CONSENT_HEADER} "
        f"response header, or override with DOORBUSTER_LOAD_WITHOUT_CONSENT={host}"
    )


def no_hazards(shop: Backstage, base_url: str) -> None:
    """Raises TargetError where the shop itself says why it must not be rehearsed on as it stands."""
    hazards = shop.hazards()
    if hazards:
        raise TargetError(f"{base_url} must not be rehearsed on as it stands: {'; '.join(hazards)}")


def _before_a_byte(host: str, behind: str, scenario: Scenario) -> None:
    """What the scenario and the names alone give away."""
    if host not in scenario.limits.allowed_hosts:
        raise TargetError(
            f'{host} is not among limits.allowed_hosts of scenario "{scenario.name}"; '
            "list it there if this shop is yours to load"
        )
    if service := payment_service(behind):
        raise TargetError(f"DOORBUSTER_HOST_OVERRIDE={behind} is a name of {service}, which no rehearsal goes to")
    for listed in scenario.limits.allowed_hosts:
        service = payment_service(listed)
        if service:
            raise TargetError(
                f'limits.allowed_hosts of scenario "{scenario.name}" lists {listed}, which belongs to {service}: its '
                "payments are real or its sandbox is shared; take it out and give the shop a gateway of its own "
                "(docs/witnesses.md)"
            )


def _hosted(host: str, behind: str, scenario: Scenario) -> str | None:
    """The platform that the scenario gives away: by a name, or by the adapter where the shop has a name of its own."""
    names = (host, behind, *scenario.limits.allowed_hosts)
    adapter = scenario.storefront.platform if not is_loopback(host) else ""
    return next(filter(None, [*map(hosted_by_name, names), hosted_by_adapter(adapter)]), None)


def _permitted(hosted: str | None, scenario: Scenario, peak_per_s: float) -> list[str]:
    """Shops that share their platform with others get a session a second, or a permission in writing."""
    if hosted is None:
        return []
    permission = (scenario.storefront.permission or "").strip()
    if permission:
        return [f"the shop is hosted by {hosted}; storefront.permission says that its load is permitted: {permission}"]
    if peak_per_s > MOST_UNPERMITTED_PER_S:
        raise TargetError(
            f'scenario "{scenario.name}" would send {peak_per_s:,.3g} sessions a second to a shop that {hosted} hosts '
            f"beside many others; get its permission in writing and name it under storefront.permission, or send "
            f"{MOST_UNPERMITTED_PER_S:g} a second at most (--scale)"
        )
    return []


def _told(first: Response) -> str | None:
    cookies = _COOKIE_NAME.findall(first.headers.get("set-cookie", ""))
    return hosted_by_answer(first.headers, cookies, first.body)


def _consents(client: Client, base_url: str, first: Response) -> bool:
    if first.headers.get(CONSENT_HEADER, "").strip():
        return True
    consent = client.request("GET", base_url + CONSENT_PATH)
    plain = consent.headers.get("content-type", "").startswith("text/plain")
    return consent.status == 200 and plain and bool(consent.body.strip())
