"""Requests of the Medusa adapter against the Store API's own description (OpenAPI, version 2.0.0 of October 2024).

The engine that is spoken to is 2.21.2. What it takes and its description of 2024 does not know is named in `SINCE`. The
items of a new cart are described there as a cart shows them, with ids and totals that nobody can know beforehand; they
are held against what is described for adding an item instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
from ruamel.yaml import YAML

from tests.conftest import ROOT
from tests.contract.exchange import Request

_FILE = "schemas/medusa/store-openapi.2024-10.full.yaml"
SINCE: Mapping[str, frozenset[str]] = {
    "POST /store/carts": frozenset({"promo_codes"}),  # codes given with the cart's first items
    "POST /store/carts/{id}/customer": frozenset(),  # a cart becomes the customer's who logged in
    "POST /store/express": frozenset(
        {"cart_id", "email", "shipping_address", "billing_address"}
    ),  # a route of the shop's
}
"""Operation to the keys of its body beyond those described; an operation that is not described at all is here too."""


@cache
def described() -> Mapping[str, Any] | None:
    """The description, or None where the shared folder is absent."""
    path = Path(os.environ.get("DOORBUSTER_SHARED", ROOT.parent / "shared")) / _FILE
    return YAML(typ="safe").load(path.read_text("utf-8")) if path.is_file() else None  # type: ignore[no-any-return]


def check(request: Request) -> None:
    """Raises AssertionError where the shop's description, or its habit of refusing unknown keys, would refuse it."""
    assert request.headers.get("x-publishable-api-key"), "no publishable key"
    told = described()
    if told is None:
        return
    parts = urlsplit(request.url)
    template = _template([*told["paths"], *(name.partition(" ")[2] for name in SINCE)], parts.path)
    operation = f"{request.method} {template}"
    found = told["paths"].get(template, {}).get(request.method.lower())
    if found is None:
        assert set(request.json or ()) <= SINCE[operation], operation
        return
    queries = {one["name"] for one in found.get("parameters", ()) if one["in"] == "query"}
    assert {name.removesuffix("[]") for name, _ in parse_qsl(parts.query)} <= queries, operation
    body = found.get("requestBody")
    if body is None:
        assert not request.json, f"{operation} takes no body"
        return
    schema = body["content"]["application/json"]["schema"]
    new_cart = operation == "POST /store/carts"
    said = {name: value for name, value in request.json.items() if not (new_cart and name == "items")}
    _validate(told, schema, said)
    for item in request.json.get("items", ()) if new_cart else ():
        _validate(told, told["components"]["schemas"]["StoreAddCartLineItem"], item)
    # A body of the shop's is strict: one key that it does not know, and the answer is 400. What a login takes is its
    # provider's matter, and not described.
    known = set(_properties(told, schema))
    unknown = set(request.json) - known - SINCE.get(operation, frozenset())
    assert not (known and unknown), f"{operation} knows no {unknown}"


def _validate(told: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> None:
    jsonschema.Draft202012Validator({**schema, "components": told["components"]}).validate(value)


def _template(known: Iterable[str], path: str) -> str:
    """The known path that this one is an instance of; the plainest where several fit. Raises AssertionError."""
    fitting = [one for one in known if _fits(one.split("/"), path.split("/"))]
    assert fitting, f"{path} is no path of the shop's"
    return min(fitting, key=lambda one: one.count("{"))


def _fits(template: list[str], asked: list[str]) -> bool:
    return len(template) == len(asked) and all(
        want.startswith("{") or want == word for want, word in zip(template, asked, strict=True)
    )


def _properties(told: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _properties(told, told["components"]["schemas"][name])
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ())):
        yield from _properties(told, part)
    yield from schema.get("properties", ())
