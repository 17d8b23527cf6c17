"""Shopify's schema has the last word: our operations are valid, and every answer it can give is read as what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import graphql
import orjson
import pytest

from doorbuster.storefronts.base import Response
from doorbuster.storefronts.graphql import operations
from doorbuster.storefronts.shopify_answers import REJECTED
from tests.contract import shopify_schema
from tests.contract.exchange import Failure, Request, json_response, walk
from tests.contract.shopify_exchange import DATE, EXCHANGE

ENUMS = ("CartErrorCode", "CartWarningCode", "CompletionErrorCode", "CustomerErrorCode", "SubmissionErrorCode")
COMPLETING = {
    "CartPrepareForCompletion": ("CartPrepareForCompletionResult", "checkout.payment"),
    "CartSubmitForCompletion": ("CartSubmitForCompletionResult", "checkout.complete"),
    "CartCompletionAttempt": ("CartCompletionAttemptResult", "checkout.complete"),
}
GRAPHQL_FAILURES = [
    pytest.param(one, id=f"{one.step}-{one.name}") for one in EXCHANGE.failures if b'"data"' in one.response.body
]


@pytest.fixture(scope="session")
def schema(shared: Path) -> graphql.GraphQLSchema:
    found = shopify_schema.schema()
    if found is None:
        pytest.skip("the shared folder has no Shopify schema")
    return found


def first(operation: str, choices: Mapping[str, Any]) -> Callable[[str, Request], Response | None]:
    """Answers the operation once, as the schema has it."""
    done: list[Request] = []

    def instead(step: str, request: Request) -> Response | None:
        if done or not isinstance(request.json, dict) or request.json.get("operationName") != operation:
            return None
        done.append(request)
        return json_response(shopify_schema.made(request, choices), headers=DATE)

    return instead


@pytest.mark.parametrize("operation", sorted(operations("shopify")))
def test_every_operation_is_one_that_shopify_understands(schema: graphql.GraphQLSchema, operation: str) -> None:
    assert graphql.validate(schema, graphql.parse(operations("shopify")[operation])) == []


@pytest.mark.parametrize("failure", GRAPHQL_FAILURES)
def test_every_canned_refusal_is_one_that_shopify_can_give(schema: graphql.GraphQLSchema, failure: Failure) -> None:
    told = orjson.loads(failure.response.body)["data"]

    def instead(step: str, request: Request) -> Response | None:
        if (
            step == failure.step
            and isinstance(request.json, dict)
            and "query" in request.json
            and failure.when(request)
        ):
            checked.append(shopify_schema.answer(request, told))
        return None

    checked: list[Any] = []
    for journey in EXCHANGE.journeys:
        walk(EXCHANGE, journey, instead)
    # Executed against the schema, which raises for a value that its types do not have.
    assert checked
    assert checked[0]["data"].keys() >= told.keys()


def test_the_codes_that_mean_no_are_shopifys_own(schema: graphql.GraphQLSchema) -> None:
    known = {code for name in ENUMS for code in schema.type_map[name].values}  # type: ignore[attr-defined]  # enums
    assert set(REJECTED) <= known


@pytest.mark.parametrize("operation", COMPLETING)
def test_no_member_of_a_union_but_success_is_a_purchase(schema: graphql.GraphQLSchema, operation: str) -> None:
    union, step = COMPLETING[operation]
    for member in schema.type_map[union].types:  # type: ignore[attr-defined]  # a union
        if member.name in ("CartStatusReady", "SubmitSuccess", "SubmitAlreadyAccepted", "CartCompletionSuccess"):
            continue
        choices = {union: member.name, "userErrors": [], "pollDelay": 700}
        instead = first(operation, choices)
        shopper = walk(EXCHANGE, "native_checkout", instead)
        answer = shopper.last(step)
        if member.name == "CartCompletionProcessing":
            assert answer.order_id == "42", "asked again until it was decided"
            continue
        assert answer.outcome in ("rejected", "error", "throttled"), (member.name, answer)
        assert answer.order_id is None
        assert (answer.again_s == 5.0) == (answer.outcome == "throttled"), (member.name, answer)


@pytest.mark.parametrize(
    ("operation", "union", "member", "enum", "journey_step"),
    [
        ("CartSubmitForCompletion", "CartSubmitForCompletionResult", "SubmitFailed", "SubmissionErrorCode", "checkout.complete"),
        ("CartCompletionAttempt", "CartCompletionAttemptResult", "CartCompletionFailed", "CompletionErrorCode", "checkout.complete"),
    ],
)  # fmt: skip
def test_every_code_of_a_failed_purchase_is_a_refusal_or_an_error(
    schema: graphql.GraphQLSchema, operation: str, union: str, member: str, enum: str, journey_step: str
) -> None:
    for code in schema.type_map[enum].values:  # type: ignore[attr-defined]  # an enum
        instead = first(operation, {union: member, enum: code, "userErrors": []})
        answer = walk(EXCHANGE, "native_checkout", instead).last(journey_step)
        assert (answer.outcome, answer.order_id) == ("rejected" if code in REJECTED else "error", None), code


@pytest.mark.parametrize("operation", ["CartLinesAdd", "CartPaymentUpdate", "CartDeliveryAddressesAdd"])
def test_every_code_of_a_cart_stops_its_shopper_but_one_that_says_wait(
    schema: graphql.GraphQLSchema, operation: str
) -> None:
    step = {"CartLinesAdd": "cart.add", "CartPaymentUpdate": "checkout.payment"}.get(operation, "checkout.address")
    for code in schema.type_map["CartErrorCode"].values:  # type: ignore[attr-defined]  # an enum
        shopper = walk(EXCHANGE, "native_checkout", first(operation, {"CartErrorCode": code}))
        answer = shopper.last(step)
        if code == "PENDING_DELIVERY_GROUPS":
            assert answer.outcome == "ok", "asked again"
            asked = [one for _, one in shopper.client.sent if one.json and one.json.get("operationName") == operation]
            assert len(asked) == 2
        elif code == "SERVICE_UNAVAILABLE":
            assert answer.outcome == ("unknown" if step == "checkout.payment" else "error")
        else:
            assert answer.outcome == ("rejected" if code in REJECTED else "error"), code


def test_every_warning_but_those_of_stock_lets_the_shopper_go_on(schema: graphql.GraphQLSchema) -> None:
    for code in schema.type_map["CartWarningCode"].values:  # type: ignore[attr-defined]  # an enum
        choices = {"CartWarningCode": code, "userErrors": [], "totalAmount": {"amount": "1.00"}}
        answer = walk(EXCHANGE, "native_checkout", first("CartBuyerIdentityUpdate", choices)).last("checkout.start")
        stock = code in ("MERCHANDISE_OUT_OF_STOCK", "MERCHANDISE_NOT_ENOUGH_STOCK")
        assert answer.outcome == ("rejected" if stock else "ok"), code
