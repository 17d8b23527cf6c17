"""An adapter reads what the shop answered: 200 is not success, and silence on a money step is not failure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest

from doorbuster.storefronts.base import Line, Product, Response, Shop, Storefront, Visit
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.staging import StagingStorefront

PRODUCT = Product("shoes-001", "shoes-001-small", "shoes-001-small", 999, "EUR", 5)
ADDRESS_NOBODY_HAS = "http://127.0.0.1:9"


@dataclass
class Parrot:
    """A client that always gives the same answer and remembers what it was asked."""

    response: Response
    keys: list[str | None] = field(default_factory=list)

    def request(self, method: str, url: str, *, json: Any = None, form: Any = None, headers: Any = None) -> Response:
        self.keys.append((headers or {}).get("Idempotency-Key") or (headers or {}).get("X-Purchase-Intent"))
        return self.response


def _shopper(status: int, body: object = None, failure: str | None = None) -> StagingStorefront:
    visit = Visit(1, "native_checkout", "intent-1", (Line(PRODUCT, 1),), "shoes", None, 30, None)
    return StagingStorefront(Parrot(Response(status, {}, orjson.dumps(body), failure)), Shop(ADDRESS_NOBODY_HAS), visit)


def _refusal(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "whatever"}}


@pytest.mark.parametrize(
    ("status", "body", "on_money", "elsewhere"),
    [
        (0, None, "unknown", "error"),
        (500, None, "unknown", "error"),
        (503, _refusal("payment_pending"), "unknown", "error"),
        (200, {}, "unknown", "error"),
        (200, [], "unknown", "error"),
        (429, None, "throttled", "throttled"),
        (409, _refusal("intent_mismatch"), "conflict", "conflict"),
        (422, _refusal("out_of_stock"), "rejected", "rejected"),
        (422, _refusal("payment_declined"), "rejected", "rejected"),
        (422, _refusal("discount_code_usage_limit_reached"), "rejected", "rejected"),
        (404, _refusal("no_such_cart"), "error", "error"),
        (400, "not even an object", "error", "error"),
    ],
)
def test_outcomes(status: int, body: object, on_money: str, elsewhere: str) -> None:
    shopper = _shopper(status, body, "no answer in time" if status == 0 else None)
    for money in (shopper.checkout_payment, shopper.checkout_complete, shopper.wallet_complete):
        assert money().outcome == on_money
    for other in (shopper.home, shopper.cart_view, shopper.wallet_update, shopper.wallet_token):
        assert other().outcome == elsewhere


def test_a_wallets_decline_comes_with_200() -> None:
    session = {"status": "ready_for_payment", "messages": [{"type": "error", "code": "payment_declined"}]}
    answer = _shopper(200, session).wallet_complete()
    assert (answer.outcome, answer.detail) == ("rejected", "payment declined")


def test_a_retry_carries_the_same_key() -> None:
    shopper = _shopper(503)
    for _ in range(2):
        shopper.checkout_complete()
        shopper.wallet_complete()
    assert isinstance(shopper.client, Parrot)
    assert shopper.client.keys == ["intent-1"] * 4


def test_the_plain_client_says_what_broke_in_equal_words() -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("id 17 took too long")

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError("id 18 broke")

    for handler, words in ((slow, "no answer in time"), (broken, "the connection broke")):
        with httpx.Client(transport=httpx.MockTransport(handler)) as http:
            assert HttpxClient(http).request("GET", "http://shop").failure == words
    with httpx.Client() as http:
        assert HttpxClient(http).request("GET", ADDRESS_NOBODY_HAS).failure == "could not connect"


def test_it_is_a_storefront() -> None:
    shopper: Storefront = _shopper(200)
    assert shopper


def test_the_adapter_brings_no_client_of_its_own() -> None:
    import subprocess
    import sys

    script = (
        "import sys, doorbuster.storefronts.staging, doorbuster.storefronts.staging_backstage\n"
        "print([m for m in ('httpx', 'gevent', 'pandas', 'starlette') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout == b"[]\n"
