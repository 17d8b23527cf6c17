"""A merchant's server pays by Stripe: states, declines, captures, refunds, and keys that make asking again safe."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from staging_mall import Mall
from stripe_client import SALE, VISA, StripeClient

from doorbuster.staging.stripe import form


def test_created_then_confirmed(stripe: StripeClient, mall: Mall) -> None:
    made = stripe.post("payment_intents", {**SALE, "metadata[intent]": "i-1", "metadata[order_id]": "A7"}).json()
    assert (made["status"], made["amount"], made["amount_received"]) == ("requires_payment_method", 2599, 0)
    assert mall.facts("gateway", "authorised") == []
    path = f"payment_intents/{made['id']}"
    paid = stripe.post(f"{path}/confirm", {"payment_method": "pm_card_visa"}).json()
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 2599)
    assert stripe.get(path).json() == paid
    for kind in ("authorised", "captured"):
        (fact,) = mall.facts("gateway", kind)
        assert (fact["intent"], fact["order_id"], fact["amount_minor"], fact["currency"]) == ("i-1", "A7", 2599, "EUR")
        assert fact["detail"]["payment"] == made["id"]


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
    ],
)
def test_a_declined_card_says_why_and_another_may_pay(
    stripe: StripeClient, mall: Mall, card: str, code: str, decline_code: str
) -> None:
    refused = stripe.post("payment_intents", {**SALE, "payment_method": card, "confirm": "true"})
    error = refused.json()["error"]
    assert refused.status_code == 402
    assert (error["type"], error["code"], error["decline_code"]) == ("card_error", code, decline_code)
    intent = error["payment_intent"]
    assert (intent["status"], intent["payment_method"]) == ("requires_payment_method", None)
    assert intent["last_payment_error"]["charge"] == error["charge"] == intent["latest_charge"]
    assert stripe.get(f"charges/{error['charge']}").json()["status"] == "failed"
    again = stripe.post(f"payment_intents/{intent['id']}/confirm", {"payment_method": "pm_card_visa"}).json()
    assert (again["status"], again["last_payment_error"]) == ("succeeded", None)
    assert [len(mall.facts("gateway", kind)) for kind in ("declined", "authorised", "captured")] == [1, 1, 1]


def test_held_then_captured_in_part_or_let_go(stripe: StripeClient, mall: Mall) -> None:
    held = stripe.sell("held", capture_method="manual")
    assert (held["status"], held["amount_capturable"]) == ("requires_capture", 2599)
    path = f"payment_intents/{held['id']}"
    assert stripe.post(f"{path}/capture", {"amount_to_capture": 2600}).json()["error"]["code"] == "amount_too_large"
    taken = stripe.post(f"{path}/capture", {"amount_to_capture": 2000}).json()
    assert (taken["status"], taken["amount_received"], taken["amount_capturable"]) == ("succeeded", 2000, 0)
    again = stripe.post(f"{path}/capture")
    assert (again.status_code, again.json()["error"]["code"]) == (400, "payment_intent_unexpected_state")
    let_go = stripe.sell("let go", capture_method="manual")
    gone = stripe.post(f"payment_intents/{let_go['id']}/cancel", {"cancellation_reason": "abandoned"}).json()
    assert (gone["status"], gone["cancellation_reason"]) == ("canceled", "abandoned")
    assert stripe.post(f"payment_intents/{let_go['id']}/confirm").status_code == 400
    assert [fact["amount_minor"] for fact in mall.facts("gateway", "captured")] == [2000]
    assert [fact["intent"] for fact in mall.facts("gateway", "voided")] == ["let go"]


def test_refunds_never_come_to_more_than_was_paid(stripe: StripeClient, mall: Mall) -> None:
    sale = stripe.sell("back")
    assert stripe.post("refunds", {"payment_intent": sale["id"], "amount": 2600}).status_code == 400
    stripe.post("refunds", {"payment_intent": sale["id"], "amount": 600})
    rest = stripe.post("refunds", {"charge": sale["latest_charge"]}).json()
    assert rest["amount"] == 1999 and stripe.get(f"refunds/{rest['id']}").json() == rest
    assert stripe.get(f"charges/{sale['latest_charge']}").json()["refunded"] is True
    more = stripe.post("refunds", {"payment_intent": sale["id"]})
    assert more.json()["error"]["code"] == "charge_already_refunded"
    assert [fact["amount_minor"] for fact in mall.facts("gateway", "refunded")] == [600, 1999]


@pytest.mark.parametrize(("outcome", "status", "charged"), [("success", "succeeded", 1), ("no", "failed", 0)])
def test_the_holder_is_asked(
    stripe: StripeClient, mall: Mall, gateway: httpx.Client, outcome: str, status: str, charged: int
) -> None:
    method = {"payment_method": "pm_card_threeDSecure2Required", "return_url": "http://shop.test/back?x=1"}
    asked = stripe.sell("3ds", **method)
    assert asked["status"] == "requires_action" and mall.facts("gateway", "authorised") == []
    page = asked["next_action"]["redirect_to_url"]["url"]
    assert "Is it you who pays 25.99 EUR?" in gateway.get(page).text
    back = gateway.post(page, data={"outcome": outcome})
    assert back.status_code == 303
    query = httpx.URL(back.headers["location"]).params
    assert (query["x"], query["redirect_status"], query["payment_intent"]) == ("1", status, asked["id"])
    assert len(mall.facts("gateway", "captured")) == charged
    assert gateway.post(page, data={"outcome": outcome}).status_code == 400


def test_a_card_that_asks_is_declined_while_the_shopper_is_away(stripe: StripeClient) -> None:
    form = {**SALE, "payment_method": "pm_card_authenticationRequired", "confirm": "true", "off_session": "true"}
    assert stripe.post("payment_intents", form).json()["error"]["code"] == "authentication_required"


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ({"currency": "eur"}, "parameter_missing", "amount"),
        ({"amount": "5.5", "currency": "eur"}, "parameter_invalid_integer", "amount"),
        ({"amount": "49", "currency": "eur"}, "amount_too_small", "amount"),
        ({**SALE, "amonut": "1"}, "parameter_unknown", "amonut"),
        ({**SALE, "payment_method": "pm_none"}, "resource_missing", "payment_method"),
        ({**SALE, "metadata": "x"}, "parameter_invalid", "metadata"),
    ],
)
def test_what_stripe_refuses_is_refused(stripe: StripeClient, form: dict[str, str], code: str, param: str) -> None:
    refused = stripe.post("payment_intents", form)
    error = refused.json()["error"]
    assert (refused.status_code, error["type"]) == (400, "invalid_request_error")
    assert (error["code"], error["param"]) == (code, param)


def test_the_secret_key_is_needed_and_a_live_one_refused(gateway: httpx.Client, stripe: StripeClient) -> None:
    assert gateway.post("/v1/payment_intents").status_code == 401
    assert "live key" in StripeClient(gateway, "sk_live_x").get("events").json()["error"]["message"]
    assert gateway.get("/v1/events", auth=("sk_test_x", "")).status_code == 200
    assert stripe.get("payment_intents/pi_none").status_code == 404


def test_found_by_list_and_by_metadata(stripe: StripeClient) -> None:
    made = [stripe.sell(f"find-{number}")["id"] for number in range(3)]
    first = stripe.get("payment_intents", limit=2).json()
    assert [row["id"] for row in first["data"]] == [made[2], made[1]] and first["has_more"]
    rest = stripe.get("payment_intents", limit=2, starting_after=made[1]).json()
    assert [row["id"] for row in rest["data"]] == [made[0]] and not rest["has_more"]
    query = "metadata['intent']:'find-1' AND status:'succeeded'"
    assert [row["id"] for row in stripe.get("payment_intents/search", query=query).json()["data"]] == [made[1]]
    assert stripe.get("payment_intents/search", query="amount>5").status_code == 400
    whole = stripe.post(f"payment_intents/{made[0]}", {"expand[]": "latest_charge", "description": "n"}).json()
    assert whole["latest_charge"]["object"] == "charge" and whole["description"] == "n"


def test_the_same_key_gives_the_same_answer(stripe: StripeClient, mall: Mall) -> None:
    form = {**SALE, **VISA}
    first = stripe.post("payment_intents", form, "k")
    again = stripe.post("payment_intents", dict(reversed(form.items())), "k")
    assert again.content == first.content and again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    other = stripe.post("payment_intents", {**form, "amount": 2600}, "k")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    elsewhere = stripe.post(f"payment_intents/{first.json()['id']}/cancel", {}, "k")
    assert elsewhere.json()["error"]["type"] == "idempotency_error"
    assert len(mall.facts("gateway", "captured")) == 1


def test_a_decline_is_replayed_but_a_refused_parameter_is_not(stripe: StripeClient, mall: Mall) -> None:
    declined = {**SALE, "payment_method": "pm_card_visa_chargeDeclined", "confirm": "true"}
    first, again = (stripe.post("payment_intents", declined, "no") for _ in range(2))
    assert first.content == again.content and again.status_code == 402
    assert len(mall.facts("gateway", "declined")) == 1
    assert stripe.post("payment_intents", {**SALE, "amount": 1}, "typo").status_code == 400
    assert stripe.post("payment_intents", SALE, "typo").status_code == 200


def test_a_crowd_with_one_key_pays_once(stripe: StripeClient, mall: Mall) -> None:
    mall.switch_on("gateway_slow", 300)  # so that they are in there together
    with ThreadPoolExecutor(12) as crowd:
        pressed = [crowd.submit(stripe.post, "payment_intents", {**SALE, **VISA}, "crowd") for _ in range(12)]
        answers = [press.result() for press in pressed]
    statuses = sorted(answer.status_code for answer in answers)
    assert set(statuses) == {200, 409} and statuses.count(409) >= 1
    refused = next(answer.json()["error"] for answer in answers if answer.status_code == 409)
    assert (refused["type"], refused["code"]) == ("idempotency_error", "idempotency_key_in_use")
    mall.all_off()
    assert stripe.post("payment_intents", {**SALE, **VISA}, "crowd").headers["idempotent-replayed"] == "true"
    assert len(mall.facts("gateway", "captured")) == 1


def test_a_wallets_token_is_good_for_its_amount_and_once(
    stripe: StripeClient, mall: Mall, gateway: httpx.Client
) -> None:
    def token() -> str:
        allowance = {
            "reason": "one_time",
            "max_amount": 2599,
            "currency": "eur",
            "checkout_session_id": "cs_1",
            "merchant_id": "shop",
            "expires_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600)),
        }
        card = {"type": "card", "card_number_type": "fpan", "number": "4242424242424242", "exp_month": "11",
                "exp_year": "2030", "cvc": "223", "display_card_funding_type": "credit", "metadata": {}}  # fmt: skip
        body = {"payment_method": card, "allowance": allowance, "risk_signals": [], "metadata": {}}
        headers = {"Authorization": "Bearer x", "API-Version": "2026-04-17", "Idempotency-Key": f"t{time.time_ns()}"}
        return str(gateway.post("/agentic_commerce/delegate_payment", json=body, headers=headers).json()["id"])

    def pay(token: str, amount_minor: int = 2599) -> httpx.Response:
        card = {"payment_method_data[type]": "card", "payment_method_data[card][token]": token, "confirm": "true"}
        sale = {"amount": amount_minor, "currency": "eur", "metadata[checkout_session_id]": "cs_1"}
        return stripe.post("payment_intents", {**sale, **card})

    good = token()
    assert pay(good).json()["status"] == "succeeded"
    assert pay(good).json()["error"]["decline_code"] == "transaction_not_allowed"
    assert pay(token(), 2600).status_code == 402
    assert pay("tok_visa").status_code == 200
    assert len(mall.facts("gateway", "captured")) == 2


def test_the_same_seed_gives_out_the_same_ids(stripe: StripeClient, mall: Mall) -> None:
    first = stripe.sell("a")["id"]
    assert stripe.sell("a")["id"] != first
    mall.backstage.reset(7)
    assert stripe.sell("a")["id"] == first


def test_forms_nest() -> None:
    import doctest

    failed, tried = doctest.testmod(form)
    assert tried and not failed
    assert form.parse_form(b"metadata[0]=x&a[b][c]=1") == {"metadata": {"0": "x"}, "a": {"b": {"c": "1"}}}
    for contradiction in (b"a=1&a[b]=2", b"a[b]=2&a=1"):
        with pytest.raises(Exception, match="contradicts"):
            form.parse_form(contradiction)
