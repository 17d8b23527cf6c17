"""How GraphQL shops are asked: operations from the `.graphql` file beside an adapter, one a request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import graphql

from doorbuster.storefronts.base import Client, Response


@cache
def operations(platform: str) -> Mapping[str, str]:
    """Operation name to its document, with the fragments that it needs and no other, from `<platform>.graphql`."""
    text = files("doorbuster.storefronts").joinpath(f"{platform}.graphql").read_text("utf-8")
    separate = graphql.separate_operations(graphql.parse(text))
    return {name: graphql.strip_ignored_characters(graphql.print_ast(one)) for name, one in separate.items()}


def ask(
    client: Client,
    url: str,
    platform: str,
    operation: str,
    variables: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send one operation of the platform's file."""
    body = {"query": operations(platform)[operation], "operationName": operation, "variables": variables}
    return client.request("POST", url, json=body, headers=headers)
