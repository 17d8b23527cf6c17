"""What a scenario may say about its Vendure shop."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from doorbuster.storefronts.options import Options


class VendureOptions(Options):
    """`[storefront.options]`; what is not said is found out from the shop."""

    shop_api: str = "/shop-api"
    admin_api: str = "/admin-api"
    language: str = ""
    """Language of names and messages, e.g. `de`; empty is the shop's own."""
    country: str | None = None
    """Where everything is delivered (ISO 3166-1); None takes the address as it is."""
    shipping_method: str = ""
    """Code of the way of shipping; empty takes the first on offer."""
    payment_method: str = ""
    """Code of the way of payment at the checkout; empty takes the first on offer."""
    payment_metadata: dict[str, Any] = Field(default_factory=dict)
    """What the payment handler wants to be told."""
    wallet_method: str = ""
    """Code of the way of payment behind the wallet button; empty takes the first on offer."""
    wallet_token_key: str = "token"
    """Where in its metadata the wallet's handler looks for the token."""
    test_handlers: tuple[str, ...] = ()
    """Codes of payment handlers that are known to take no real money here, beside Vendure's dummy."""
