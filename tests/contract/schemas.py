"""Other people's JSON schemas, where they are: a body is held against one, and nothing is said where there are none."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.conftest import ROOT


def folder(name: str) -> Path | None:
    """A folder of the shared schemas; None where this machine has none."""
    path = Path(os.environ.get("DOORBUSTER_SHARED", ROOT.parent / "shared")) / "schemas" / name
    return path if path.is_dir() else None


@cache
def registry(root: Path, base: str = "") -> Registry[Any]:
    """Every schema under a folder, by its own id or, where `base` is given, by its path under that address."""
    found = []
    for path in root.rglob("*.json"):
        schema = json.loads(path.read_text())
        if "$defs" in schema or "$schema" in schema:
            name = schema["$id"] if not base else base + str(path.relative_to(root))
            schema["$id"] = name
            found.append((name, DRAFT202012.create_resource(schema)))
    return Registry().with_resources(found)


def faults_in(body: Any, reference: str, known: Registry[Any]) -> list[str]:
    """What a body has that its schema, named by its address, does not allow."""
    validator = Draft202012Validator({"$ref": reference}, registry=known, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]
