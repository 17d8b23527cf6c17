"""A result file that is one JSON document, read whole."""

from __future__ import annotations

from typing import Any

import orjson

from doorbuster.importers.results.files import ResultFile, reason
from doorbuster.importers.results.refusals import ResultError

_MOST_BYTES = 512 << 20


def document(file: ResultFile) -> dict[str, Any]:
    """Raises ResultError for what is damaged, too large, or no object."""
    with file.open() as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ResultError(f"{file.where}: larger than {_MOST_BYTES >> 20} MB, and a summary never is")
    try:
        found = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as broken:
        raise ResultError(f"{file.where}: is damaged JSON ({reason(broken)}); copy it again") from None
    if not isinstance(found, dict):
        raise ResultError(f"{file.where}: is no JSON object, and no result file known here")
    return found


def numbers(found: object) -> dict[str, float]:
    """The entries of a table that are numbers from zero up."""
    if not isinstance(found, dict):
        return {}
    return {
        str(key): float(value)
        for key, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15
    }
