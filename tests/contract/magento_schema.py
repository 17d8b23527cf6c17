"""Adobe Commerce's own schemas, where they are: what was sent and answered must be what they say."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import graphql
import jsonschema
import orjson
from ruamel.yaml import YAML

from tests.conftest import ROOT
from tests.contract.exchange import Request

FOLDER = Path(os.environ.get("DOORBUSTER_SHARED", ROOT.parent / "shared"), "schemas", "magento")


def at_hand() -> bool:
    return FOLDER.is_dir()


@cache
def graphql_schema() -> graphql.GraphQLSchema:
    told = orjson.loads((FOLDER / "graphql-schema_2-4-8.introspection.json").read_bytes())
    return graphql.build_client_schema(told.get("data", told))


@cache
def rest_api() -> Mapping[str, Any]:
    api: dict[str, Any] = YAML(typ="safe").load(FOLDER / "rest-guest-schema-2.4.9.yaml")
    # A list of strings in the generated file; the shop's own checkout sends names and values, and PHP knows one type
    # for both.
    payment = api["definitions"]["quote-data-payment-interface"]["properties"]
    payment["additional_data"] = {"type": "object", "additionalProperties": {"type": "string"}}
    return api


@cache
def _errors_in(document: str) -> tuple[str, ...]:
    return tuple(map(str, graphql.validate(graphql_schema(), graphql.parse(document))))


def check_operation(document: str, operation: str, variables: Mapping[str, Any]) -> None:
    """The document is valid and the variables are of the types it declares."""
    if not at_hand():
        return
    assert not _errors_in(document), _errors_in(document)
    (defined,) = (
        one for one in graphql.parse(document).definitions if isinstance(one, graphql.OperationDefinitionNode)
    )
    assert defined.name
    assert defined.name.value == operation
    values = graphql.get_variable_values(graphql_schema(), defined.variable_definitions or (), dict(variables))
    assert not isinstance(values, list), values


def answer_by_schema(document: str, operation: str, variables: Mapping[str, Any], data: Mapping[str, Any]) -> Any:
    """What a shop of this schema answers that knows `data`."""
    made = graphql.execute(
        graphql_schema(), graphql.parse(document), root_value=data, operation_name=operation,
        variable_values=dict(variables), type_resolver=_type_of,
    )  # fmt: skip
    assert isinstance(made, graphql.ExecutionResult)
    assert not made.errors, made.errors
    return made.data


def _type_of(value: Any, info: graphql.GraphQLResolveInfo, abstract: Any) -> str:
    """The type that an answer names; where the operation does not ask for it, one that it can be."""
    named = value.get("__typename")
    return named or {"ProductInterface": "SimpleProduct", "Error": "CartUserInputError"}[abstract.name]


def check_rest(request: Request) -> None:
    """The route is there, and takes such a body."""
    if not at_hand():
        return
    operation = _operation(request)
    bodies = [one["schema"] for one in operation.get("parameters", ()) if one["in"] == "body"]
    if bodies:
        _validate(request.json, bodies[0])
    else:
        assert request.json is None


def check_rest_answer(request: Request, body: Any) -> None:
    """The body is what the route promises for 200."""
    _validate(body, _operation(request)["responses"]["200"]["schema"])


def _operation(request: Request) -> Mapping[str, Any]:
    path = unquote(urlsplit(request.url).path.removeprefix("/rest/default"))
    for template, methods in rest_api()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and request.method.lower() in methods:
            operation: Mapping[str, Any] = methods[request.method.lower()]
            return operation
    raise AssertionError(f"the guest REST API has no {request.method} {path}")


def _validate(body: Any, schema: Any) -> None:
    jsonschema.Draft4Validator({**schema, "definitions": rest_api()["definitions"]}).validate(body)
