"""A shop without a shop: every step is `ok` at once. `plan` walks it to count steps; a new adapter starts here."""

from __future__ import annotations

from collections.abc import Sequence

from doorbuster.storefronts.base import OK, Answer, Line, Product

_BOUGHT = Answer("ok", order_id="order-0", total_minor=0, currency="EUR")


class NoopStorefront:
    """Sends nothing."""

    def home(self) -> Answer:
        return OK

    def collection(self, product: Product) -> Answer:
        return OK

    def search(self, query: str) -> Answer:
        return OK

    def product(self, product: Product) -> Answer:
        return OK

    def cart_create(self) -> Answer:
        return OK

    def cart_add(self, line: Line) -> Answer:
        return OK

    def cart_update(self, line: Line, quantity: int) -> Answer:
        return OK

    def cart_discount(self, code: str) -> Answer:
        return OK

    def cart_view(self) -> Answer:
        return OK

    def upsell_view(self) -> Answer:
        return OK

    def upsell_add(self) -> Answer:
        return OK

    def checkout_start(self) -> Answer:
        return OK

    def checkout_address(self) -> Answer:
        return OK

    def checkout_shipping(self) -> Answer:
        return OK

    def checkout_payment(self) -> Answer:
        return OK

    def checkout_complete(self) -> Answer:
        return _BOUGHT

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        return OK

    def wallet_update(self) -> Answer:
        return OK

    def wallet_token(self) -> Answer:
        return OK

    def wallet_complete(self) -> Answer:
        return _BOUGHT

    def order_read(self) -> Answer:
        return _BOUGHT
