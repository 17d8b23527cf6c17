"""What protocols for shopping agents do not have: a checkout of the shop's own, and offers on the way through it."""

from __future__ import annotations

from typing import Final

from doorbuster.storefronts.base import Answer

_NATIVE: Final = Answer(
    "rejected", "HTTP cannot drive a native checkout by this protocol: only a wallet completes one (express_wallet)"
)
_UPSELL: Final = Answer("rejected", "the protocol has no upsell offers")


class AgentsOnly:
    """The steps of `base.Storefront` that are refused."""

    def upsell_view(self) -> Answer:
        return _UPSELL

    def upsell_add(self) -> Answer:
        return _UPSELL

    def checkout_start(self) -> Answer:
        return _NATIVE

    def checkout_address(self) -> Answer:
        return _NATIVE

    def checkout_shipping(self) -> Answer:
        return _NATIVE

    def checkout_payment(self) -> Answer:
        return _NATIVE

    def checkout_complete(self) -> Answer:
        return _NATIVE
