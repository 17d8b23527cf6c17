"""The Universal Commerce Protocol's schemas, and the requests that they annotate: what an operation must, may, must not.

A schema describes the answer; `ucp_request` beside a property says what becomes of it in a request: `omit`, `optional`
or `required`, for all operations or for each.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.contract.schemas import faults_in, folder, registry

ROOT = "https://ucp.dev/schemas/"


def wrong_with(body: Any, reference: str, operation: str | None = None) -> list[str]:
    """What the schema at that path says against a body: an answer, or the request of an operation."""
    source = folder("ucp/v2026-04-08/source")
    if source is None:
        return []
    return faults_in(body, ROOT + reference, _requests(source, operation) if operation else registry(source))


@cache
def _requests(source: Path, operation: str) -> Registry[Any]:
    found = []
    for path in source.rglob("*.json"):
        schema = json.loads(path.read_text())
        if "$id" in schema:
            found.append((schema["$id"], DRAFT202012.create_resource(_as_request(schema, operation))))
    return Registry().with_resources(found)


def _as_request(schema: Any, operation: str) -> Any:
    if isinstance(schema, list):
        return [_as_request(one, operation) for one in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: _as_request(one, operation) for name, one in schema.items()}
    properties = schema.get("properties")
    if isinstance(properties, dict):
        required = set(schema.get("required", ()))
        for name, said in properties.items():
            rule = said.get("ucp_request") if isinstance(said, dict) else None
            rule = rule.get(operation) if isinstance(rule, dict) else rule
            if rule == "omit":
                changed["properties"][name] = False
            if rule in ("omit", "optional"):
                required.discard(name)
            if rule == "required":
                required.add(name)
        changed["required"] = sorted(required)
    return changed
