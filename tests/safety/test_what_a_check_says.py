"""From what was seen to the table, without a shop: every row in every state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doorbuster.rehearsal.check_rows import rows_of
from doorbuster.rehearsal.check_text import check_text, requests_text
from doorbuster.rehearsal.lone_shopper import Sent, Taken
from doorbuster.rehearsal.row import Row
from doorbuster.rehearsal.seen import Moment, Seen, Tried, Walked
from doorbuster.storefronts.base import OK, Answer, Product, Shop
from doorbuster.storefronts.facts import fact
from doorbuster.storefronts.platforms import platform_named

LINEN = Product("linen", "linen-s", "L1", 2500, "EUR", 9)
BOUGHT = Answer("ok", order_id="A1", total_minor=3000, currency="EUR")
PRICED = Answer("ok", total_minor=3000, currency="EUR")
INTENT = "20261122T101500Z-check-3"
PARTS = {"items_minor": 2500, "discount_minor": 200, "shipping_minor": 200, "tax_minor": 500}
NATIVE = (
    "home", "product", "cart.create", "cart.add", "checkout.start", "checkout.address", "checkout.shipping",
    "checkout.payment", "checkout.complete", "order.read",
)  # fmt: skip


def walked(journey: str, *steps: str, **answers: Answer) -> Walked:
    taken = tuple(Taken(step, answers.get(step.replace(".", "_"), OK), ()) for step in steps)
    order = next((one.answer for one in taken if one.answer.order_id), None)
    return Walked(journey, INTENT, taken, order)


def native(**answers: Answer) -> Walked:
    """To its end, or to the first step that is not `ok`."""
    given = {"checkout_shipping": PRICED, "checkout_complete": BOUGHT, "order_read": BOUGHT, **answers}
    steps = list(NATIVE)
    for name, answer in answers.items():
        if answer.outcome != "ok":
            steps = steps[: steps.index(name.replace("_", ".")) + 1]
    return walked("native_checkout", *steps, **given)


def books(total_minor: int = 3000, intent: str | None = INTENT, **parts: int | None) -> list[dict[str, Any]]:
    detail = {**PARTS, **parts}
    paid = fact("shop", "order", intent=intent, order_id="A1", amount_minor=total_minor, currency="EUR", detail=detail)
    return [paid, fact("analytics", "purchase_event", order_id="A1"), fact("analytics", "books_read")]


def sound(**changes: Any) -> Seen:
    cart = walked("cart", "cart.create", "cart.add", "cart.view", "cart.discount", "cart.view")
    seen = Seen(
        target="http://127.0.0.1:1", scenario="november", shop_line="A shop 1.0", overrides=(), catalogue=[LINEN],
        product=LINEN, codes=["TEN"], tried=[Tried("TEN", OK, 2500, 2300, "EUR", cart)],
        walked={"browse": walked("browse", "home", "product"), "native_checkout": native()},
        stock=[Moment("", 9), Moment("cart.add", 9), Moment("checkout.start", 8)], books=books(), books_why_not=None,
    )  # fmt: skip
    return replace(seen, **changes)


def row(what: str, seen: Seen) -> Row:
    return next(one for one in rows_of(seen) if one.what == what)


def test_a_sound_shop_is_green() -> None:
    assert {one.what: one.state for one in rows_of(sound()) if one.state != "works"} == {"wallet": "not configured"}
    assert row("stock reserved", sound()).said == "at checkout.start: 9 units became 8"


CART = walked("cart", "cart.create")
LOST = Answer("unknown", "no answer in time")
NO_ORDER = Answer("rejected", "no order for this purchase intent")
CASES: dict[str, tuple[str, Seen, str, str]] = {
    "sold out": ("catalogue", sound(catalogue=[replace(LINEN, stock=0)]), "does not work", "0 of them"),
    "no codes": ("discount", sound(codes=[], tried=[]), "not configured", "no discount codes"),
    "a code that changes nothing": (
        "discount", sound(tried=[Tried("TEN", OK, 2500, 2500, "EUR", CART)]), "does not work", "costs as much as before",
    ),
    "a code that is refused": (
        "discount", sound(tried=[Tried("TEN", Answer("rejected", "used up"), 2500, None, "EUR", CART)]),
        "does not work", "used up",
    ),
    "a cart that names no price": (
        "discount", sound(tried=[Tried("TEN", OK, None, None, None, CART)]), "cannot tell", "does not say what it costs",
    ),
    "a page that fails": (
        "pages and cart", sound(walked={"browse": walked("browse", "home", home=Answer("error", "HTTP 500"))}),
        "does not work", "stopped at home: error, HTTP 500",
    ),
    "stock that is not told": ("stock reserved", sound(stock=[Moment("", None)]), "cannot tell", "how many units"),
    "stock that stays": (
        "stock reserved", sound(stock=[Moment("", 9), Moment("checkout.complete", 9)]), "cannot tell", "counts later",
    ),
    "shipping without a price": (
        "shipping", sound(walked={"native_checkout": native(checkout_shipping=OK)}, books=books(tax_minor=None)),
        "cannot tell", "names no whole price",
    ),
    "shipping refused": (
        "shipping", sound(walked={"native_checkout": native(checkout_shipping=Answer("rejected", "not to there"))}),
        "does not work", "not to there",
    ),
    "a checkout that stops before it is paid": (
        "test payment", sound(walked={"native_checkout": native(checkout_start=Answer("error", "HTTP 404"))}),
        "does not work", "stopped at checkout.start: error, HTTP 404",
    ),
    "a wallet that cannot be driven": (
        "wallet", sound(walked={"express_wallet": walked("express_wallet", "wallet.start", wallet_start=NO_ORDER)}),
        "does not work", "stopped at wallet.start",
    ),
    "a total that changed after the quote": (
        "totals", sound(walked={"native_checkout": native(checkout_shipping=PRICED._replace(total_minor=2900))}),
        "does not work", "29.00 EUR before paying, 30.00 EUR on the order",
    ),
    "books that say another total": ("totals", sound(books=books(3100)), "does not work", "the books say 31.00 EUR"),
    "parts that do not add up": (
        "totals", sound(books=books(tax_minor=499)), "does not work", "- 2.00 EUR + 2.00 EUR + 4.99 EUR is not 30.00 EUR",
    ),
    "parts that are not told": ("totals", sound(books=books(tax_minor=None)), "cannot tell", "do not say all parts"),
    "an order that is not looked up": (
        "order read back", sound(walked={"native_checkout": native(order_read=NO_ORDER)}), "does not work",
        "looked up by its intent: rejected",
    ),
    "another's order looked up": (
        "order read back", sound(walked={"native_checkout": native(order_read=BOUGHT._replace(order_id="A2"))}),
        "does not work", "another order, A2",
    ),
    "an order that the books give to another": (
        "order read back", sound(books=books(intent="ana")), "does not work", "another shopper's, ana",
    ),
    "an order that is not in the books": (
        "order read back", sound(books=[fact("shop", "books_read")]), "does not work", "not among the shop's paid orders",
    ),
    "books that cannot be read": (
        "order read back", sound(books=[], books_why_not="401"), "does not work", "cannot be read: 401",
    ),
    "no books": ("order read back", sound(books=[]), "not configured", "are not read"),
    "no analytics": ("purchase event", sound(books=books()[:1]), "not configured", "no analytics"),
    "an event that never came": (
        "purchase event", sound(books=[*books()[:1], fact("analytics", "books_read")]), "does not work", "order A1",
    ),
    "hooks that failed": ("hooks", sound(hooks_why_not="'false' ended with 1"), "does not work", "ended with 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_row_says_what_it_saw(case: str) -> None:
    what, seen, state, said = CASES[case]
    found = row(what, seen)
    assert (found.state, said in found.said) == (state, True), found
    assert found.do or found.state in ("works", "cannot tell") or state == "not configured"


def test_a_payment_that_was_lost_names_the_payment_and_not_the_search_for_its_order() -> None:
    steps = (Taken("checkout.payment", LOST, ()), Taken("order.read", NO_ORDER, ()))
    seen = sound(walked={"native_checkout": Walked("native_checkout", INTENT, steps, None)})
    assert row("test payment", seen).said == "checkout.payment: no answer in time, and no order came of it"
    assert row("totals", seen).state == "cannot tell"


def test_hazards_that_nobody_could_see_are_no_all_clear() -> None:
    blind = row("hazards", sound(untold="whether its payments are live; set DOORBUSTER_ADMIN_TOKEN"))
    assert (blind.state, blind.do) == ("cannot tell", "set DOORBUSTER_ADMIN_TOKEN")


@pytest.mark.parametrize("name", ["acp", "medusa", "saleor", "vendure", "woocommerce"])
def test_platforms_say_what_they_cannot_see_without_an_admin_token(name: str) -> None:
    platform = platform_named(name, Path(), "here")
    said = platform.untold(Shop("http://127.0.0.1:1"))
    assert said is not None
    assert "live" in said
    assert len(said.split("; ")) == 2  # what, and what to do
    seeing = platform.untold(Shop("http://127.0.0.1:1", admin_token="secret"))
    assert (seeing is None) == (name != "acp")


def test_requests_stand_under_their_steps_and_give_no_value_away() -> None:
    sent = (Sent("POST", "/pay?token=…", 302, 12.3), Sent("GET", "pay.example/", 0, 5.0, "no answer in time"))
    shopper = Walked("cart", None, (Taken("cart.add", Answer("error", "no answer in time"), sent),), None)
    lines = requests_text(sound(tried=[], walked={"cart": shopper})).splitlines()
    assert lines[0] == "cart"
    assert lines[1].split() == ["cart.add", "error,", "no", "answer", "in", "time"]
    assert lines[2].split() == ["POST", "/pay?token=…", "302", "12", "ms"]
    assert lines[3].split()[:3] == ["GET", "pay.example/", "none:"]


def test_requests_by_graphql_are_told_apart_by_what_they_ask_for() -> None:
    sent = (Sent("POST", "/graphql", 200, 3.0, operation="AddProducts"), Sent("POST", "/graphql", 200, 3.0))
    shopper = Walked("cart", None, (Taken("cart.add", OK, sent),), None)
    lines = requests_text(sound(tried=[], walked={"cart": shopper})).splitlines()
    assert [line.split()[:3] for line in lines[2:]] == [
        ["POST", "/graphql", "AddProducts"],
        ["POST", "/graphql", "200"],
    ]


def test_long_sentences_are_broken_and_stay_in_their_column() -> None:
    seen = sound(shop_line="word " * 40, cancelled={"A1": None, "A2": "it is sent"})
    lines = check_text(seen, rows_of(seen)).splitlines()
    assert all(len(line) <= 120 for line in lines)
    assert lines[2].startswith(" " * 36 + "word")
    assert lines[-2:] == [
        "  order A1 of this check was cancelled",
        "  order A2 of this check is still there: it is sent",
    ]
