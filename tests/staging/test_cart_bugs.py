"""Upsell app and discount combiner touch the carts that are being checked out: soundly, and with each bug switched on."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from staging_mall import Mall, all_at_once

from doorbuster.audit.audit import check_promises
from doorbuster.promises.fact import Fact, Finding
from doorbuster.staging.discounts import COUPONS
from doorbuster.staging.pricing import REGION_TAX_PERCENT, price
from doorbuster.storefronts.base import Answer, Line, Shop, Visit
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.staging import StagingStorefront

HUNG = Answer("error", "no answer in time")
PATIENCE_S = 1.0
SPAIN_TAX_PERCENT = REGION_TAX_PERCENT["ES"]
DEAL = "doorbuster-deal-one"


def shopper(mall: Mall, intent: str, *codes: str, lines: tuple[Line, ...] = ()) -> StagingStorefront:
    """Somebody with several codes and little patience."""
    wanted, coupon = lines or (mall.line(DEAL),), codes[0] if codes else None
    visit = Visit(0, "native_checkout", intent, wanted, "linen", coupon, 30.0, None, more_codes=codes[1:])
    return StagingStorefront(
        HttpxClient(httpx.Client(verify=False, timeout=PATIENCE_S)), Shop(mall.addresses.shop_url), visit
    )


def fill(who: StagingStorefront) -> list[Answer]:
    filled = [who.cart_create(), *(who.cart_add(line) for line in who.visit.lines)]
    return [*filled, *(who.cart_discount(code) for code in who.visit.codes)]


def check_out(who: StagingStorefront, upsell: bool = True) -> list[Answer]:
    """Every answer from an empty cart to the order."""
    answers = [*fill(who), who.checkout_start()]
    answers += [who.upsell_view(), who.upsell_add()] if upsell else []
    return [*answers, who.checkout_address(), who.checkout_shipping(), who.checkout_payment(), who.checkout_complete()]


def tap(who: StagingStorefront, upsell: bool = True) -> list[Answer]:
    answers = [who.wallet_start(who.visit.lines)]
    answers += [who.upsell_view(), who.upsell_add()] if upsell else []
    return [*answers, who.wallet_update(), who.wallet_token(), who.wallet_complete()]


@pytest.mark.parametrize("way", [check_out, tap])
@pytest.mark.parametrize(
    ("codes", "percent_off", "free", "in_force"),
    [
        ((), 5, False, ["BUNDLE5"]),
        (("FREESHIP",), 5, True, ["FREESHIP", "BUNDLE5"]),
        (("WELCOME10", "FREESHIP"), 10, True, ["WELCOME10", "FREESHIP"]),
    ],
)
def test_an_accepted_upsell_is_in_the_order_with_the_discounts_that_go_with_it(
    mall: Mall,
    way: Callable[[StagingStorefront], list[Answer]],
    codes: tuple[str, ...],
    percent_off: int,
    free: bool,
    in_force: list[str],
) -> None:
    answers = way(shopper(mall, "more", *codes))
    assert {answer.outcome for answer in answers} == {"ok"}, answers
    (order,) = mall.facts("shop", "order")
    lines = [(line["price_minor"], line["quantity"]) for line in order["detail"]["lines"]]
    assert len(lines) == 2
    assert (
        order["amount_minor"]
        == price(lines, percent_off, 490, free, SPAIN_TAX_PERCENT).total_minor
        == answers[-1].total_minor
    )
    assert order["detail"]["codes"] == in_force
    assert broken(mall) == {}


@pytest.mark.parametrize("way", [check_out, tap])
def test_codes_that_exclude_each_other_stay_apart_and_an_upsell_can_be_left(
    mall: Mall, way: Callable[..., list[Answer]]
) -> None:
    assert way(shopper(mall, "greedy", "WELCOME10", "VIP50"), upsell=False)[-1].outcome == "ok"
    (order,) = mall.facts("shop", "order")
    assert order["detail"]["codes"] == ["WELCOME10"]
    assert len(order["detail"]["lines"]) == 1


def test_the_upsell_app_keeps_to_carts_that_are_open_and_ones_own(mall: Mall) -> None:
    who = shopper(mall, "mine")
    assert check_out(who)[-1].outcome == "ok"
    assert who.upsell_add().outcome == "conflict"
    stranger = shopper(mall, "theirs")
    stranger._cart = who._cart
    assert stranger.upsell_view().detail == "HTTP 404 no_such_cart"


def test_nobody_types_in_what_comes_by_itself(mall: Mall) -> None:
    assert "BUNDLE5" not in mall.backstage.coupons()
    assert fill(shopper(mall, "sly", "BUNDLE5"))[-1].detail == "no such discount code"


def test_writers_on_one_cart_at_once_lose_nothing(mall: Mall) -> None:
    """The app, the combiner and the shopper's own clicks; in a sound shop each finds what the others wrote."""
    line = mall.line(next(variant for variant in mall.catalogue if variant != DEAL))
    who = shopper(mall, "busy", "FREESHIP", lines=(line,))
    fill(who)
    who.upsell_view()
    clicks = [who.upsell_add, who.checkout_start, lambda: who.cart_add(line)] * 4
    assert {answer.outcome for answer in all_at_once(clicks)} == {"ok"}
    assert {answer.outcome for answer in (who.checkout_address(), who.checkout_shipping(), who.checkout_payment())} == {
        "ok"
    }
    assert who.checkout_complete().outcome == "ok"
    (order,) = mall.facts("shop", "order")
    assert sorted(one["quantity"] for one in order["detail"]["lines"]) == [4, 5]
    assert order["detail"]["codes"] == ["FREESHIP", "BUNDLE5"]


def frozen_by_upsell(who: StagingStorefront) -> Answer:
    fill(who)
    who.checkout_start()
    who.upsell_view()
    return who.upsell_add()


def frozen_by_wallet(who: StagingStorefront) -> Answer:
    who.wallet_start(who.visit.lines)
    return who.wallet_update()


FREEZING = [("coupon_upsell_deadlock", frozen_by_upsell), ("wallet_update_freezes_cart", frozen_by_wallet)]


@pytest.mark.parametrize(("fault", "act"), FREEZING)
def test_a_cart_with_a_code_freezes_for_good_and_no_other(
    mall: Mall, fault: str, act: Callable[[StagingStorefront], Answer]
) -> None:
    mall.switch_on(fault)
    assert act(shopper(mall, "plain")).outcome == "ok"
    who = shopper(mall, "coded", "FREESHIP")
    assert act(who) == HUNG
    # Whoever comes to that cart later waits as well, while the others go on.
    assert who.upsell_view() == HUNG
    assert check_out(shopper(mall, "other"), upsell=False)[-1].outcome == "ok"
    mall.all_off()
    assert act(shopper(mall, "afterwards", "FREESHIP")).outcome == "ok"


@pytest.mark.parametrize(("fault", "act"), FREEZING)
def test_a_reset_sends_everybody_away_who_waits_for_a_frozen_cart(
    mall: Mall, fault: str, act: Callable[[StagingStorefront], Answer]
) -> None:
    mall.switch_on(fault)
    who = shopper(mall, "coded", "FREESHIP")
    patient = httpx.Client(verify=False, timeout=15)
    who.client = HttpxClient(patient)
    with ThreadPoolExecutor(1) as waiting:
        answer = waiting.submit(act, who)
        while not mall.http.get("/admin/carts").json()["waiting"]:
            assert not answer.done()
        mall.backstage.reset(7)
        assert answer.result(timeout=10).detail == "HTTP 503", answer.result()
    assert mall.http.get("/admin/carts").json()["waiting"] == 0


def test_discount_stacking(mall: Mall) -> None:
    mall.switch_on("discount_stacking")
    assert check_out(shopper(mall, "codes", "WELCOME10", "VIP50"), upsell=False)[-1].outcome == "ok"
    assert tap(shopper(mall, "upsold", "WELCOME10"))[-1].outcome == "ok"
    assert check_out(shopper(mall, "one", "WELCOME10"), upsell=False)[-1].outcome == "ok"
    found = broken(mall)
    assert set(found) == {"discounts that exclude each other never meet"}
    (finding,) = found.values()
    assert [(one.what, one.intent) for one in finding.offences] == [
        ("VIP50 with WELCOME10", "codes"),
        ("BUNDLE5 with WELCOME10", "upsold"),
    ]


def test_rounding_drift(mall: Mall) -> None:
    mall.switch_on("rounding_drift")
    odd = next(variant for variant, product in mall.catalogue.items() if product.price_minor % 10 == 9)
    answers = check_out(shopper(mall, "native", lines=(mall.line(odd),)), upsell=False)
    quoted_minor = answers[-3].total_minor
    tapped = tap(shopper(mall, "tapped", lines=(mall.line(odd),)), upsell=False)
    assert (answers[-1].outcome, tapped[-1].outcome) == ("ok", "ok")
    orders = mall.facts("shop", "order")
    assert [order["amount_minor"] for order in orders] == [(quoted_minor or 0) - 1] * 2
    assert [charge["amount_minor"] for charge in mall.facts("gateway", "captured")] == [(quoted_minor or 0) - 1] * 2
    found = broken(mall, *(seen(answer, quoted_minor) for answer in (answers[-1], tapped[-1])))
    assert set(found) == {"price honoured from cart to order", "totals add up and agree"}
    assert {one.what for one in found["price honoured from cart to order"].offences} == {"cheaper than quoted"}
    # The wallet's last page still shows the cart's total.
    assert [one.intent for one in found["totals add up and agree"].offences] == ["tapped"]


def test_coupon_overuse_needs_no_crowd(mall: Mall) -> None:
    line = mall.line(next(iter(mall.catalogue)))
    allowed = COUPONS["VIP50"].limit or 0
    crowd = [shopper(mall, f"vip-{number}", "VIP50", lines=(line,)) for number in range(allowed + 3)]
    mall.switch_on("coupon_overuse", 60_000)
    assert {check_out(who, upsell=False)[-1].outcome for who in crowd} == {"ok"}
    found = broken(mall)
    assert set(found) == {"coupons within their limits"}
    assert [one.intent for one in found["coupons within their limits"].offences] == [
        f"vip-{allowed + number}" for number in range(3)
    ]


def seen(answer: Answer, quoted_minor: int | None) -> Fact:
    """What its shopper says of a purchase."""
    detail = json.dumps({"quoted_minor": quoted_minor})
    return Fact(None, "shopper", "order_seen", 0, None, answer.order_id, answer.total_minor, answer.currency, detail)


def broken(mall: Mall, *told: Fact) -> dict[str, Finding]:
    rows = [{**row, "at_us": row["at_unix_us"]} for row in mall.backstage.read_back().orders]
    facts = [*told, *(Fact(*(row[name] for name in Fact._fields)) for row in rows)]
    return {found.promise: found for found in check_promises(facts) if found.kept is False}
