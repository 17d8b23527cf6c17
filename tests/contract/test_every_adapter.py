"""What every adapter owes, whatever its platform: the journeys to their end, and no success that was not read."""

from __future__ import annotations

import importlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from doorbuster.storefronts.base import Response
from doorbuster.storefronts.people import EMAIL_DOMAIN, NOTE
from doorbuster.vocabulary import MONEY_STEPS, OUTCOMES, STEPS
from tests.contract.exchange import Exchange, Failure, Request, json_response, walk

EXCHANGES: list[Exchange] = [
    importlib.import_module(f"tests.contract.{path.stem}").EXCHANGE
    for path in sorted(Path(__file__).parent.glob("*_exchange.py"))
]
JOURNEYS = [
    pytest.param(exchange, journey, id=f"{exchange.platform}-{journey}")
    for exchange in EXCHANGES
    for journey in exchange.journeys
]
BUYING = [param for param in JOURNEYS if param.values[1] in ("native_checkout", "express_wallet")]
FAILURES = [
    pytest.param(exchange, failure, id=f"{exchange.platform}-{failure.step}-{failure.name}")
    for exchange in EXCHANGES
    for failure in exchange.failures
]
RUBBISH = {
    "nothing": Response(200, {}, b""),
    "a page instead": Response(200, {"content-type": "text/html"}, b"<html><body>Welcome</body></html>"),
    "half an answer": Response(200, {"content-type": "application/json"}, b'{"data":{"order'),
    "an empty object": json_response({}),
    "null": json_response(None),
    "a list": json_response([]),
}


def journey_to(exchange: Exchange, step: str) -> str:
    """A journey on which that step is taken."""
    for journey in exchange.journeys:
        if any(name == step for name, _ in walk(exchange, journey).answers):
            return journey
    raise AssertionError(f"no journey of {exchange.platform} takes {step}")


def once(step: str, response: Response, when=lambda request: True):  # type: ignore[no-untyped-def]  # a test's helper
    """Answers the first such request of the step with `response`."""
    done: list[Request] = []

    def instead(now: str, request: Request) -> Response | None:
        if now != step or done or not when(request):
            return None
        done.append(request)
        return response

    return instead


@pytest.mark.parametrize(("exchange", "journey"), JOURNEYS)
def test_a_shopper_gets_through(exchange: Exchange, journey: str) -> None:
    shopper = walk(exchange, journey)
    assert [(name, answer) for name, answer in shopper.answers if answer.outcome != "ok"] == []
    assert {name for name, _ in shopper.answers} <= set(STEPS)


@pytest.mark.parametrize(("exchange", "journey"), BUYING)
def test_a_purchase_comes_back_with_its_order_its_total_and_its_currency(exchange: Exchange, journey: str) -> None:
    _, bought = walk(exchange, journey).answers[-1]
    assert bought.order_id
    assert bought.total_minor is not None
    assert bought.total_minor > 0
    assert bought.currency == exchange.product.currency


@pytest.mark.parametrize(("exchange", "journey"), BUYING)
def test_the_whole_price_is_known_before_it_is_paid(exchange: Exchange, journey: str) -> None:
    quotes = [answer.total_minor for step, answer in walk(exchange, journey).answers if step in QUOTES]
    assert any(quote is not None for quote in quotes)


QUOTES = ("checkout.shipping", "checkout.payment", "wallet.update", "wallet.token")


@pytest.mark.parametrize(("exchange", "failure"), FAILURES)
def test_a_refusal_is_read_as_what_the_platform_means(exchange: Exchange, failure: Failure) -> None:
    assert failure.outcome in OUTCOMES
    shopper = walk(exchange, journey_to(exchange, failure.step), once(failure.step, failure.response, failure.when))
    answer = shopper.last(failure.step)
    assert answer.outcome == failure.outcome
    assert answer.again_s == failure.again_s
    assert answer.outcome == "ok" or answer.detail
    assert "shop.example" not in answer.detail


@pytest.mark.parametrize(("exchange", "journey"), BUYING)
@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_instead_of_an_order_is_never_a_purchase(exchange: Exchange, journey: str, rubbish: str) -> None:
    buying = walk(exchange, journey).answers[-1][0]
    answer = walk(exchange, journey, once(buying, RUBBISH[rubbish])).last(buying)
    assert answer.outcome in ("unknown", "error")
    assert answer.order_id is None


@pytest.mark.parametrize(("exchange", "journey"), BUYING)
@pytest.mark.parametrize(
    "lost",
    [
        Response(0, {}, b"", "no answer in time"),
        Response(500, {}, b""),
        Response(502, {}, b"<html>"),
        Response(408, {}, b"<html>"),  # from a proxy that waited for the shop, which may well have done it
        json_response({"message": "Request timed out"}, 408),
    ],
    ids=str,
)
def test_a_lost_answer_on_a_money_step_is_unknown_and_is_looked_up(
    exchange: Exchange, journey: str, lost: Response
) -> None:
    buying = walk(exchange, journey).answers[-1][0]
    assert buying in MONEY_STEPS
    shopper = walk(exchange, journey, once(buying, lost))
    assert shopper.last(buying).outcome == "unknown"
    assert any(name == "order.read" for name, _ in shopper.answers)


@pytest.mark.parametrize(("exchange", "journey"), JOURNEYS)
@pytest.mark.parametrize("failure", ["no answer in time", "HTTP 500", "HTTP 429"])
def test_no_step_takes_a_failure_for_a_success(exchange: Exchange, journey: str, failure: str) -> None:
    lost = {
        "no answer in time": Response(0, {}, b"", "no answer in time"),
        "HTTP 500": Response(500, {}, b""),
        "HTTP 429": Response(429, {"retry-after": "2"}, b""),
    }[failure]
    for step in dict.fromkeys(name for name, request in walk(exchange, journey).client.sent):
        answer = walk(exchange, journey, once(step, lost)).last(step)
        assert answer.outcome != "ok" or answer.again_s is not None, step
        if failure == "HTTP 429":
            assert (answer.outcome, answer.again_s) == ("throttled", 2.0), step


@pytest.mark.parametrize(("exchange", "journey"), JOURNEYS)
def test_nothing_goes_to_another_host_and_no_buyers_address_is_made_up(exchange: Exchange, journey: str) -> None:
    for _, request in walk(exchange, journey).client.sent:
        assert urlsplit(request.url).hostname in exchange.hosts
        assert not {"x-forwarded-for", "shopify-storefront-buyer-ip", "true-client-ip"} & set(request.headers)


@pytest.mark.parametrize(("exchange", "journey"), BUYING)
def test_an_order_is_marked_as_a_rehearsals(exchange: Exchange, journey: str) -> None:
    if not exchange.marked:
        pytest.skip(f"{exchange.platform} has no place for a mark")
    said = str([(request.json, request.form) for _, request in walk(exchange, journey).client.sent])
    assert EMAIL_DOMAIN in said or NOTE in said


@pytest.mark.parametrize(("exchange", "journey"), BUYING)
def test_one_purchase_has_one_idempotency_key(exchange: Exchange, journey: str) -> None:
    name = exchange.idempotency_header
    if name is None:
        pytest.skip(f"{exchange.platform} takes no idempotency key")
    buying = walk(exchange, journey).answers[-1][0]
    keys = {
        request.headers.get(name)
        for _ in range(2)
        for step, request in walk(exchange, journey).client.sent
        if step == buying and name in request.headers
    }
    assert len(keys) == 1
