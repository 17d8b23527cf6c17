"""Saleor's own schema, where it is: what is sent must be valid there, and what is answered must be what it says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import graphql

from tests.conftest import ROOT
from tests.contract.exchange import Request

FILE = Path(os.environ.get("DOORBUSTER_SHARED", ROOT.parent / "shared"), "schemas", "saleor", "schema.graphql")


def at_hand() -> bool:
    return FILE.is_file()


@cache
def schema() -> graphql.GraphQLSchema:
    """Made once: it has some ten thousand fields."""
    return graphql.build_schema(FILE.read_text(encoding="utf-8"), assume_valid=True)


@cache
def parsed(document: str) -> graphql.DocumentNode:
    """Raises AssertionError where the schema does not allow it."""
    read = graphql.parse(document)
    wrong = graphql.validate(schema(), read)
    assert not wrong, wrong
    return read


def check_request(request: Request) -> None:
    """The operation is valid, and its variables are of the types that it declares; no more of them."""
    if not at_hand():
        return
    (operation,) = (
        one for one in parsed(request.json["query"]).definitions if isinstance(one, graphql.OperationDefinitionNode)
    )
    assert operation.name
    assert operation.name.value == request.json["operationName"]
    declared = operation.variable_definitions or ()
    assert set(request.json["variables"]) <= {one.variable.name.value for one in declared}
    values = graphql.get_variable_values(schema(), declared, request.json["variables"])
    assert not isinstance(values, list), values


def check_answer(request: Request, data: Mapping[str, Any]) -> None:
    """A shop whose objects were those would have answered just this: the same fields, each of its declared type."""
    if not at_hand():
        return
    told = graphql.execute_sync(
        schema(), parsed(request.json["query"]), dict(data), variable_values=request.json["variables"]
    )
    assert told.errors is None, told.errors
    assert told.data == data
