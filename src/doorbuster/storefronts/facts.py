"""What a shop's books and those of the services behind it tell after a run, as rows of the facts table.

One row a fact; the columns are those of the facts table, with `at_unix_us` (unix
microseconds, null where the fact is a state) in place of `at_us`:

    witness    kind                                     amount_minor   detail
    shop       order, order_pending, order_failed       total          prices in parts, codes, lines, channel,
                                                                             region, shipping
    shop       stock                                    null           variant, units, initial
    shop       coupon                                   null           code, limit, used, excludes
    shop       event_held                               value          none; `at` is when it will be sent
    shop       tax_rate                                 null           region, percent
    gateway    authorised, captured, voided, refunded,  of this step   payment
               declined
    shop       contact                                  null           cart, person, zone, since and left (unix us)
    shop       contacts_read                            null           none; at the shop's virtual time: all were told
    analytics  purchase_event, purchase_merged,         value          to (protocol and account), why,
               purchase_dropped, purchase_refused                      happened_unix_us
    analytics  request_dropped, request_refused         null           to, why; its events could not be read
    mailbox    confirmation, reminder, other            null           channel, purpose, cart, person, due (unix us)
    erp        sale_booked                              total          sale (the id that the ERP knows it by)
    register   sale_registered                          total          receipt
    gateway, erp and register: down, up                 null           fault, that kept it away
    each       books_read                               null           none; its books were read, if they are empty
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

Row = Mapping[str, Any]


def fact(
    witness: str,
    kind: str,
    *,
    at_unix_us: int | None = None,
    intent: str | None = None,
    order_id: str | None = None,
    amount_minor: int | None = None,
    currency: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """One row."""
    return {
        "at_unix_us": at_unix_us,
        "witness": witness,
        "kind": kind,
        "session": None,  # the shop knows intents, not sessions
        "intent": intent,
        "order_id": order_id,
        "amount_minor": amount_minor,
        "currency": currency,
        "detail": orjson.dumps(detail or {}).decode(),
    }
