"""Whether a Magento cart has become an order, for a shopper whose answer got lost.

Guest GraphQL knows orders by number only, and whoever lost the answer was told none. The guest cart over REST says
whether it is still open and which number was reserved for it; with that number, the e-mail address and the last name
GraphQL tells the order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from doorbuster.storefronts.answers import Reading, read
from doorbuster.storefronts.base import Answer, Client, Response, Shop, Visit
from doorbuster.storefronts.escaped import part
from doorbuster.storefronts.graphql import ask
from doorbuster.storefronts.magento_answers import read_graphql
from doorbuster.storefronts.magento_options import lastname_of
from doorbuster.storefronts.people import email_of

NOT_TOLD = Answer("unknown", "the shop does not tell what became of the cart")


def rest_url(shop: Shop, path: str) -> str:
    """An address of the guest REST API of the scenario's store view."""
    return f"{shop.base_url}/rest/{shop.options['store']}/V1/{path}"


def criteria(filters: Sequence[tuple[str, str, str]], **more: Any) -> str:
    """A query string of the REST API: filters are (field, condition, value), all of which must hold."""
    return _criteria(tuple(filters), tuple(more.items()))


@lru_cache(maxsize=4096)  # most shoppers ask for the same pages
def _criteria(filters: tuple[tuple[str, str, str], ...], more: tuple[tuple[str, Any], ...]) -> str:
    asked = {f"searchCriteria[{name}]": value for name, value in more}
    for number, told in enumerate(filters):
        for name, value in zip(("field", "conditionType", "value"), told, strict=True):
            asked[f"searchCriteria[filterGroups][{number}][filters][0][{name}]"] = value
    return urlencode(asked)


def order_of(
    client: Client,
    shop: Shop,
    visit: Visit,
    cart: str,
    reading: Reading,
    headers: Mapping[str, str],
    number: str | None = None,
) -> Answer:
    """`ok` with the order that `reading` makes of it, `rejected` while the cart is still open, `unknown` where the
    shop does not say. `number`, where the shopper was told it, saves asking for the cart.
    """
    if number is None:
        if not cart:
            return Answer("rejected", "there was never a cart")
        answer = client.request("GET", rest_url(shop, f"guest-carts/{part(cart)}"))
        told = read("order.read", answer, lambda body: _number_in(answer, body))
        if told.outcome != "ok" or told.order_id is None:
            return told
        number = told.order_id
    url, step = f"{shop.base_url}/graphql", "order.read"
    if "Authorization" in headers:
        response = ask(client, url, "magento", "OwnOrder", {"number": number}, headers)
        return read_graphql(step, response, lambda data: reading(data["customer"]["orders"]["items"][0]))
    wanted = {"number": number, "email": email_of(visit), "lastname": lastname_of(visit, shop)}
    response = ask(client, url, "magento", "GuestOrder", wanted, headers)
    return read_graphql(step, response, lambda data: reading(data["guestOrder"]))


def _number_in(response: Response, cart: Any) -> Answer:
    if response.status >= 400:
        return NOT_TOLD if response.status == 404 else Answer("error", f"HTTP {response.status}")
    if cart["is_active"] is True:
        return Answer("rejected", "no order: the cart is still open")
    if cart["is_active"] is not False:
        raise ValueError
    number = cart.get("reserved_order_id")
    return Answer("ok", order_id=str(number)) if number else NOT_TOLD
