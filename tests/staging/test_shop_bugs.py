"""Bugs of carts, shelves, prices, tax, shipping and throttling: each really happens, and its promise names it."""

from __future__ import annotations

import json
from collections.abc import Iterable

import httpx
from staging_mall import Mall

from doorbuster.audit.audit import check_promises
from doorbuster.promises.fact import Fact, Finding
from doorbuster.staging.cart_stores import store_of
from doorbuster.storefronts.base import Answer, Shop, Visit
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.staging import StagingStorefront

DEAL = "doorbuster-deal-one"


class Shopper:
    """One session that remembers what it would tell; answers are what `swarm/walk.py` makes facts of."""

    def __init__(self, mall: Mall, session: int, variant: str = DEAL) -> None:
        self.line = mall.line(variant)
        visit = Visit(session, "native_checkout", f"buyer-{session}", (self.line,), "", None, 30.0, None)
        client = HttpxClient(httpx.Client(verify=False, timeout=15))
        self.shop = StagingStorefront(client, Shop(mall.addresses.shop_url), visit)
        self.visit = visit
        self.facts: list[Fact] = []

    def told(self, answer: Answer, *, at_us: int = 10**9) -> Answer:
        seen = ("order_seen", {"quoted_minor": self.quoted_minor}) if answer.order_id else None
        for kind, detail in [*answer.noticed, *([seen] if seen else [])]:
            said = (answer.order_id, answer.total_minor, answer.currency, json.dumps(detail))
            self.facts.append(Fact(at_us, "shopper", kind, self.visit.session, self.visit.intent, *said))
        return answer

    def fills_a_cart(self) -> Answer:
        for step in (lambda: self.shop.product(self.line.product), self.shop.cart_create):
            assert self.told(step()).outcome == "ok"
        return self.told(self.shop.cart_add(self.line))

    def buys(self) -> Answer:
        assert self.fills_a_cart().outcome == "ok"
        steps = (self.shop.cart_view, self.shop.checkout_start, self.shop.checkout_address)
        for step in steps:
            assert self.told(step()).outcome == "ok"
        self.quoted_minor = self.told(self.shop.checkout_shipping()).total_minor
        assert self.told(self.shop.checkout_payment()).outcome == "ok"
        return self.told(self.shop.checkout_complete())

    quoted_minor: int | None = None


def broken(mall: Mall, shoppers: Iterable[Shopper]) -> dict[str, Finding]:
    rows = [{**row, "at_us": row["at_unix_us"]} for row in mall.backstage.read_back().orders]
    facts = [Fact(*(row[name] for name in Fact._fields)) for row in rows]
    facts += [fact for shopper in shoppers for fact in shopper.facts]
    return {found.promise: found for found in check_promises(facts) if found.kept is False}


def test_with_all_bugs_off_shoppers_of_every_country_notice_nothing(mall: Mall) -> None:
    shoppers = [Shopper(mall, session) for session in range(6)]
    assert [shopper.buys().outcome for shopper in shoppers] == ["ok"] * 6
    assert broken(mall, shoppers) == {}
    assert {fact["detail"]["region"] for fact in mall.facts("shop", "order")} == {"AT", "DE", "ES", "FR", "IT", "PT"}
    assert {fact["detail"]["shipping"] for fact in mall.facts("shop", "order")} == {"standard", "express"}
    assert {kind for shopper in shoppers for _, _, kind, *_ in shopper.facts} == {
        "cart_seen",
        "order_seen",
        "shipping_chosen",
    }


def test_the_last_unit_may_go_between_page_and_click(mall: Mall) -> None:
    late = Shopper(mall, 99)
    late.shop.product(late.line.product)
    late.shop.cart_create()
    for number in range(3):
        assert mall.ready_to_place(f"first-{number}", mall.line(DEAL, 20 if number < 2 else 10)).checkout_complete()
    now_us = mall.facts("shop", "order")[-1]["at_unix_us"]
    assert late.told(late.shop.cart_add(late.line), at_us=now_us).detail == "out of stock"
    assert [fact.kind for fact in late.facts] == ["shown_in_vain"]
    assert broken(mall, [late]) == {}


def test_someone_elses_cart(mall: Mall) -> None:
    mall.switch_on("someone_elses_cart", 60_000)
    shoppers = [Shopper(mall, session) for session in range(2)]
    for shopper in shoppers:
        shopper.fills_a_cart()
    outcomes = [shopper.told(shopper.shop.cart_view()).outcome for shopper in shoppers]
    assert outcomes == ["ok", "error"]
    found = broken(mall, shoppers)
    assert set(found) == {"a cart belongs to its shopper"}
    assert [one.intent for one in found["a cart belongs to its shopper"].offences] == ["buyer-1"]


def test_stale_search_stock(mall: Mall) -> None:
    mall.switch_on("stale_search_stock", 1)
    shopper = Shopper(mall, 0)
    assert shopper.shop.collection(shopper.line.product).outcome == "ok"
    assert shopper.fills_a_cart().detail == "out of stock"
    found = broken(mall, [shopper])
    assert set(found) == {"what search shows can be bought"}
    (offence,) = found["what search shows can be bought"].offences
    assert (offence.intent, offence.subject, offence.amount_minor) == ("buyer-0", DEAL, 4_999)


def test_a_search_that_is_behind_its_product_page_is_noticed_as_well(mall: Mall) -> None:
    shopper = Shopper(mall, 0)
    shopper.shop.search("doorbuster")
    mall.ready_to_place("first", mall.line(DEAL, 20)).checkout_complete()
    for number in range(3):
        mall.ready_to_place(f"then-{number}", mall.line(DEAL, 10)).checkout_complete()
    assert mall.units(DEAL) == 0
    answer = shopper.told(shopper.shop.product(shopper.line.product))
    assert [kind for kind, _ in answer.noticed] == ["shown_in_vain"]


def test_price_changed(mall: Mall) -> None:
    mall.switch_on("price_changed", 1)
    shopper = Shopper(mall, 0)
    assert shopper.buys().outcome == "ok"
    found = broken(mall, [shopper])
    assert set(found) == {"price honoured from cart to order"}
    (offence,) = found["price honoured from cart to order"].offences
    assert (offence.what, offence.amount_minor) == ("dearer than quoted", 301)  # 5 % of 49.99, and 21 % tax on it


def test_tax_missing(mall: Mall) -> None:
    mall.switch_on("tax_missing")
    shoppers = [Shopper(mall, session) for session in range(6)]
    assert [shopper.buys().outcome for shopper in shoppers] == ["ok"] * 6
    found = broken(mall, shoppers)
    assert set(found) == {"tax charged in every region"}
    assert [one.intent for one in found["tax charged in every region"].offences] == ["buyer-0"]
    assert "1 no tax in ES" in found["tax charged in every region"].sentence


def test_shipping_lost(mall: Mall) -> None:
    mall.switch_on("shipping_lost", 1)
    shoppers = [Shopper(mall, session) for session in range(3)]
    assert [shopper.buys().outcome for shopper in shoppers] == ["ok"] * 3
    found = broken(mall, shoppers)
    assert set(found) == {"shipping kept"}
    assert [one.what for one in found["shipping kept"].offences] == ["express was chosen, standard is in the order"]


def test_throttle_200(mall: Mall) -> None:
    shopper = Shopper(mall, 0)
    assert shopper.fills_a_cart().outcome == "ok"
    mall.switch_on("throttle_200", 1)
    pages = (shopper.shop.home, lambda: shopper.shop.search("linen"), shopper.shop.checkout_start)
    wallet = (lambda: shopper.shop.wallet_start([shopper.line]), shopper.shop.checkout_complete)
    assert {shopper.told(page()).outcome for page in (*pages, *wallet)} == {"throttled"}
    assert mall.http.get("/").status_code == 200
    found = broken(mall, [shopper])
    assert set(found) == {"a refusal says so"}
    assert len(found["a refusal says so"].offences) == 5


def test_latency_leak_makes_each_add_wait_for_all_carts_so_far(mall: Mall) -> None:
    mall.switch_on("latency_leak", 30)
    shopper = Shopper(mall, 0)
    assert shopper.fills_a_cart().outcome == "ok"
    first_ms = shopper.shop._noticing._pace_ms["cart.add"]
    assert first_ms >= 30
    for session in range(1, 8):
        Shopper(mall, session).shop.cart_create()
    last = Shopper(mall, 8)
    last.fills_a_cart()
    assert last.shop._noticing._pace_ms["cart.add"] >= 9 * 30


def test_slow_shard_holds_up_the_carts_of_one_store_alone(mall: Mall) -> None:
    shoppers = [Shopper(mall, session) for session in range(40)]
    carts: dict[bool, list[Shopper]] = {True: [], False: []}
    for shopper in shoppers:
        shopper.shop.cart_create()
        carts[store_of(shopper.shop._cart) == 3].append(shopper)
    mall.switch_on("slow_shard", 600_000)  # who is held up here waits longer than the client does
    assert {shopper.shop.cart_view().outcome for shopper in carts[False]} == {"ok"}
    mall.switch_on("slow_shard", 120)
    for shopper in carts[True][:3]:
        shopper.told(shopper.shop.cart_view())
        assert json.loads(shopper.facts[0].detail or "{}")["pace_ms"]["cart.view"] >= 120
