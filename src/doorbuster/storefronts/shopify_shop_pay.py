"""Shop Pay as a headless front end drives it: a session, the buyer's word in Shop's own window, a submit.

The window is a page for a browser. A stub that the scenario names can play it: `POST` {session, source, amount,
currency} answers {token} or {declined}, and `GET ?source=` answers {order: {id, total, currency} or null}, because
only the shop's own server may ask Shopify's Admin API for the order of a receipt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from doorbuster.storefronts.answers import Reading, failed, minor, read
from doorbuster.storefronts.base import OK, Answer, Line
from doorbuster.storefronts.shopify_answers import NO_ORDER, PENDING_S, order_number, turned_away
from doorbuster.storefronts.shopify_cart import Talk
from doorbuster.storefronts.shopify_delivery import Delivery

NO_WINDOW: Final = (
    "a buyer confirms Shop Pay in a window of Shop's own in a browser, which HTTP cannot drive; "
    "storefront.options.wallet_stub names a stub"
)
_ERRORS: Final[Mapping[str, Answer]] = {
    "IDEMPOTENCY_KEY_ALREADY_USED": Answer("unknown", "this purchase was submitted before"),
    "PAYMENT_REQUEST_NOT_FOUND": Answer("error", "Shop Pay knows no session that its buyer has confirmed"),
    "PAYMENT_REQUEST_INVALID_INPUT": Answer("error", "Shop Pay does not take this payment request"),
}


@dataclass(slots=True)
class ShopPay:
    """One express purchase. Its key is the purchase intent: Shopify takes no second payment under it."""

    talk: Talk
    delivery: Delivery
    lines: Sequence[Line] = ()
    _token: str = ""
    _submitted: bool = False
    _receipt: str = ""
    _request: Mapping[str, Any] = field(default_factory=dict)

    def start(self, lines: Sequence[Line]) -> Answer:
        """A cart of these lines and codes, for its price, then a session for it."""
        self.lines = lines
        return self.talk.through("wallet.start", self._cart, self._open)

    def update(self) -> Answer:
        """What the buyer chooses in the window, and the whole price."""
        return self.talk.through("wallet.update", self.delivery.identity, self.delivery.address, self.delivery.shipping)

    def confirm(self) -> Answer:
        """The buyer's word, from a stub or not at all."""
        stub = self.talk.shop.options["wallet_stub"]
        if not stub:
            return Answer("rejected", NO_WINDOW)
        asked = {"session": self._token, "source": self.talk.visit.intent, "amount": str(self.talk.cart.total)}
        asked["currency"] = self.talk.cart.currency

        def keep(body: Any) -> Answer:
            if body.get("declined"):
                return Answer("rejected", "the buyer did not confirm the payment")
            self._token = str(body["token"])
            return OK

        response = self.talk.client.request("POST", stub, json=asked)
        return turned_away("wallet.token", response) or read("wallet.token", response, keep)

    def complete(self) -> Answer:
        """Submit once, then ask for the order until it is there."""
        if not self._receipt:
            answer = self._submit()
            if answer.outcome != "ok":
                return answer
        return self._order("wallet.complete", Answer("ok", again_s=PENDING_S))

    def order(self) -> Answer:
        """The order of this intent, as the shop's own server knows it."""
        nothing = Answer("rejected", NO_ORDER)
        return self._order("order.read", nothing) if self._submitted else nothing

    def _cart(self, step: str) -> Answer:
        lines = [{"merchandiseId": line.product.variant, "quantity": line.quantity} for line in self.lines]
        codes = {"discountCodes": list(self.talk.visit.codes)} if self.talk.visit.codes else {}
        return self.talk.create(step, {"lines": lines, **codes})

    def _open(self, step: str) -> Answer:
        def keep(payload: Any) -> Answer:
            for error in payload["userErrors"]:
                return _ERRORS.get(error["code"], Answer("error", f"{step}: refused with {error['code'] or 'no code'}"))
            self._token = str(payload["shopPayPaymentRequestSession"]["token"])
            return OK

        asked = {"s": self.talk.visit.intent, "r": self._payment_request()}
        return self.talk.ask(step, "ShopPaySessionCreate", "shopPayPaymentRequestSessionCreate", asked, keep)

    def _submit(self) -> Answer:
        step, intent = "wallet.complete", self.talk.visit.intent

        def keep(payload: Any) -> Answer:
            for error in payload["userErrors"]:
                return _ERRORS.get(error["code"]) or failed(step, f"{step}: refused with {error['code'] or 'no code'}")
            receipt = payload["paymentRequestReceipt"]
            status = str(receipt["processingStatusType"]).upper()
            if status == "FAILED":
                return Answer("rejected", "payment declined")
            if status == "ACTION_REQUIRED":
                return Answer("rejected", NO_WINDOW)
            self._receipt = str(receipt["token"])
            return OK

        asked = {"t": self._token, "r": self._payment_request(), "k": intent, "n": intent}
        self._submitted = True
        return self.talk.ask(step, "ShopPaySessionSubmit", "shopPayPaymentRequestSessionSubmit", asked, keep)

    def _order(self, step: str, none_yet: Answer) -> Answer:
        stub, intent = self.talk.shop.options["wallet_stub"], self.talk.visit.intent or ""

        def found(body: Any) -> Answer:
            order = body["order"]
            if order is None:
                return none_yet
            total_minor = minor(order["total"], order["currency"])
            return Answer("ok", "", order_number(order["id"]), total_minor, order["currency"])

        response = self.talk.client.request("GET", f"{stub}?source={quote(intent, safe='')}")
        reading: Reading = found
        return turned_away(step, response) or read(step, response, reading)

    def _payment_request(self) -> dict[str, Any]:
        """`ShopPayPaymentRequestInput` for the cart as it stands. Its parts add up to its total: what is left over
        once shipping is taken off is tax where it is more than the goods, a discount where it is less.
        """
        cart, money = self.talk.cart, self.talk.money
        ways = [way for parcel in cart.parcels for way in parcel.ways if way.handle == parcel.chosen]
        shipping = sum((way.amount for way in ways), Decimal(0))
        left = cart.total - cart.subtotal - shipping
        request: dict[str, Any] = {
            "locale": "en",
            "presentmentCurrency": cart.currency,
            "lineItems": [
                {"label": line.product.product, "sku": line.product.sku, "quantity": line.quantity}
                for line in self.lines
            ],
            "discountCodes": [one.code for one in cart.codes if one.applicable is True],
            "selectedDeliveryMethodType": "SHIPPING",
            "shippingLines": [{"label": way.title, "code": way.code, "amount": money(way.amount)} for way in ways],
            "totalShippingPrice": {"finalTotal": money(shipping)},
            "subtotal": money(cart.subtotal),
            "total": money(cart.total),
        }
        if left > 0:
            request["totalTax"] = money(left)
        elif left < 0:
            request["discounts"] = [{"label": "Discount", "amount": money(-left)}]
        return request
