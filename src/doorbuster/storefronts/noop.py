"""A shop without a shop: every step is `ok` at once. `plan` walks it to count steps; a new adapter starts here."""

from __future__ import annotations

from collections.abc import Sequence

from doorbuster.storefronts.base import Answer, Line, Product

_OK = Answer("ok")
_BOUGHT = Answer("ok", order_id="order-0", total_minor=0, currency="EUR")


class NoopStorefront:
    """Sends nothing."""

    def home(self) -> Answer:
        return _OK

    def collection(self, product: Product) -> Answer:
        return _OK

    def search(self, query: str) -> Answer:
        return _OK

    def product(self, product: Product) -> Answer:
        return _OK

    def cart_create(self) -> Answer:
        return _OK

    def cart_add(self, line: Line) -> Answer:
        return _OK

    def cart_update(self, line: Line, quantity: int) -> Answer:
        return _OK

    def cart_discount(self, code: str) -> Answer:
        return _OK

    def cart_view(self) -> Answer:
        return _OK

    def checkout_start(self) -> Answer:
        return _OK

    def checkout_address(self) -> Answer:
        return _OK

    def checkout_shipping(self) -> Answer:
        return _OK

    def checkout_payment(self) -> Answer:
        return _OK

    def checkout_complete(self) -> Answer:
        return _BOUGHT

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        return _OK

    def wallet_update(self) -> Answer:
        return _OK

    def wallet_token(self) -> Answer:
        return _OK

    def wallet_complete(self) -> Answer:
        return _BOUGHT

    def order_read(self) -> Answer:
        return _BOUGHT
