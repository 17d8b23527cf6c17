"""Figures that others published, for what a file does not hold; each with its source and, where known, its range."""

from __future__ import annotations

from typing import Final

from doorbuster.importers.imported import Figure

_REES46: Final = "REES46 cosmetics shop, 4.48 M sessions"
_SHOPIFY: Final = "Shopify's own peak"
_UCI: Final = "UCI shoppers, medians over sessions"
_HABIT: Final = "Doorbuster's default, no published figure"


def _assumed(name: str, value: float, why: str, low: float | None = None, high: float | None = None) -> Figure:
    return Figure(name, value, "assumed", why, low, high)


CONVERSION: Final = _assumed("traffic.conversion", 0.036, f"orders a session, {_REES46}; Oct to Nov", 0.0327, 0.0382)
REQUESTS_PER_SESSION: Final = _assumed(
    "requests a session",
    18.5,
    f"pages a session, {_UCI}: 18 without a purchase, 32 with one; images and scripts come on top",
    18,
    32,
)
CART: Final = _assumed(
    "journeys.cart", 0.229, f"sessions that fill a cart, {_REES46}; Littledata 2019 counts 5.2 %", 0.052, 0.229
)
WALLET_SHARE: Final = _assumed(
    "wallets", 0.23, "29 % of mobile orders by wallet (Salesforce, peak days 2018), 78 % of visits mobile", 0.1, 0.29
)
_ORDERS_GREW: Final = f"sales a minute grew 11 % ({_SHOPIFY}); Zalando's orders a minute 71 %"
GROWTH: Final = {
    "browse": _assumed("traffic.growth.browse", 1.72, f"requests grew 72 % ({_SHOPIFY})"),
    "cart": _assumed("traffic.growth.cart", 1.38, "between requests and orders; nobody published it", 1.11, 1.72),
    "native_checkout": _assumed("traffic.growth.native_checkout", 1.11, _ORDERS_GREW, 1.11, 1.71),
    "express_wallet": _assumed("traffic.growth.express_wallet", 1.11, _ORDERS_GREW, 1.11, 1.71),
}
BUFFER: Final = _assumed(
    "traffic.buffer", 1.25, "on top of growth; Shopify rehearses 150 % of last year's load in all", 1.0, 1.5
)
THINK_MEDIAN: Final = _assumed(
    "shopper.think.default.median_s",
    22,
    f"588 s over 18 pages are 33 s a page on average ({_UCI}); log-normal",
    22,
    27,
)
THINK_P90: Final = _assumed(
    "shopper.think.default.p90_s", 66, "three times the median; the spread is Doorbuster's default"
)
SHOPPER: Final = {
    key: _assumed(f"shopper.{key}", value, _HABIT)
    for key, value in (
        ("patience_s", 30),
        ("double_submit", 0.01),
        ("coupon_share", 0.2),
        ("search_share", 0.3),
        ("basket_lines", 1.5),
        ("popularity", 0.95),
    )
}
DAY_PEAK: Final = _assumed(
    "busiest minute of a day",
    1.7,
    "Cyber Monday 2024 (Adobe, second hand); Black Friday 1.5",
    1.5,
    1.7,
)
GROWTH_WARNING: Final = (
    "requests, sessions and orders grow differently: Shopify's requests grew 72 %, its sales a minute 11 %; Zalando's "
    "orders a minute grew 71 %, its turnover 32 %. One buffer for everything is wrong both ways"
)
