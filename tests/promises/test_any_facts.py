"""Whatever the witnesses say, in whatever order: no promise stumbles, wavers, or overlooks what was done to a sale."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from doorbuster.promises.fact import Fact
from tests.promises.day import SPOILT, Day, clean_day, findings, named

KINDS = [
    ("shopper", "combination"), ("shopper", "shop_answered"), ("shopper", "order_seen"), ("shopper", "step_failed"), ("shop", "order"), ("shop", "order_before"), ("shop", "order_pending"), ("shop", "order_failed"),
    ("shop", "stock"), ("shop", "coupon"), ("shop", "books_read"), ("gateway", "captured"), ("gateway", "refunded"),
    ("gateway", "authorised"), ("analytics", "purchase_event"), ("mailbox", "confirmation"),
    ("mailbox", "reminder"), ("mailbox", "other"), ("shop", "contact"), ("shop", "contacts_read"), ("", "\x00"),
    ("analytics", "purchase_merged"), ("analytics", "purchase_dropped"), ("analytics", "purchase_refused"), ("shop", "event_held"),
    ("gateway", "authorised"), ("gateway", "declined"), ("analytics", "purchase_event"),
    *((witness, kind) for witness in ("gateway", "erp", "register") for kind in ("down", "up")), ("erp", "sale_booked"),
    ("register", "sale_registered"), ("shopper", "offered_other_method"), ("shopper", "rescued_by_wallet"), ("mailbox", "confirmation"), ("", "\x00"),
    ("gateway", "authorised"), ("analytics", "purchase_event"), ("mailbox", "confirmation"), ("", "\x00"),
    ("shopper", "cart_seen"), ("shopper", "foreign_cart"), ("shopper", "turned_away_with_200"), ("shopper", "shown_in_vain"),
    ("shopper", "shipping_chosen"), ("shop", "tax_rate"), ("run", "pace"), ("run", "load"), ("run", "generator"),
]  # fmt: skip
small = st.none() | st.integers(-3, 3) | st.sampled_from([10**15, -(10**15)])
name = st.none() | st.sampled_from(["", "a", "b", "i1", "o1", "hat"])
rubbish = st.sampled_from([None, True, -1, 0.5, float("nan"), "", "x", [], [None], {}, {"variant": 1}, [["a"]]])
line = st.fixed_dictionaries({"variant": name | rubbish, "quantity": small | rubbish, "price_minor": small | rubbish})
detail = st.fixed_dictionaries(
    {},
    optional={
        **{f"{part}_minor": small | rubbish for part in ("items", "discount", "shipping", "tax", "quoted", "price")},
        "lines": st.lists(line | rubbish, max_size=2) | rubbish,
        "codes": st.lists(name | rubbish, max_size=2) | rubbish,
        **dict.fromkeys(
            ("variant", "code", "payment", "to", "cart", "person", "purpose", "fault", "channel"), name | rubbish
        ),
        "zone": st.sampled_from(["Europe/Madrid", "Asia/Tokyo", "America", "no/such", "../etc"]) | rubbish,
        **dict.fromkeys(("left_unix_us", "since_unix_us"), small | st.integers(0, 2 * 10**15) | rubbish),
        **dict.fromkeys(("variant", "code", "payment"), name | rubbish),
        **dict.fromkeys(("region", "shipping", "option", "cart", "step", "page"), name | rubbish),
        **dict.fromkeys(
            ("shown_s_ago", "percent", "answers", "quick_ms", "shoppers", "loop_stall_ms_p99"),
            st.floats(0) | small | rubbish,
        ),
        "variants": st.lists(name | rubbish, max_size=2) | rubbish,
        "pace_ms": st.dictionaries(st.sampled_from(["cart.add", "cart.view"]), st.floats(0) | rubbish) | rubbish,
        **dict.fromkeys(("units", "initial", "held", "limit", "used"), small | rubbish),
        "excludes": st.lists(name | rubbish, max_size=2) | rubbish,
        "step": st.sampled_from(["cart.add", "wallet.update", "checkout.payment"]) | rubbish,
        "outcome": st.sampled_from(["abandoned", "error"]) | rubbish,
        "waited_ms": st.sampled_from([0, 3000, 30_000]) | rubbish,
        **dict.fromkeys(("discount", "upsell", "way"), st.sampled_from(["no code", "TEN", "accepted"]) | rubbish),
    },
).map(json.dumps)


@st.composite
def any_fact(draw: Any) -> Fact:
    witness, kind = draw(st.sampled_from(KINDS))
    return Fact(
        draw(small), witness, kind, draw(small), draw(name), draw(name), draw(small),
        draw(st.sampled_from([None, "", "EUR", "USD"])), draw(st.none() | st.sampled_from(["", "{", "[]", "7"]) | detail),
    )  # fmt: skip


@given(st.lists(any_fact(), max_size=15), st.randoms(use_true_random=False))
def test_no_promise_stumbles_or_changes_its_mind_with_the_order_of_arrival(facts: list[Fact], dice: Random) -> None:
    otherwise = dice.sample(facts, len(facts))
    assert repr(findings(facts)) == repr(findings(otherwise))
    for found in findings(facts).values():
        assert (found.kept is False) == bool(found.offences)
        assert found.sentence
        assert found.checked >= 0


@st.composite
def spoilt_day(draw: Any) -> tuple[list[Fact], dict[str, set[int]]]:
    """A day on which something was done to some sales, shuffled; and for each promise, to which."""
    day = clean_day(draw(st.integers(1, 9)))
    fates = draw(
        st.lists(st.none() | st.sampled_from(sorted(SPOILT)), min_size=len(day.sales), max_size=len(day.sales))
    )
    harmed: dict[str, set[int]] = {}
    sales = []
    for sale, fate in zip(day.sales, fates, strict=True):
        spoil, breaks = SPOILT[fate] if fate else (lambda same: same, frozenset[str]())
        sales.append(spoil(sale))
        for promise in breaks:
            harmed.setdefault(promise, set()).add(sale.number)
    return draw(st.permutations(Day(tuple(sales)).facts())), harmed


@given(spoilt_day())
def test_every_seeded_violation_is_reported_and_nothing_else(day: tuple[list[Fact], dict[str, set[int]]]) -> None:
    facts, harmed = day
    found = findings(facts)
    assert {promise for promise, one in found.items() if one.kept is False} == set(harmed)
    for promise, numbers in harmed.items():
        sales = {int(one[1]) for name in named(found[promise]) if (one := re.match(r"[io](\d+)\b", name))}
        assert sales == numbers, promise


@given(sales=st.integers(1, 9), too_many=st.integers(1, 3), initial_less=st.integers(1, 3))
def test_as_many_units_and_uses_as_were_not_there(sales: int, too_many: int, initial_less: int) -> None:
    day = clean_day(sales)
    coded = (sales + 1) // 2
    found = findings(Day(day.sales, 0, min(initial_less, sales), min(too_many, coded)).facts())
    assert len(found["stock is never oversold"].offences) == min(initial_less, sales)
    assert len(found["coupons within their limits"].offences) == min(too_many, coded)
