"""A Saleor shop as one shopper meets it: filled, priced, paid through a payment app, completed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from doorbuster.storefronts.answers import failed
from doorbuster.storefronts.base import OK, Answer, Line, Platform, Product
from doorbuster.storefronts.options import by_admin_token, by_card
from doorbuster.storefronts.people import email_of
from doorbuster.storefronts.saleor_answers import Payload, listed, refused
from doorbuster.storefronts.saleor_backstage import SaleorBackstage
from doorbuster.storefronts.saleor_options import SaleorOptions
from doorbuster.storefronts.saleor_session import SaleorSession

_NO_UPSELL: Final = Answer("rejected", "a Saleor shop has no upsell app that this adapter knows")


class SaleorStorefront(SaleorSession):
    """`base.Storefront` for one shopper in one session."""

    # Browsing

    def home(self) -> Answer:
        return self.send("home", "Home", self.in_channel(), lambda data: listed(data["products"]))

    def collection(self, product: Product) -> Answer:
        slug = self.shop.options["collection"]
        if not slug:
            return self.send("collection", "Home", self.in_channel(), lambda data: listed(data["products"]))

        def reading(data: Payload) -> Answer:
            if data["collection"] is None:
                return Answer("error", "collection: the shop has no such collection")
            return listed(data["collection"]["products"])

        return self.send("collection", "Collection", self.in_channel(slug=slug), reading)

    def search(self, query: str) -> Answer:
        def reading(data: Payload) -> Answer:
            found = data["products"]
            return OK if int(found["totalCount"]) >= len(found["edges"]) else failed("search", "search: no list in it")

        return self.send("search", "Search", self.in_channel(query=query), reading)

    def product(self, product: Product) -> Answer:
        def reading(data: Payload) -> Answer:
            shown = data["product"]
            if shown is None:
                return Answer("error", "product: the shop has no such product")
            sold = [variant["id"] for variant in shown["variants"]]
            return OK if product.variant in sold else failed("product", "product: it does not sell this variant")

        return self.send("product", "Product", self.in_channel(slug=product.product), reading)

    # Carts

    def cart_create(self) -> Answer:
        return self.create("cart.create", ())

    def cart_add(self, line: Line) -> Answer:
        wanted = {"lines": [{"variantId": line.product.variant, "quantity": line.quantity}]}
        return self.change("cart.add", "LinesAdd", "checkoutLinesAdd", wanted)

    def cart_update(self, line: Line, quantity: int) -> Answer:
        wanted = {"lines": [{"lineId": self.line_ids.get(line.product.variant, ""), "quantity": quantity}]}
        return self.change("cart.update", "LinesUpdate", "checkoutLinesUpdate", wanted)

    def cart_discount(self, code: str) -> Answer:
        return self.code("cart.discount", code)

    def cart_view(self) -> Answer:
        return self.send("cart.view", "Checkout", {"id": self.checkout}, lambda data: self.keep(data["checkout"]))

    def upsell_view(self) -> Answer:
        return _NO_UPSELL

    def upsell_add(self) -> Answer:
        return _NO_UPSELL

    # Native checkout

    def checkout_start(self) -> Answer:
        """Leave an e-mail address, or log in and take the checkout along."""
        if self.visit.customer is None:
            return self.change("checkout.start", "Email", "checkoutEmailUpdate", {"email": email_of(self.visit)})

        def keep(data: Payload) -> Answer:
            payload = data["tokenCreate"]
            no = refused("checkout.start", payload["errors"])
            self.customer_token = "" if no else str(payload["token"] or "")
            return no or (OK if self.customer_token else failed("checkout.start", "nobody was logged in"))

        who = {"email": self.visit.customer.email, "password": self.visit.customer.password}
        answer = self.send("checkout.start", "LogIn", who, keep)
        return answer if answer.outcome != "ok" else self.change("checkout.start", "Attach", "checkoutCustomerAttach")

    def checkout_address(self) -> Answer:
        return self.at_home("checkout.address")

    def checkout_shipping(self) -> Answer:
        return self.delivered("checkout.shipping")

    def checkout_payment(self) -> Answer:
        """Ask the payment app whether it is there, then for the money."""
        payment = self.pays("gateway", "payment_data")
        answer = OK if payment.under_way else payment.open("checkout.payment", self.checkout, self.amount)
        return answer if answer.outcome != "ok" else payment.pay("checkout.payment", self.checkout, self.amount)

    def checkout_complete(self) -> Answer:
        return self.complete("checkout.complete")

    # The wallet: the same checkout, with the wallet's token inside what the payment app is handed

    def wallet_start(self, lines: Sequence[Line]) -> Answer:
        answer = self.create("wallet.start", lines)
        for code in self.visit.codes:
            if answer.outcome == "ok":
                tried = self.code("wallet.start", code)
                answer = answer if tried.outcome == "rejected" else tried
        return answer

    def wallet_update(self) -> Answer:
        answer = self.at_home("wallet.update")
        return answer if answer.outcome != "ok" else self.delivered("wallet.update")

    def wallet_token(self) -> Answer:
        """The wallet opens: its payment app is asked, and the shopper's device makes a token."""
        return self.pays("wallet_gateway", "wallet_data").open("wallet.token", self.checkout, self.amount)

    def wallet_complete(self) -> Answer:
        """Hand the token over and complete the checkout: one press of the wallet's button."""
        payment = self.pays("wallet_gateway", "wallet_data")
        answer = payment.pay("wallet.complete", self.checkout, self.amount)
        return answer if answer.outcome != "ok" or answer.again_s else self.complete("wallet.complete")

    # Afterwards

    def order_read(self) -> Answer:
        """A checkout that is still there became no order. For one that is gone Saleor answers with its order."""

        def there(data: Payload) -> Answer:
            return Answer("rejected", "no order for this checkout") if data["checkout"] else OK

        answer = self.send("order.read", "Checkout", {"id": self.checkout}, there)
        return answer if answer.outcome != "ok" else self.complete("order.read")


PLATFORM: Final = Platform(SaleorStorefront, SaleorBackstage, by_card(SaleorOptions), by_admin_token, accounts=True)
