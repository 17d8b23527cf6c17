"""Reads a shop's description, checks all of it, and makes it part of the run."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from doorbuster.card_mistakes import explain
from doorbuster.storefronts.html_description import Catalogue, Description
from doorbuster.storefronts.options import Options

_COLUMNS: Final = ("product", "variant", "sku", "price", "currency", "stock")


class HtmlOptions(Options):
    """What a scenario says: a file beside it."""

    description: str


def read_options(given: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """The whole description, so that the run has it and a worker elsewhere too. Raises ValueError: file and key."""
    name = HtmlOptions.model_validate(dict(given)).description
    path = folder / name
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as broken:
        raise ValueError(f"{path}: is not valid TOML: {broken}") from None
    except (OSError, UnicodeDecodeError) as unreadable:
        raise ValueError(f"{path}: cannot be read ({unreadable}); say where the description is") from None
    try:
        shop = Description.model_validate(told)
    except ValidationError as invalid:
        raise ValueError(f"{path}: {explain(invalid, Description)}") from None
    if shop.catalogue.file:
        rows = _rows(path.parent / shop.catalogue.file)
        shop = shop.model_copy(update={"catalogue": Catalogue.model_validate({"rows": rows})})
    return {"description": name, "shop": shop.model_dump(mode="json", by_alias=True, exclude_defaults=True)}


def description_in(options: Mapping[str, Any]) -> Description:
    """The description that a run was made with; read once, though every shopper asks."""
    global _last  # noqa: PLW0603  (one shop a process: its options are the same object for every session)
    if _last is None or _last[0] is not options:
        _last = options, Description.model_validate(options["shop"])
    return _last[1]


_last: tuple[Mapping[str, Any], Description] | None = None


def _rows(path: Path) -> list[dict[str, str]]:
    """A catalogue by hand: product and price at least."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as unreadable:
        raise ValueError(f"{path}: cannot be read ({unreadable}); write it as CSV in UTF-8") from None
    for column in ("product", "price"):
        if not rows or column not in rows[0]:
            raise ValueError(
                f"{path}: no column {column}, or no rows; it has {', '.join(_COLUMNS)}, of which two suffice"
            )
    return [{name: row[name] for name in _COLUMNS if row.get(name)} for row in rows]
