"""What each promise catches, and that it says nothing when all is well or nothing is known."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest

from doorbuster.promises import PROMISES
from doorbuster.promises.fact import Fact, Finding
from doorbuster.promises.ledger import ledger_of
from tests.promises.day import SPOILT, Day, Sale, clean_day, fact, findings, named, sale

ALL = set(findings(clean_day().facts()))


def test_each_promise_has_a_name_of_its_own() -> None:
    assert len(ALL) == len(PROMISES)


@pytest.mark.parametrize("promise", sorted(ALL))
def test_a_clean_day_keeps_every_promise(promise: str) -> None:
    found = findings(clean_day().facts())[promise]
    assert found.kept is True, found.sentence
    assert found.checked > 0
    assert found.offences == ()


@pytest.mark.parametrize("promise", sorted(ALL))
def test_without_facts_nothing_is_claimed(promise: str) -> None:
    found = findings([])[promise]
    assert found.kept is None
    assert ": cannot tell, " in found.sentence


@pytest.mark.parametrize("promise", sorted(ALL))
def test_books_that_were_read_and_are_empty_keep_nothing(promise: str) -> None:
    witnesses = ("shopper", "shop", "gateway", "analytics", "erp", "register")
    empty = [fact(witness, "books_read") for witness in witnesses]
    assert findings(empty)[promise].kept is None


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_sale_breaks_its_promises_and_no_others(how: str) -> None:
    spoil, breaks = SPOILT[how]
    day = clean_day()
    found = findings(replace(day, sales=(*day.sales[:2], spoil(day.sales[2]), *day.sales[3:])).facts())
    assert {promise for promise, one in found.items() if one.kept is False} == breaks
    for promise in breaks:
        assert named(found[promise]) & {"i3", "o3", "o3-ghost", "o3-left"}, found[promise]
        assert not named(found[promise]) & {"i1", "i2", "i4", "o1", "o2", "o4", "o1-left", "o2-left", "o4-left"}


@pytest.mark.parametrize(
    ("change", "promise", "who", "says"),
    [
        ({"initial_less": 2}, "stock is never oversold", {"o3", "o4"}, "2 orders sold 2 units that were not there, worst hat by 2"),
        ({"missing_units": 3}, "stock is released when a purchase falls through", {"hat"}, "3 units neither sold nor for sale"),
        ({"missing_units": -1}, "stock is released when a purchase falls through", {"hat"}, "1 unit sold and still for sale"),
        ({"uses_too_many": 1}, "coupons within their limits", {"BF25", "o3"}, "1 use too many of the discount code BF25"),
    ],
)  # fmt: skip
def test_goods_and_codes_beyond_what_there_was(change: dict[str, int], promise: str, who: set[str], says: str) -> None:
    found = findings(replace(clean_day(), **change).facts())  # type: ignore[arg-type]  # whole numbers all of them
    assert {name for name, one in found.items() if one.kept is False} == {promise}
    assert who <= named(found[promise])
    assert says in found[promise].sentence


def test_sentences_lead_with_people_and_money() -> None:
    day = clean_day(40)
    spoil, _ = SPOILT["charged without an order"]
    found = findings(replace(day, sales=(*map(spoil, day.sales[:37]), *day.sales[37:])).facts())
    sentence = found["charged only for an order"].sentence
    assert sentence == "37 shoppers were charged without an order (1,105.56 EUR); 40 charges checked"
    one = findings(replace(day, sales=(spoil(day.sales[0]), *day.sales[1:])).facts())
    assert one["charged only for an order"].sentence.startswith("1 shopper was charged without an order (29.88 EUR)")


def test_an_offence_says_when_how_much_and_which_payment() -> None:
    spoil, _ = SPOILT["charged without an order"]
    day = clean_day()
    (offence,) = findings(replace(day, sales=(spoil(day.sales[0]), *day.sales[1:])).facts())[
        "charged only for an order"
    ].offences
    assert (offence.at_us, offence.intent, offence.amount_minor, offence.currency) == (1_000_100, "i1", 2988, "EUR")
    assert offence.subject == "p1"


def test_an_event_that_names_no_order_is_one_without_an_order() -> None:
    nameless = clean_day().sales[0].events[0]._replace(order_id="")
    found = findings([*clean_day().facts(), nameless])
    assert {name for name, one in found.items() if one.kept is False} == {"no purchase event without an order"}
    assert found["no purchase event without an order"].offences[0].what == "names no order"


def test_a_refund_makes_a_charge_good() -> None:
    day = clean_day()
    twice = SPOILT["charged twice"][0](day.sales[0])
    refund = twice.charges[0]._replace(kind="refunded", detail=None)
    facts = [*replace(day, sales=(twice, *day.sales[1:])).facts(), refund]
    assert all(found.kept for found in findings(facts).values())


def test_what_was_given_back_in_part_was_charged_in_full() -> None:
    day = clean_day()
    refund = day.sales[0].charges[0]._replace(kind="refunded", amount_minor=1000)
    assert broken(findings([*day.facts(), refund])) == {}
    dear = replace(sale(3), charges=(sale(3).charges[0]._replace(amount_minor=3988),))
    refund = dear.charges[0]._replace(kind="refunded", amount_minor=1000)
    assert broken(on_a_day_with(dear, more=[refund])) == {"totals add up and agree": [1000]}


def test_what_was_given_back_in_part_is_no_longer_at_stake() -> None:
    gone = replace(sale(3), seen=None, orders=(), events=(), confirmations=(), booked=(), registered=())
    refund = gone.charges[0]._replace(kind="refunded", amount_minor=1000)
    assert broken(on_a_day_with(gone, more=[refund])) == {"charged only for an order": [1988]}


def test_a_part_given_back_whole_leaves_the_order_paid_in_parts() -> None:
    one = in_parts(400, 2588)
    for part in one.charges:
        assert broken(on_a_day_with(one, more=[part._replace(kind="refunded")])) == {}
    assert broken(on_a_day_with(in_parts(400, 2000))) == {"totals add up and agree": [-588]}


def test_a_refund_in_another_currency_gives_nothing_back() -> None:
    twice = in_parts(2988, 2988)
    refund = twice.charges[1]._replace(kind="refunded")
    assert broken(on_a_day_with(twice, more=[refund._replace(currency="JPY")])) == {"one charge per intent": [2988]}
    assert broken(on_a_day_with(twice, more=[refund._replace(currency=None)])) == {}


def in_parts(*amounts_minor: int, number: int = 3) -> Sale:
    """An order of 29.88 paid by several means."""
    one = sale(number)
    return replace(
        one,
        charges=tuple(
            one.charges[0]._replace(
                at_us=(one.charges[0].at_us or 0) + part,
                amount_minor=amount_minor,
                detail=json.dumps({"payment": f"p{number}-{part}"}),
            )
            for part, amount_minor in enumerate(amounts_minor)
        ),
    )


def on_a_day_with(*sales: Sale, more: Iterable[Fact] = ()) -> dict[str, Finding]:
    return findings([*Day((sale(1), sale(2), *sales)).facts(), *more])


def broken(found: dict[str, Finding]) -> dict[str, list[int | None]]:
    """Promise to the minor units that its offences name."""
    return {name: [each.amount_minor for each in one.offences] for name, one in found.items() if one.kept is False}


def test_a_gift_card_and_a_card_that_make_up_an_order_are_one_charge() -> None:
    assert broken(on_a_day_with(in_parts(400, 2588))) == {}


@pytest.mark.parametrize(
    ("amounts_minor", "too_much_minor"),
    [((400, 2588, 2588), [2588]), ((400, 2988), [400]), ((2988, 2988), [2988]), ((2988, 2988, 5), [2988, 5])],
)
def test_only_what_exceeds_the_order_was_charged_again(
    amounts_minor: tuple[int, ...], too_much_minor: list[int]
) -> None:
    assert broken(on_a_day_with(in_parts(*amounts_minor))) == {"one charge per intent": too_much_minor}


def test_parts_of_an_order_whose_total_is_not_known_are_charges_too_many() -> None:
    one = in_parts(400, 2588)
    one = replace(one, orders=(one.orders[0]._replace(amount_minor=None),))
    assert broken(on_a_day_with(one)) == {"one charge per intent": [2588]}


@pytest.mark.parametrize(("channels", "kept"), [(("email", "sms"), True), (("email", "sms", "sms"), False)])
def test_an_order_may_be_confirmed_once_on_each_channel(channels: tuple[str, ...], kept: bool) -> None:
    one = sale(3)
    told = tuple(one.confirmations[0]._replace(detail=json.dumps({"channel": channel})) for channel in channels)
    found = on_a_day_with(replace(one, confirmations=told))["one confirmation per order, in time"]
    assert found.kept is kept
    assert [(each.what, each.order_id) for each in found.offences] == [("more than one", "o3")] * (not kept)


CANNOT_TELL = {
    "gateway": ("charged only for an order", "one charge per intent", "no order without payment", "totals add up and agree"),
    "shop": ("charged only for an order", "one order per intent", "stock is never oversold", "coupons within their limits"),
    "erp": ("every sale reaches the ERP once",),
    "register": ("every sale is registered once",),
    "shopper": ("a confirmed order exists", "price honoured from cart to order", "totals add up and agree"),
    "analytics": ("one purchase event per order", "purchase events have the order's value", "purchase events in time",
                  "no purchase event without an order"),
    "mailbox": ("one confirmation per order, in time", "no reminder to a buyer", "reminders on time and by day",
                "no mail loops"),
}  # fmt: skip


@pytest.mark.parametrize("witness", CANNOT_TELL)
def test_a_witness_that_was_not_heard_leaves_its_promises_open_and_breaks_none(witness: str) -> None:
    found = findings(one for one in clean_day().facts() if one.witness != witness)
    for promise in CANNOT_TELL[witness]:
        assert found[promise].kept is None, found[promise]
    assert not [one for one in found.values() if one.kept is False]


BARE = fact("shop", "order", at_us=9, order_id="bare", amount_minor=1, detail={})
"""An order of which the shop says nothing but its total."""


def without(kind: str, *keys: str) -> list[Fact]:
    """A clean day on which the details of a kind of fact leave something out."""

    def less(one: Fact) -> Fact:
        detail = json.loads(one.detail or "{}")
        return one._replace(detail=json.dumps({key: value for key, value in detail.items() if key not in keys}))

    return [less(one) if one.kind == kind else one for one in clean_day().facts()]


@pytest.mark.parametrize(
    ("facts", "promise", "why"),
    [
        (without("order", "items_minor"), "totals add up and agree", "do not say items, discount"),
        (without("order", "lines"), "stock is never oversold", "what was bought"),
        (
            [*clean_day().facts(), BARE],
            "stock is never oversold",
            "some of the shop's orders do not say what was bought",
        ),
        (without("order", "codes"), "coupons within their limits", "which discount codes they used"),
        (
            [*clean_day().facts(), BARE],
            "discounts that exclude each other never meet",
            "which discount codes they used",
        ),
        (
            [one._replace(amount_minor=None) for one in clean_day().facts()],
            "price honoured from cart to order",
            "neither the shop's orders nor the pages",
        ),
        (without("order", "lines"), "stock is released when a purchase falls through", "what was bought"),
        (without("stock", "initial"), "stock is never oversold", "how many units it had"),
        (without("coupon", "limit"), "coupons within their limits", "how often its discount codes"),
        (without("coupon", "excludes"), "discounts that exclude each other never meet", "which of its discounts"),
        (without("order_seen", "quoted_minor"), "price honoured from cart to order", "no page quoted"),
        ([one._replace(intent=None) for one in clean_day().facts()], "one order per intent", "which purchase intent"),
        (
            [one._replace(at_us=None) for one in clean_day().facts()],
            "purchase events in time",
            "when the orders were paid",
        ),
        (
            [one._replace(at_us=None) for one in clean_day().facts()],
            "one confirmation per order, in time",
            "when the orders were paid and confirmed",
        ),
        (without("contact", "left_unix_us"), "reminders on time and by day", "which it was, and when"),
        (
            [one for one in clean_day().facts() if one.kind not in ("contact", "contacts_read")],
            "reminders on time and by day",
            "who left an e-mail",
        ),
        (without("reminder", "cart"), "no reminder to a buyer", "8 reminders named neither a cart nor an intent"),
        (
            [one._replace(detail=None) if one.witness == "mailbox" else one for one in clean_day().facts()],
            "no mail loops",
            "tell its recipients apart",
        ),
        (
            [*clean_day().facts(), fact("gateway", "captured", amount_minor=1)],
            "charged only for an order",
            "name neither intent nor order",
        ),
        (
            [*clean_day().facts(), fact("gateway", "captured", amount_minor=1)],
            "one charge per intent",
            "1 charge of the gateway's name neither intent nor order",
        ),
    ],
)
def test_a_fact_that_leaves_something_out_is_no_promise_kept(facts: list[Fact], promise: str, why: str) -> None:
    found = findings(facts)[promise]
    assert found.kept is None, found.sentence
    assert why in found.sentence


def test_an_order_that_says_little_hides_none_of_what_the_others_broke() -> None:
    for change, promise in (
        ({"initial_less": 2}, "stock is never oversold"),
        ({"uses_too_many": 1}, "coupons within their limits"),
    ):
        assert findings([*replace(clean_day(), **change).facts(), BARE])[promise].kept is False  # type: ignore[arg-type]  # whole numbers both
    day = clean_day()
    spoil, _ = SPOILT["charged twice"]
    nameless = fact("gateway", "captured", amount_minor=1)
    found = findings([*replace(day, sales=(spoil(day.sales[0]), *day.sales[1:])).facts(), nameless])
    assert found["one charge per intent"].kept is False
    spoil, _ = SPOILT["two codes that exclude each other"]
    found = findings([*replace(day, sales=(spoil(day.sales[0]), *day.sales[1:])).facts(), BARE])
    assert found["discounts that exclude each other never meet"].kept is False


def test_a_shop_s_own_count_of_a_code_speaks_only_where_its_orders_do_not() -> None:
    """Some shops count baskets that held a code and got nothing off."""

    def counted(facts: list[Fact]) -> list[Fact]:
        return [
            one._replace(detail=json.dumps({**json.loads(one.detail or "{}"), "used": 99}))
            if one.kind == "coupon"
            else one
            for one in facts
        ]

    promise = "coupons within their limits"
    assert findings(counted(clean_day().facts()))[promise].kept is True
    silent = findings(counted(without("order", "codes")))[promise]
    assert silent.kept is False and "used 99 times" in silent.offences[0].what


def test_only_prices_that_were_compared_are_counted() -> None:
    facts = [
        one._replace(amount_minor=None) if one.intent == "i1" and one.kind in ("order", "order_seen") else one
        for one in clean_day().facts()
    ]
    assert findings(facts)["price honoured from cart to order"].checked == 3


def test_a_cart_seen_by_both_clicks_is_one_cart() -> None:
    facts = clean_day().facts()
    again = [one._replace(at_us=(one.at_us or 0) + 50) for one in facts if one.kind == "cart_seen"]
    once, twice = findings(facts), findings([*again, *facts])
    for promise in ("a cart belongs to its shopper", "latency even across carts", "what search shows can be bought"):
        assert twice[promise].checked == once[promise].checked > 0
    assert [one.at_us for one in ledger_of([*again, *facts]).carts_seen] == [
        one.at_us for one in ledger_of(facts).carts_seen
    ]


def test_a_shop_without_intents_is_joined_by_order_and_by_what_its_shoppers_saw() -> None:
    facts = [
        one._replace(intent=None, order_id=f"o{(one.intent or 'i')[1:]}") if one.witness in ("shop", "gateway") and one.intent else one
        for one in clean_day().facts()
    ]  # fmt: skip
    assert [found.sentence for found in findings(facts).values() if not found.kept] == []
    assert {order.intent for order in ledger_of(facts).orders} == {"i1", "i2", "i3", "i4"}


def test_an_order_from_before_the_run_needs_no_witness_and_still_takes_its_units() -> None:
    facts = clean_day().facts()
    sold = next(one for one in facts if (one.witness, one.kind) == ("shop", "order"))
    earlier = sold._replace(at_us=-86_400_000_000, order_id="earlier", intent="another-run-1")
    assert "earlier" in {
        offence.order_id for found in findings([*facts, earlier]).values() for offence in found.offences
    }
    before = findings([*facts, earlier._replace(kind="order_before")])
    # Stock and codes of this day are told without it: that it is counted there is what breaks them.
    assert {name for name, found in before.items() if found.kept is False} <= {
        "stock is never oversold", "stock is released when a purchase falls through", "coupons within their limits",
    }  # fmt: skip
    assert before["stock is released when a purchase falls through"].kept is False
    event = next(one for one in facts if (one.witness, one.kind) == ("analytics", "purchase_event"))
    late = [*facts, earlier._replace(kind="order_before"), event._replace(order_id="earlier")]
    assert findings(late)["no purchase event without an order"].kept is True
