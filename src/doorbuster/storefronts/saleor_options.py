"""What a scenario says about its Saleor shop."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from doorbuster.storefronts.options import Options

MARK: Final = "doorbuster"
"""Key of the metadata that marks a checkout, and the order that it becomes, as a rehearsal's; it holds the purchase
intent. Customers order under their own e-mail address, which says nothing."""


class SaleorOptions(Options):
    """`[storefront.options]`; nothing here is secret."""

    channel: str = "default-channel"
    api: str = Field(default="/graphql/", pattern="^/")
    collection: str = ""
    """Slug of the collection that shoppers look at; the channel's products when empty."""
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    """Where all parcels go, when the channel delivers to one country."""
    states: bool = False
    """Whether addresses name their `countryArea`: Saleor refuses one that it does not know in that country."""
    deliveries: Literal["calculate", "listed"] = "calculate"
    """How ways of delivery are asked for: `listed` for shops older than `deliveryOptionsCalculate`."""
    gateway: str = "saleor.app.payment.dummy"
    """Identifier of the payment app."""
    payment_data: dict[str, Any] = Field(default_factory=dict)
    """What it is handed with a payment, in its own words: a test card, or what a dummy app should answer."""
    confirmation_data: dict[str, Any] = Field(default_factory=dict)
    """What it is handed when it wants the shopper to confirm."""
    wallet_gateway: str = ""
    """The payment app behind the wallet; the same when empty."""
    wallet_data: dict[str, Any] = Field(default_factory=dict)
    """The same for the wallet; `token`, where it is not given, is one that no wallet has issued."""
    test_apps: tuple[str, ...] = ()
    """Identifiers of apps that are known to move no real money and send no real mail."""
