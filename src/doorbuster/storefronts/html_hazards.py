"""Payment gateways that nobody may rehearse on: those that take real money, and test systems that everybody shares."""

from __future__ import annotations

from typing import Final

_LIVE: Final = "the shop sends payments to {0}, which takes real money; switch it to a gateway of your own or a stub"
_SHARED: Final = "the shop sends payments to {0}, a test system shared by all its customers; put a stub in its place"
_GATEWAYS: Final = {
    "sis.redsys.es": _LIVE,
    "sis-t.redsys.es": _SHARED,
    "checkout.stripe.com": _SHARED,
    "api.stripe.com": _SHARED,
    "www.paypal.com": _LIVE,
    "www.sandbox.paypal.com": _SHARED,
}
_MARKS: Final = {
    **{host: said.format(host) for host, said in _GATEWAYS.items() if "stripe" not in host},
    "pk_live_": "the shop's pages carry a live Stripe key; put the test key in, and a stub behind it",
    "pk_test_": "the shop pays at Stripe's sandbox, which allows 25 requests a second; put a stub in its place",
}
"""What stands in a page's source, and what it means."""


def known_gateway(host: str | None) -> str | None:
    """Why nothing may be sent to this host; None for one that is not known."""
    said = _GATEWAYS.get(host or "")
    return said.format(host) if said else None


def gateways_in(page: str) -> list[str]:
    """What a page's source shows of gateways, a sentence each.

    >>> gateways_in('<form action="https://sis-t.redsys.es:25443/sis/realizarPago">')[0][:41]
    'the shop sends payments to sis-t.redsys.es'
    """
    return [said for mark, said in _MARKS.items() if mark in page]
