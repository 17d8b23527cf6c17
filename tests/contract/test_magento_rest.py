"""The guest REST API beyond the common contract: its description, lost answers, and the ids of its orders."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest

from doorbuster.storefronts.base import Customer, Line, Response, Shop
from doorbuster.storefronts.magento_rest import PLATFORM
from tests.contract import magento_schema
from tests.contract.exchange import BASE_URL, CannedClient, Request, visit_of, walk
from tests.contract.magento_rest_exchange import ANSWERS_REST, CART_ROOT, EXCHANGE, MagentoRestShop, storefront
from tests.contract.test_magento import Office, office

# What is shown of a product is described by some thirty fields, of which a step reads that there are any.
DESCRIBED = [route for route in ANSWERS_REST if not route[1].endswith("/products-render-info")]


@pytest.mark.parametrize(("method", "path"), DESCRIBED, ids=map(" ".join, DESCRIBED))
def test_an_answer_is_what_its_route_describes(shared: Path, method: str, path: str) -> None:
    request = Request(method, BASE_URL + path, None, None, {})
    magento_schema.check_rest_answer(request, ANSWERS_REST[method, path])


def test_a_request_that_the_description_does_not_allow_would_be_noticed(shared: Path) -> None:
    def send(path: str, body: Any) -> None:
        magento_schema.check_rest(Request("POST", f"{BASE_URL}{CART_ROOT}{path}", body, None, {}))

    send("/items", {"cartItem": {"sku": "LS-M", "qty": 1, "quote_id": "x"}})
    with pytest.raises(jsonschema.ValidationError):
        send("/items", {"cartItem": {"sku": "LS-M", "qty": "one"}})
    with pytest.raises(AssertionError, match="has no POST"):
        send("/pay-by-magic", {})


def test_a_guest_whose_confirmation_is_lost_finds_the_order_under_the_same_id() -> None:
    shop, lost = MagentoRestShop(), []

    def instead(step: str, request: Request) -> Response | None:
        if step == "checkout.complete" and not lost:
            lost.append(shop(request))
            return Response(0, {}, b"", "no answer in time")
        return shop(request)

    walked = walk(EXCHANGE, "native_checkout", instead)
    assert walked.last("checkout.complete").outcome == "unknown"
    found = walked.last("order.read")
    assert (found.outcome, found.order_id, found.total_minor, found.currency) == ("ok", "123", 5390, "EUR")


def test_a_guest_whose_order_was_never_made_finds_none() -> None:
    walked = walk(
        EXCHANGE,
        "express_wallet",
        lambda step, request: Response(502, {}, b"") if step == "wallet.complete" else None,
    )
    assert walked.last("order.read").outcome == "rejected"


def test_an_id_that_is_no_number_is_no_order() -> None:
    order = {"id": "bm8tbnVtYmVy", "number": "000000123", "status": "Pending", "total": {"grand_total": {"value": 1}}}

    def instead(step: str, request: Request) -> Response | None:
        if step == "checkout.complete":
            return Response(502, {}, b"")
        if step == "order.read" and request.method == "GET":
            return Response(200, {}, b'{"is_active":false,"reserved_order_id":"000000123"}')
        return Response(200, {}, orjson.dumps({"data": {"guestOrder": order}})) if step == "order.read" else None

    assert walk(EXCHANGE, "native_checkout", instead).last("order.read").outcome == "error"


def test_customers_and_absent_wallets_are_refused_before_anything_is_sent() -> None:
    client = CannedClient(EXCHANGE, MagentoRestShop())
    visit = visit_of(EXCHANGE, "express_wallet")
    customer = storefront(client, visit._replace(customer=Customer("ana@shop.example", "secret")))
    without = storefront(client, visit, wallet="")
    for answer in (
        customer.checkout_start(),
        customer.wallet_start([Line(EXCHANGE.product, 1)]),
        without.wallet_start([Line(EXCHANGE.product, 1)]),
        without.wallet_token(),
    ):
        assert answer.outcome == "rejected"
        assert re.search("platform magento|Payment Services", answer.detail)
    assert client.sent == []


def test_the_books_name_orders_by_the_id_that_guests_are_told() -> None:
    backstage = office(Office())
    given = PLATFORM.read_options({}, Path())
    guests = PLATFORM.backstage(backstage.client, Shop(BASE_URL, given, admin_token="admin-token"))
    assert [row["order_id"] for row in guests.read_back().orders if row["kind"] == "order"] == ["123"]
    assert guests.cancel(["123"]) == {"123": None}
