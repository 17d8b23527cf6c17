"""What the shop's pages share: catalogue, books, money and faults, with the prices of a cart worked out one way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.routing import Route

from doorbuster.staging import pricing
from doorbuster.staging.books import Books, Cart
from doorbuster.staging.cart_locks import CartLocks
from doorbuster.staging.cart_stores import at_its_store
from doorbuster.staging.catalogue import Catalogue
from doorbuster.staging.discounts import COUPONS
from doorbuster.staging.faults import price_changed, rounding_drift, shipping_lost, tax_missing
from doorbuster.staging.gateway_calls import GatewayCalls
from doorbuster.staging.kept_pages import KeptPages
from doorbuster.staging.messages.mail_room import MailRoom
from doorbuster.staging.orders import NewOrder, OrderLine
from doorbuster.staging.pricing import DEFAULT_SHIPPING, SHIPPING_OPTIONS, Totals
from doorbuster.staging.purchase_events import PurchaseEvents
from doorbuster.staging.purchases import Purchases
from doorbuster.staging.sales_queue import SalesQueue
from doorbuster.staging.shelves import Shelves
from doorbuster.staging.virtual_clock import VirtualClock
from doorbuster.staging.web import Call, Counter, Endpoint, Refusal, Reply, plain_error


@dataclass
class Shop:
    """Everything a page of the shop may need."""

    counter: Counter
    catalogue: Catalogue
    books: Books
    gateway: GatewayCalls
    events: PurchaseEvents
    clock: VirtualClock
    """For what happens minutes or hours later; everything else goes by the wall clock."""
    mail: MailRoom
    purchases: Purchases
    sales: SalesQueue
    shelves: Shelves
    kept_pages: KeptPages
    ports: dict[str, int]
    """Service name to port; the host is the one by which the caller reached the shop."""
    locks: CartLocks = field(default_factory=CartLocks)

    def totals(self, cart: Cart, price: Callable[..., Totals] = pricing.price) -> Totals:
        """What a cart costs at this moment."""
        coupons = [COUPONS[code] for code in cart.in_force]
        return price(
            [(self.price_minor(cart, variant), quantity) for variant, quantity in cart.lines.items()],
            percent_off=sum(coupon.percent_off for coupon in coupons),
            shipping_minor=SHIPPING_OPTIONS[cart.shipping].price_minor if cart.shipping else 0,
            free_shipping=any(coupon.free_shipping for coupon in coupons),
            tax_percent=self.tax_percent(cart),
        )

    def tax_percent(self, cart: Cart) -> int:
        """The rate of the country that the cart goes to."""
        region = region_of(cart)
        if region == tax_missing.REGION and self.counter.faults.value(tax_missing.FAULT) is not None:
            return 0
        return pricing.REGION_TAX_PERCENT.get(region, pricing.TAX_PERCENT)

    def price_minor(self, cart: Cart, variant: str) -> int:
        """What one of these costs in this cart."""
        price_minor = self.catalogue.variants[variant].price_minor
        return price_changed.dearer(price_minor) if cart.repriced else price_minor

    def wish(self, cart: Cart, intent: str) -> NewOrder:
        """The order that a cart would become."""
        lines = [
            OrderLine(variant, quantity, self.price_minor(cart, variant)) for variant, quantity in cart.lines.items()
        ]
        return NewOrder(
            intent=intent,
            cart=cart.id,
            channel=cart.channel,
            lines=tuple(lines),
            codes=tuple(cart.in_force),
            totals=self.totals(cart, self._order_price()),
            payment_key=intent,
            authorisation=cart.authorisation,
            source=cart.source,
            region=region_of(cart),
            shipping=self._shipping(cart, intent),
        )

    def _order_price(self) -> Callable[..., Totals]:
        drifts = self.counter.faults.value(rounding_drift.FAULT) is not None
        return pricing.price_tax_cut_off if drifts else pricing.price

    def _shipping(self, cart: Cart, intent: str) -> str:
        lost = self.counter.faults.hits(shipping_lost.FAULT, intent)
        return DEFAULT_SHIPPING if lost else cart.shipping or ""

    def address_of(self, service: str, call: Call) -> str:
        """A service's address as the caller can reach it: same host as the request, the service's port."""
        host = call.header("host").rsplit(":", 1)[0] or "127.0.0.1"
        return f"http://{host}:{self.ports[service]}"


def region_of(cart: Cart) -> str:
    """The country of delivery, as its tax is looked up; empty while nobody has said."""
    return str((cart.address or {}).get("country", "")).upper()


Page = Callable[[Shop, Call], "Reply | Awaitable[Reply]"]


def page(
    shop: Shop,
    method: str,
    path: str,
    step: str,
    handle: Page,
    *,
    shape: Callable[[Refusal], dict[str, Any]] = plain_error,
) -> Route:
    """A route of the shop; `step` names it for waits and faults, empty for backstage."""
    around = at_its_store(shop.counter.faults) if "{cart}" in path or "{session}" in path else None
    return Route(path, Endpoint(shop.counter, partial(handle, shop), step, shape, around), methods=[method])
