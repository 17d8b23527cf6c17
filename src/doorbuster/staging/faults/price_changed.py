"""Some orders cost more than the cart said."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "price_changed",
    "shop",
    "share",
    0.2,
    "For this share of native purchases prices rise by 5 % after the shopper was shown what it would cost.",
    breaks="price honoured from cart to order",
)


def dearer(price_minor: int) -> int:
    """The price that is looked up anew."""
    return price_minor * 105 // 100
