"""What a scenario may say about an Adobe Commerce or Magento shop, and how its people and addresses are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from doorbuster.storefronts.base import Shop, Visit
from doorbuster.storefronts.options import Options
from doorbuster.storefronts.people import address_of

WALLET_METHODS: Final = {
    "apple_pay": "payment_services_paypal_apple_pay",
    "google_pay": "payment_services_paypal_google_pay",
}
NO_WALLET: Final = (
    "this shop has no express wallet over HTTP: set storefront.options.wallet where Payment Services is installed"
)
NO_UPSELL: Final = "this platform has no upsell offers of its own"
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
StoreCode = Annotated[str, StringConstraints(pattern="^[A-Za-z][A-Za-z0-9_]*$")]


class MagentoOptions(Options):
    """`[storefront.options]` of platform `magento`."""

    store: StoreCode = "default"
    """Code of the store view."""
    cached_pages: bool = True
    """Pages are asked for by GET, as shopping apps do, so that the shop's page cache may answer; else by POST."""
    payment: str = Field("checkmo", min_length=1)
    """Code of the payment method of the native checkout; one that no money moves by."""
    wallet: Literal["", "apple_pay", "google_pay"] = ""
    """The wallet of Adobe's Payment Services, where that module is installed and its staging side lets payments
    through without a person; empty where there is none."""
    shipping: str = ""
    """`<carrier code>_<method code>`, as `flatrate_flatrate`; empty for the first that the shop offers."""
    country: Country | None = None
    """Everybody lives there; None for where the scenario's people live."""
    coupons: tuple[str, ...] = ()
    """Codes that shoppers may try; without any, those that the admin API tells."""
    most_products: int = Field(1000, ge=1)
    """How much of the catalogue is read."""
    stock_id: int = Field(1, ge=1)
    """The stock that this store's website sells from."""


class MagentoRestOptions(MagentoOptions):
    """`[storefront.options]` of platform `magento_rest`."""

    category: int = Field(2, ge=1)
    """Entity id of the category whose page shoppers open."""
    store_id: int = Field(1, ge=1)
    """Entity id of the store view."""


def name_of(full: str) -> tuple[str, str]:
    """First name and last name; the shop asks for both.

    >>> name_of("Ana de la Cruz"), name_of("Ana")
    (('Ana', 'de la Cruz'), ('Ana', 'Ana'))
    """
    first, _, last = full.partition(" ")
    return first, last or first


def region_among(regions: list[Mapping[str, Any]] | None, state: str) -> Mapping[str, Any] | None:
    """The shop's own entry for a state, by its code or its name; None where the country has no such list."""
    wanted = state.casefold()
    for region in regions or ():
        if wanted in (str(region["code"]).casefold(), str(region["name"]).casefold()):
            return region
    return regions[0] if regions else None


def shipping_among(methods: list[Mapping[str, Any]], wanted: str) -> tuple[str, str] | None:
    """(carrier code, method code) of the way of shipping that is wanted, or the first that is available."""
    for method in methods:
        pair = (method["carrier_code"], method["method_code"])
        if method["available"] and pair[1] and wanted in ("", "_".join(pair)):
            return pair
    return None


def lastname_of(visit: Visit, shop: Shop) -> str:
    """What a guest's order is looked up by, beside its number and e-mail address."""
    return name_of(address_of(visit, shop.options["country"]).name)[1]
