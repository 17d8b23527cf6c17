"""Shopify's own schema, where the shared folder has it: requests are checked by it, and answers made from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import graphql
from graphql import GraphQLSchema

from tests.contract.exchange import Request
from tests.contract.schemas import folder

_FILE = "storefront-2026-04.schema.json"
_SCALARS: Mapping[str, Any] = {
    "String": "text",
    "ID": "gid://shopify/Thing/1",
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "Decimal": "1.00",
    "DateTime": "2026-11-27T10:00:05Z",
    "URL": "https://shop.example/anything",
}


@cache
def schema() -> GraphQLSchema | None:
    """The introspection of Storefront API 2026-04; None without the shared folder."""
    shopify = folder("shopify")
    if shopify is None:
        return None
    told = json.loads((shopify / _FILE).read_text())
    # One deprecated field of an interface (MediaPresentation.id) is all that GraphQL's own rules have against it.
    return graphql.build_client_schema(told.get("data", told), assume_valid=True)


def check(request: Request) -> None:
    """Raises where Shopify would not understand a request; says nothing where there is no schema."""
    known = schema()
    if known is None or "/api/2026-04/graphql.json" not in request.url or "/admin/" in request.url:
        return
    operation = _valid(request.json["query"])
    values = graphql.execution.get_variable_values(
        known, operation.variable_definitions or (), request.json["variables"]
    )
    assert not isinstance(values, list), values


@cache
def _valid(query: str) -> graphql.OperationDefinitionNode:
    known = schema()
    assert known is not None
    document = graphql.parse(query)
    wrong = graphql.validate(known, document)
    assert not wrong, wrong
    (operation,) = (one for one in document.definitions if isinstance(one, graphql.OperationDefinitionNode))
    return operation


def answer(request: Request, root: Mapping[str, Any]) -> dict[str, Any]:
    """What Shopify would answer if its data were `root`: taken through the schema, where there is one."""
    known = schema()
    if known is None:
        return {"data": dict(root)}
    return _execute(known, request, root, lambda value, info: value[info.field_name])


def made(request: Request, choices: Mapping[str, Any]) -> dict[str, Any]:
    """An answer made from the schema alone: `choices` say which member of a union, or which value of an enum or a
    field, by the name of either.
    """
    known = schema()
    assert known is not None

    def resolve(value: Any, info: Any) -> Any:
        return choices[info.field_name] if info.field_name in choices else _any(known, info.return_type, choices)

    return _execute(known, request, {}, resolve)


def _any(known: GraphQLSchema, kind: Any, choices: Mapping[str, Any]) -> Any:
    if graphql.is_non_null_type(kind):
        return _any(known, kind.of_type, choices)
    if graphql.is_list_type(kind):
        return [_any(known, kind.of_type, choices)]
    if graphql.is_enum_type(kind):
        return choices.get(kind.name, next(iter(kind.values)))
    if graphql.is_scalar_type(kind):
        return _SCALARS[kind.name]
    if graphql.is_abstract_type(kind):
        return {"__typename": choices.get(kind.name, known.get_possible_types(kind)[0].name)}
    return {"__typename": kind.name}


def _execute(known: GraphQLSchema, request: Request, root: Any, resolve: Any) -> dict[str, Any]:
    done = graphql.execute_sync(
        known,
        graphql.parse(request.json["query"]),
        root,
        variable_values=request.json["variables"],
        operation_name=request.json["operationName"],
        field_resolver=lambda value, info, **asked: resolve(value, info),
        type_resolver=lambda value, info, kind: value["__typename"],
    )
    assert not done.errors, done.errors
    return {"data": done.data}
