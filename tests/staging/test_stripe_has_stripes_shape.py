"""Every object that the double answers has the fields and types of Stripe's own fixtures, field by field."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from listening_shop import ListeningShop
from stripe_client import SALE, StripeClient

# Null in a real account that has no such thing; the fixtures fill them in.
MAY_BE_NULL = {
    "payment_intent": [
        "automatic_payment_methods",
        "canceled_at",
        "last_payment_error",
        "next_action",
        "managed_payments",
        "payment_method_configuration_details",
        "processing",
        "shipping",
        "transfer_data",
    ],
    "charge": [
        "balance_transaction",
        "billing_details.name",
        "description",
        "payment_method_details.card.installments",
        "payment_method_details.card.three_d_secure",
        "payment_method_details.card.wallet",
        "receipt_url",
        "shipping",
        "source",
        "transfer_data",
    ],
    "refund": [],
    "event": [],
    "webhook_endpoint": ["description"],
    "payment_method": [
        *(f"billing_details.{name}" for name in ("email", "phone")),
        *(f"billing_details.address.{name}" for name in ("city", "country", "line1", "postal_code", "state")),
        "card.generated_from",
        "card.wallet",
    ],
}
# Objects that the fixtures cut down to what is required of them: ours may say more.
MAY_SAY_MORE = {"last_payment_error", "next_action", "metadata", "data.object", "shipping"}


def differences(ours: Any, theirs: Any, may_be_null: list[str], path: str = "") -> list[str]:
    """Where an object of ours has not the fields and types of theirs."""
    if ours is None or theirs is None:
        return [] if theirs is None or path in may_be_null else [f"{path} is null"]
    if type(ours) is not type(theirs):
        return [f"{path} is {type(ours).__name__}, not {type(theirs).__name__}"]
    if isinstance(ours, list):
        return [line for row in ours for line in (differences(row, theirs[0], may_be_null, path) if theirs else [])]
    if not isinstance(ours, dict) or path in MAY_SAY_MORE - {"last_payment_error", "next_action"} or not theirs:
        return []
    lines = [f"{path}.{name} is not there" for name in theirs if name not in ours]
    if path not in MAY_SAY_MORE:
        lines += [f"{path}.{name} is no field of Stripe's" for name in ours if name not in theirs]
    for name in ours.keys() & theirs.keys():
        lines += differences(ours[name], theirs[name], may_be_null, f"{path}.{name}".lstrip("."))
    return lines


@pytest.fixture(scope="session")
def fixtures(shared: Path) -> dict[str, Any]:
    return dict(json.loads((shared / "schemas/stripe/fixtures3.json").read_text())["resources"])


def assert_shape(row: dict[str, Any], fixtures: dict[str, Any]) -> None:
    kind = row["object"]
    assert differences(row, fixtures[kind], MAY_BE_NULL[kind]) == []


def test_payment_intents_in_every_state(stripe: StripeClient, fixtures: dict[str, Any]) -> None:
    held = stripe.sell(capture_method="manual")
    asks = {"payment_method": "pm_card_threeDSecure2Required"}
    no = {**SALE, "payment_method": "pm_card_visa_chargeDeclined", "confirm": "true"}
    rows = [
        stripe.post("payment_intents", {**SALE, "automatic_payment_methods[enabled]": "true"}).json(),
        stripe.post("payment_intents", {**SALE, "payment_method": "pm_card_visa"}).json(),
        stripe.sell("a", **{"shipping[name]": "Jo", "shipping[address][city]": "Madrid"}),
        stripe.sell(**asks),
        stripe.sell(**asks, return_url="http://shop.test/"),
        stripe.post("payment_intents", no).json()["error"]["payment_intent"],
        held,
        stripe.post(f"payment_intents/{held['id']}/cancel").json(),
    ]
    for row in rows:
        assert_shape(row, fixtures)
    assert {row["status"] for row in rows} == {
        "requires_payment_method", "requires_confirmation", "requires_action", "requires_capture", "succeeded", "canceled",
    }  # fmt: skip


def test_what_comes_of_them(stripe: StripeClient, listener: ListeningShop, fixtures: dict[str, Any]) -> None:
    endpoint = stripe.post("webhook_endpoints", {"url": listener.url, "enabled_events[]": "*"}).json()
    assert endpoint.pop("secret").startswith("whsec_")
    sale = stripe.sell("a", description="order 7")
    refund = stripe.post("refunds", {"payment_intent": sale["id"], "amount": 1}).json()
    no = {**SALE, "payment_method": "pm_card_visa_chargeDeclined", "confirm": "true"}
    declined = stripe.post("payment_intents", no).json()["error"]
    charges = stripe.get("charges").json()["data"]
    assert [charge["status"] for charge in charges] == ["failed", "succeeded"]
    method = stripe.get(f"payment_methods/{sale['payment_method']}").json()
    events = stripe.get("events").json()["data"]
    sent = [json.loads(heard.body) for heard in listener.wait_for(len(events))]
    assert {event["id"] for event in sent} == {event["id"] for event in events}
    for row in (endpoint, refund, *charges, method, declined["payment_method"], *events, *sent):
        assert_shape(row, fixtures)
    for event in sent:
        assert_shape(event["data"]["object"], fixtures)


def test_the_comparison_finds_what_is_wrong(stripe: StripeClient, fixtures: dict[str, Any]) -> None:
    good, theirs = stripe.sell(), fixtures["payment_intent"]
    for path, value, says in (
        ("amount", "1", "amount is str"),
        ("metadata", None, "metadata is null"),
        ("new", 1, ".new is no"),
    ):
        assert says in differences({**good, path: value}, theirs, MAY_BE_NULL["payment_intent"])[0]
    bad = copy.deepcopy(good)
    del bad["latest_charge"], bad["amount_details"]["tip"]
    found = differences(bad, theirs, MAY_BE_NULL["payment_intent"])
    assert found == [".latest_charge is not there", "amount_details.tip is not there"]
