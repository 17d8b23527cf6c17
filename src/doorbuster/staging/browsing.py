"""The pages where shoppers look around: home, collections, search and products."""

from __future__ import annotations

from collections.abc import Set
from html import escape
from typing import Any

from starlette.routing import Route

from doorbuster.staging.catalogue import CURRENCY, CatalogueProduct
from doorbuster.staging.till import Shop, page
from doorbuster.staging.web import Call, Refusal, Reply


def _teaser(product: CatalogueProduct, empty: Set[str]) -> dict[str, Any]:
    from_minor = min(variant.price_minor for variant in product.variants)
    return {
        "id": product.id,
        "name": product.name,
        "from_minor": from_minor,
        "currency": CURRENCY,
        "in_stock": any(variant.id not in empty for variant in product.variants),
    }


def _home(shop: Shop, call: Call) -> Reply:
    links = "".join(
        f'<li><a href="/collections/{escape(name)}">{escape(name)}</a></li>' for name in shop.catalogue.collections
    )
    text = (
        "<!doctype html><html lang=en><title>Doorbuster staging shop</title>"
        f"<h1>Black Friday starts here</h1><ul>{links}</ul></html>"
    )
    return Reply(text.encode(), headers=((b"content-type", b"text/html; charset=utf-8"),))


def _collection(shop: Shop, call: Call) -> Reply:
    name = call.path["collection"]
    products = shop.catalogue.collections.get(name)
    if products is None:
        raise Refusal(404, "no_such_collection", "There is no such collection.")
    empty = shop.shelves.empty()
    return Reply({"collection": name, "products": [_teaser(product, empty) for product in products]})


def _search(shop: Shop, call: Call) -> Reply:
    query, empty = call.query("q"), shop.shelves.empty()
    return Reply({"query": query, "results": [_teaser(product, empty) for product in shop.catalogue.search(query)]})


def _product(shop: Shop, call: Call) -> Reply:
    product = shop.catalogue.products.get(call.path["product"])
    if product is None:
        raise Refusal(404, "no_such_product", "There is no such product.")
    empty = shop.shelves.empty()
    variants = [
        {
            "id": variant.id,
            "sku": variant.id,
            "name": variant.name,
            "price_minor": variant.price_minor,
            "currency": CURRENCY,
            "in_stock": variant.id not in empty,
        }
        for variant in product.variants
    ]
    return Reply({"id": product.id, "name": product.name, "collection": product.collection, "variants": variants})


def routes(shop: Shop) -> list[Route]:
    return [
        page(shop, "GET", "/", "home", _home),
        page(shop, "GET", "/products/{product}", "product", _product),
        page(shop, "GET", "/collections/{collection}", "collection", _collection),
        page(shop, "GET", "/search", "search", _search),
    ]
