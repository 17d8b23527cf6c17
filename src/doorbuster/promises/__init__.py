"""Business promises: one a file, each a pure fold over what the witnesses said."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from doorbuster.promises import (
    can_be_bought,
    charged_for_an_order,
    confirmed_orders_exist,
    coupon_limit,
    discounts_apart,
    even_carts,
    event_for_an_order,
    event_in_time,
    event_value,
    no_frozen_cart,
    no_mail_loops,
    no_oversell,
    no_reminder_to_buyer,
    nothing_lost_in_outage,
    one_charge_per_intent,
    one_confirmation,
    one_order_per_intent,
    one_purchase_event,
    own_cart,
    paid_for_every_order,
    price_honoured,
    refusal_says_so,
    reminders_on_time,
    sales_exported,
    sales_registered,
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
    nothing_lost_in_outage.check,
    totals_add_up.check,
    price_honoured.check,
    taxed.check,
    shipping_kept.check,
    no_oversell.check,
    stock_adds_up.check,
    coupon_limit.check,
    discounts_apart.check,
    no_frozen_cart.check,
    own_cart.check,
    can_be_bought.check,
    refusal_says_so.check,
    steady_latency.check,
    even_carts.check,
    sales_exported.check,
    sales_registered.check,
    one_purchase_event.check,
    event_value.check,
    event_for_an_order.check,
    event_in_time.check,
    one_confirmation.check,
    no_reminder_to_buyer.check,
    reminders_on_time.check,
    no_mail_loops.check,
)
"""In the order in which a shop owner asks: money, orders, prices, goods, carts, back office, analytics, messages."""


def _name(check: Callable[[Ledger], Finding]) -> str:
    name: str = sys.modules[check.__module__].PROMISE
    return name


NAMES: Final = tuple(map(_name, PROMISES))
"""What each is called, in the same order."""
