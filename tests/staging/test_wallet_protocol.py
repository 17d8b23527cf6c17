"""A wallet talks to the shop: every answer is one that the published protocol allows."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from staging_mall import Mall

from doorbuster.storefronts.acp import PLATFORM
from doorbuster.storefronts.base import Shop, Visit
from doorbuster.storefronts.plain_client import HttpxClient

DEAL = "doorbuster-deal-one"
HEADERS = {"Authorization": "Bearer test", "API-Version": "2026-04-17"}
ADDRESS = {
    "name": "Jo",
    "line_one": "1 Street",
    "city": "Town",
    "state": "MD",
    "country": "ES",
    "postal_code": "28001",
}
ITEMS = {"line_items": [{"id": DEAL}], "currency": "eur", "capabilities": {}}
READY = {
    "buyer": {"email": "jo@example.com"},
    "fulfillment_details": {"address": ADDRESS},
    "selected_fulfillment_options": [{"type": "shipping", "option_id": "express", "item_ids": [DEAL]}],
}


def _schema(name: str) -> dict[str, Any]:
    shared = Path(os.environ.get("DOORBUSTER_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    path = shared / "schemas" / "acp" / "spec" / "2026-04-17" / "json-schema" / f"schema.{name}.json"
    if not path.exists():
        pytest.skip(f"the published schemas are not here ({path}); set DOORBUSTER_SHARED to their folder")
    schema: dict[str, Any] = json.loads(path.read_text())
    return schema


def _must_be(kind: str, body: Any, schema_name: str = "agentic_checkout") -> None:
    schema = _schema(schema_name)
    at = {"$schema": schema["$schema"], "$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]}
    validator = Draft202012Validator(at, format_checker=FormatChecker())
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)] == []


class Wallet:
    """Sends what a wallet sends; both sides of every exchange are held against the schema."""

    def __init__(self, mall: Mall) -> None:
        self.mall = mall

    def post(self, path: str, body: Mapping[str, Any], key: str | None, **headers: str) -> httpx.Response:
        sent = {**HEADERS, **headers, **({"Idempotency-Key": key} if key else {})}
        return self.mall.http.post(f"/checkout_sessions{path}", json=body, headers=sent)

    def ready(self, key: str, **more: Any) -> dict[str, Any]:
        body = {**ITEMS, **more}
        _must_be("CheckoutSessionCreateRequest", body)
        _must_be("CheckoutSessionUpdateRequest", READY)
        made = self.post("", body, key)
        assert made.status_code == 201
        _must_be("CheckoutSession", made.json())
        assert made.json()["status"] == "not_ready_for_payment"
        updated = self.post(f"/{made.json()['id']}", READY, f"{key}-update")
        _must_be("CheckoutSession", updated.json())
        assert updated.json()["status"] == "ready_for_payment"
        session: dict[str, Any] = updated.json()
        return session

    def token(self, session: Mapping[str, Any], **allowance: Any) -> str:
        answer = self.delegate(session, "4242424242424242", **allowance)
        assert answer.status_code == 201
        _must_be("DelegatePaymentResponse", answer.json(), "delegate_payment")
        return str(answer.json()["id"])

    def delegate(self, session: Mapping[str, Any], card: str, **allowance: Any) -> httpx.Response:
        config = session["capabilities"]["payment"]["handlers"][0]["config"]
        body = {
            "payment_method": {
                "type": "card",
                "card_number_type": "fpan",
                "number": card,
                "display_card_funding_type": "credit",
                "metadata": {},
            },
            "allowance": {
                "reason": "one_time",
                "max_amount": total(session),
                "currency": "eur",
                "checkout_session_id": session["id"],
                "merchant_id": config["merchant_id"],
                "expires_at": "2099-01-01T00:00:00Z",
                **allowance,
            },
            "risk_signals": [{"type": "card_testing", "score": 1, "action": "authorized"}],
            "metadata": {"source": "test"},
        }
        _must_be("DelegatePaymentRequest", body, "delegate_payment")
        key = {"Idempotency-Key": f"token-{session['id']}-{card}-{allowance}"}
        return httpx.post(config["delegate_payment_url"], json=body, headers={**HEADERS, **key})

    def complete(self, session: Mapping[str, Any], token: str, key: str) -> httpx.Response:
        instrument = {"type": "card", "credential": {"type": "spt", "token": token}}
        body = {"payment_data": {"handler_id": "staging_card", "instrument": instrument}}
        _must_be("CheckoutSessionCompleteRequest", body)
        return self.post(f"/{session['id']}/complete", body, key)


def total(session: Mapping[str, Any]) -> int:
    return next(int(row["amount"]) for row in session["totals"] if row["type"] == "total")


@pytest.fixture
def wallet(mall: Mall) -> Wallet:
    return Wallet(mall)


def test_a_purchase_from_start_to_order(wallet: Wallet) -> None:
    session = wallet.ready("buy", metadata={"purchase_intent": "wish"}, discounts={"codes": ["BF25"]})
    assert [row["code"] for row in session["discounts"]["applied"]] == ["BF25"]
    done = wallet.complete(session, wallet.token(session), "buy-complete")
    _must_be("CheckoutSessionWithOrder", done.json())
    assert (done.status_code, done.json()["status"], total(done.json())) == (200, "completed", total(session))
    [order] = wallet.mall.facts("shop", "order")
    assert (order["intent"], order["order_id"], order["amount_minor"]) == (
        "wish",
        done.json()["order"]["id"],
        total(session),
    )
    read = wallet.mall.http.get(f"/checkout_sessions/{session['id']}", headers=HEADERS)
    _must_be("CheckoutSessionWithOrder", read.json())


def test_a_discount_that_cannot_be_had_is_said_with_its_reason(wallet: Wallet) -> None:
    made = wallet.post("", {**ITEMS, "discounts": {"codes": ["BF25", "VIP50", "NO"]}}, "codes")
    _must_be("CheckoutSession", made.json())
    assert [row["reason"] for row in made.json()["discounts"]["rejected"]] == [
        "discount_code_combination_disallowed",
        "discount_code_invalid",
    ]


def test_two_of_one_thing_is_the_item_named_twice(wallet: Wallet) -> None:
    made = wallet.post("", {**ITEMS, "line_items": [{"id": DEAL}, {"id": DEAL}]}, "pair")
    assert [row["quantity"] for row in made.json()["line_items"]] == [2]


@pytest.mark.parametrize(
    "allowance",
    [{"max_amount": 1}, {"currency": "usd"}, {"checkout_session_id": "cs_x"}, {"expires_at": "2020-01-01T00:00:00Z"}],
)
def test_a_token_is_good_for_nothing_else(wallet: Wallet, allowance: dict[str, Any]) -> None:
    session = wallet.ready("bound")
    declined = wallet.complete(session, wallet.token(session, **allowance), "bound-complete")
    _must_be("CheckoutSession", declined.json())
    assert (declined.status_code, declined.json()["status"]) == (200, "ready_for_payment")
    assert [row["code"] for row in declined.json()["messages"]] == ["payment_declined"]
    assert wallet.mall.units(DEAL) == 50


def test_a_declined_card_may_be_followed_by_a_good_one(wallet: Wallet) -> None:
    session = wallet.ready("again")
    bad = wallet.delegate(session, "4000000000000002").json()["id"]
    assert wallet.complete(session, bad, "again-1").json()["status"] == "ready_for_payment"
    assert wallet.complete(session, wallet.token(session), "again-2").json()["status"] == "completed"
    assert len(wallet.mall.facts("shop", "order")) == len(wallet.mall.facts("gateway", "captured")) == 1


def test_a_token_is_spent_once(wallet: Wallet) -> None:
    first, second = wallet.ready("first"), wallet.ready("second")
    token = wallet.token(first)
    assert wallet.complete(first, token, "first-complete").json()["status"] == "completed"
    assert wallet.complete(second, token, "second-complete").json()["status"] == "ready_for_payment"


def test_what_is_sold_out_is_said_in_a_message(wallet: Wallet) -> None:
    session = wallet.ready("sold-out")
    for number in range(5):
        buyer = wallet.mall.ready_to_place(f"early-{number}", wallet.mall.line(DEAL, 10))
        assert buyer.checkout_complete().outcome == "ok"
    refused = wallet.complete(session, wallet.token(session), "sold-out-complete")
    _must_be("CheckoutSession", refused.json())
    assert [row["code"] for row in refused.json()["messages"]] == ["out_of_stock"]


def test_a_repeated_request_is_answered_as_before(wallet: Wallet) -> None:
    first, again = wallet.post("", ITEMS, "same"), wallet.post("", ITEMS, "same")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (again.headers["idempotent-replayed"], again.headers["idempotency-key"]) == ("true", "same")


def test_errors_are_the_protocols_own(wallet: Wallet) -> None:
    wallet.post("", ITEMS, "used")
    cases = [
        (wallet.post("", ITEMS, None), 400, "idempotency_key_required"),
        (wallet.post("", {**ITEMS, "metadata": {"a": 1}}, "used"), 422, "idempotency_conflict"),
        (wallet.post("", ITEMS, "v", **{"API-Version": "2020-01-01"}), 400, "unsupported_api_version"),
        (wallet.post("", ITEMS, "a", Authorization=""), 401, "unauthorized"),
        (wallet.post("", {**ITEMS, "line_items": [{"id": "ghost"}]}, "g"), 400, "invalid_item_id"),
        (wallet.post("", {**ITEMS, "line_items": []}, "e"), 400, "missing"),
        (wallet.post("/cs_none", READY, "n"), 404, "not_found"),
    ]
    for answer, status, code in cases:
        _must_be("Error", answer.json())
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_gateways_errors_are_the_protocols_own(wallet: Wallet) -> None:
    session = wallet.ready("errors")
    wallet.token(session)
    url = session["capabilities"]["payment"]["handlers"][0]["config"]["delegate_payment_url"]
    used = f"token-{session['id']}-4242424242424242-{{}}"
    for key, status, code in ((None, 400, "idempotency_key_required"), (used, 422, "idempotency_conflict")):
        headers = {**HEADERS, **({"Idempotency-Key": key} if key else {})}
        answer = httpx.post(url, json={"payment_method": {}}, headers=headers)
        _must_be("Error", answer.json(), "delegate_payment")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    incomplete = httpx.post(url, json={"payment_method": {}}, headers={**HEADERS, "Idempotency-Key": "new"})
    _must_be("Error", incomplete.json(), "delegate_payment")
    assert (incomplete.status_code, incomplete.json()["code"]) == (422, "invalid_card")


def test_two_requests_with_one_key_do_not_run_together(wallet: Wallet) -> None:
    session = wallet.ready("pair")
    token = wallet.token(session)
    wallet.mall.switch_on("gateway_slow", 400)
    with ThreadPoolExecutor(6) as crowd:
        answers = list(crowd.map(lambda _: wallet.complete(session, token, "pair-complete"), range(6)))
    in_flight = [answer for answer in answers if answer.status_code == 409]
    assert in_flight and len(in_flight) < len(answers)
    for answer in in_flight:
        _must_be("Error", answer.json())
        assert (answer.json()["code"], answer.headers["retry-after"]) == ("idempotency_in_flight", "1")
    assert len(wallet.mall.facts("shop", "order")) == 1


def test_a_session_is_canceled_once(wallet: Wallet) -> None:
    session = wallet.ready("regret")
    canceled = wallet.post(f"/{session['id']}/cancel", {}, "regret-cancel")
    _must_be("CheckoutSession", canceled.json())
    assert (canceled.status_code, canceled.json()["status"]) == (200, "canceled")
    again = wallet.post(f"/{session['id']}/cancel", {}, "regret-cancel-2")
    assert again.status_code == 405
    _must_be("Error", again.json())
    assert wallet.complete(session, wallet.token(session), "regret-complete").status_code == 400


def test_the_adapter_for_any_shop_of_the_protocol_buys_here_too(wallet: Wallet) -> None:
    mall = wallet.mall
    shop = Shop(mall.addresses.shop_url, PLATFORM.read_options({}, Path()), "any")
    visit = Visit(7, "express_wallet", "run-7", (mall.line(DEAL, 2),), "", "BF25", 30.0, None)
    shopper = PLATFORM.storefront(HttpxClient(mall.http), shop, visit)
    for step in (lambda: shopper.wallet_start(visit.lines), shopper.wallet_update, shopper.wallet_token):
        assert step().outcome == "ok"
    bought, looked_up = shopper.wallet_complete(), shopper.order_read()
    assert (bought.outcome, bought) == ("ok", looked_up)
    [order] = mall.facts("shop", "order")
    assert (order["intent"], order["order_id"], order["amount_minor"]) == ("run-7", bought.order_id, bought.total_minor)
    assert order["detail"]["codes"] == ["BF25"]
