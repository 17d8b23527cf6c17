"""What a shop's pages show of payment services that nobody may rehearse on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from doorbuster.storefronts.payment_hosts import payment_service

_KEYS: Final = {
    "pk_live_": "the shop's pages carry a live Stripe key; put the test key in, and a stub behind it",
    "pk_test_": "the shop pays at Stripe's sandbox, which allows 25 requests a second; put a stub in its place",
}
_SAME_SCRIPT: Final = frozenset({"Stripe", "Google Pay", "Apple Pay"})
"""Whose scripts in a page are the same for test and live, and also for a stub of one's own: their keys tell."""
_LEADS_TO: Final = re.compile(r"""\b(action|src)\s*=\s*["']?\s*(?:https?:)?//([\w.-]+)""", re.IGNORECASE)


def known_gateway(host: str | None) -> str | None:
    """Why nothing may be sent to this host; None for one that is not known."""
    service = payment_service(host or "")
    return service and (
        f"the shop sends payments to {host}, which belongs to {service}: it takes real money or is a sandbox that all "
        "its customers share; put a stub in its place"
    )


def gateways_in(page: str) -> list[str]:
    """What a page's source shows of gateways, a sentence each.

    >>> gateways_in('<form action="https://sis-t.redsys.es:25443/sis/realizarPago">')[0][:65]
    'the shop sends payments to sis-t.redsys.es, which belongs to Reds'
    """
    return list(dict.fromkeys(_told_by(page)))


def _told_by(page: str) -> Iterator[str]:
    for name, host in _LEADS_TO.findall(page):
        said = known_gateway(host)
        if said and (name.lower() == "action" or payment_service(host) not in _SAME_SCRIPT):
            yield said
    yield from (said for mark, said in _KEYS.items() if mark in page)
