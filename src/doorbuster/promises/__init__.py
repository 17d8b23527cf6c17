"""Business promises: one a file, each a pure fold over what the witnesses said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from doorbuster.promises import (
    can_be_bought,
    charged_for_an_order,
    confirmed_orders_exist,
    coupon_limit,
    even_carts,
    event_for_an_order,
    event_in_time,
    event_value,
    no_oversell,
    one_charge_per_intent,
    one_order_per_intent,
    one_purchase_event,
    own_cart,
    paid_for_every_order,
    price_honoured,
    refusal_says_so,
    shipping_kept,
    steady_latency,
    stock_adds_up,
    taxed,
    totals_add_up,
)
from doorbuster.promises.fact import Finding
from doorbuster.promises.ledger import Ledger

PROMISES: Final[tuple[Callable[[Ledger], Finding], ...]] = (
    charged_for_an_order.check,
    one_charge_per_intent.check,
    confirmed_orders_exist.check,
    one_order_per_intent.check,
    paid_for_every_order.check,
    totals_add_up.check,
    price_honoured.check,
    taxed.check,
    shipping_kept.check,
    no_oversell.check,
    stock_adds_up.check,
    coupon_limit.check,
    can_be_bought.check,
    own_cart.check,
    refusal_says_so.check,
    steady_latency.check,
    even_carts.check,
    one_purchase_event.check,
    event_value.check,
    event_for_an_order.check,
    event_in_time.check,
)
"""In the order in which a shop owner asks: shoppers' money, orders, prices, goods, and then analytics."""
