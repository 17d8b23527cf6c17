"""The gateway goes away, as a whole or for cards alone: orders wait, the wallet is offered, and its books say when."""

from __future__ import annotations

import httpx
import pytest
from staging_mall import Mall

from doorbuster.audit.audit import check_promises
from doorbuster.journeys import native_checkout
from doorbuster.journeys.shopper import Call, LeftShop
from doorbuster.promises.fact import Fact, Finding
from doorbuster.storefronts.base import Answer, Visit

DEAL = "doorbuster-deal-one"
OUTAGE = "nothing is lost or doubled in a payment outage"


def findings(mall: Mall) -> dict[str, Finding]:
    rows = [{**row, "at_us": row["at_unix_us"]} for row in mall.backstage.read_back().orders]
    return {
        found.promise: found for found in check_promises(Fact(*(row[name] for name in Fact._fields)) for row in rows)
    }


def test_an_unreachable_gateway_answers_nothing(mall: Mall, gateway: httpx.Client) -> None:
    mall.switch_on("gateway_unreachable")
    for path in ("/payments", "/v1/payment_intents", "/sis/rest/trataPeticionREST"):
        with pytest.raises(httpx.TransportError):
            gateway.post(path, headers={"Authorization": "Bearer sk_test_any"}, content=b"amount=1")
    assert gateway.get("/admin/payments").status_code == 200
    mall.all_off()
    assert gateway.post("/payments", json={}).status_code == 400


@pytest.mark.parametrize("fault", ["gateway_down", "gateway_unreachable"])
def test_orders_wait_for_a_gateway_that_is_away_and_none_is_lost_or_doubled(mall: Mall, fault: str) -> None:
    crowd = [mall.ready_to_place(f"waits-{number}", mall.line(DEAL)) for number in range(3)]
    mall.switch_on(fault)
    assert {shopper.checkout_complete().outcome for shopper in crowd} == {"unknown"}
    mall.all_off()
    found = findings(mall)
    assert [one.sentence for one in found.values() if one.kept is False] == []
    numbers = found[OUTAGE].numbers
    assert (numbers["pending_then"], numbers["lost"], numbers["doubled"], numbers["pending_now"]) == (3, 0, 0, 0)
    assert numbers["outage_s"] > 0 and numbers["recovery_s"] > 0


def test_a_shop_that_gives_up_in_an_outage_is_named(mall: Mall) -> None:
    shopper = mall.ready_to_place("dropped", mall.line(DEAL))
    mall.backstage.steer([{"name": "gateway_down"}, {"name": "capture_after_timeout", "value": 0}])
    shopper.checkout_complete()
    mall.all_off()
    mall.ready_to_place("after", mall.line(DEAL)).checkout_complete()
    found = findings(mall)[OUTAGE]
    assert [(one.what, one.intent) for one in found.offences] == [("given up while the gateway was away", "dropped")]


def test_when_it_was_away_is_in_its_books(mall: Mall) -> None:
    assert mall.facts("gateway", "down") == []
    mall.switch_on("cards_down")
    mall.switch_on("gateway_down")
    mall.all_off()
    moments = [
        (fact["kind"], fact["detail"]["fault"]) for kind in ("down", "up") for fact in mall.facts("gateway", kind)
    ]
    assert moments == [("down", "cards_down"), ("down", "gateway_down"), ("up", "cards_down"), ("up", "gateway_down")]
    mall.switch_on("register_down")
    assert [fact["detail"]["fault"] for fact in mall.facts("register", "down")] == ["register_down"]
    assert mall.facts("register", "up") == mall.facts("erp", "down") == []
    mall.backstage.reset(7)
    assert mall.facts("gateway", "down") == []


def test_cards_are_down_and_the_wallet_works(mall: Mall) -> None:
    native, tapping = mall.shopper("native", mall.line(DEAL)), mall.with_token("tap", mall.line(DEAL))
    mall.switch_on("cards_down")
    for step in (native.cart_create, lambda: native.cart_add(mall.line(DEAL)), native.checkout_start,
                 native.checkout_address, native.checkout_shipping):  # fmt: skip
        assert step().outcome == "ok"
    payment = native.checkout_payment()
    assert (payment.outcome, payment.detail, payment.offer) == (
        "rejected",
        "card payments unavailable",
        "express_wallet",
    )
    assert tapping.wallet_complete().outcome == "ok"
    assert mall.facts("shop", "order_pending") == []


class Plain:
    """A shopper without a clock."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.steps: list[str] = []
        self.bought: Answer | None = None

    def step(self, name: str, call: Call, *, optional: bool = False, read_back: Call | None = None) -> Answer:
        self.steps.append(name)
        answer = call()
        if answer.outcome != "ok" and not optional and not answer.offer:
            raise LeftShop
        return answer

    def buy(self, name: str, call: Call, read_back: Call) -> Answer:
        self.bought = self.step(name, call)
        return self.bought


def test_a_shopper_whose_card_fails_takes_the_wallet_for_the_same_wish(mall: Mall) -> None:
    mall.switch_on("cards_down")
    shop = mall.shopper("rescued", mall.line(DEAL, 2), coupon="VIP50")
    shopper = Plain(shop.visit)
    native_checkout.walk(shopper, shop)
    assert shopper.steps[-5:] == [
        "checkout.payment",
        "wallet.start",
        "wallet.update",
        "wallet.token",
        "wallet.complete",
    ]
    (order,) = mall.facts("shop", "order")
    assert (order["intent"], order["order_id"]) == ("rescued", shopper.bought and shopper.bought.order_id)
    assert order["detail"]["lines"][0]["quantity"] == 2 and order["detail"]["codes"] == ["VIP50"]


def test_a_shopper_whose_card_works_never_sees_the_wallet(mall: Mall) -> None:
    shop = mall.shopper("native", mall.line(DEAL))
    shopper = Plain(shop.visit)
    native_checkout.walk(shopper, shop)
    assert not [step for step in shopper.steps if step.startswith("wallet.")]
