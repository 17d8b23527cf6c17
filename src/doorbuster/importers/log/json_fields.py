"""Which keys of a JSON line hold what: the shipped field maps, or the user's own."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from doorbuster.errors import did_you_mean
from doorbuster.importers.log.refusals import LogError

FOLDER: Final = Path(__file__).parent / "fields"
_KEYS: Final = {
    "words",
    "time",
    "start",
    "address",
    "method",
    "target",
    "request",
    "status",
    "agent",
    "took",
    "took_unit",
    "sid",
}
_UNITS_US: Final = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}


@dataclass(frozen=True)
class JsonFields:
    """The key that each thing has in this file; empty where it has none."""

    words: str
    time: str
    start: str
    address: str
    method: str
    target: str
    request: str
    """A whole request line, where method and target have no keys of their own."""
    status: str
    agent: str
    took: str
    took_unit_us: float
    sid: str


def json_fields(file: str, sample: Sequence[str], sid: str, own: str | None) -> JsonFields:
    """The first field map whose keys the lines have. `own` is the path of a map of the user's. Raises LogError."""
    found = [entry for line in sample if isinstance(entry := _parsed(line), dict)]
    seen = {key for entry in found for key in entry}
    # The map that finds the most of what it names; home-made names are the widest net and come last.
    maps = [Path(own)] if own else sorted(FOLDER.glob("*.toml"), key=lambda path: path.stem == "home_made")
    for path in maps:
        wanted = _loaded(path)
        keys = {
            thing: next((k for k in names if k in seen), "")
            for thing, names in wanted.items()
            if isinstance(names, list)
        }
        if keys.get("time") and (keys.get("target") or keys.get("request")) and keys.get("status"):
            sid_key = sid if sid in seen else keys.get("sid", "")
            if sid and not sid_key:
                raise LogError(
                    f'{file}: no key "{sid}" in its lines{did_you_mean(sid, seen)}, or use --session address'
                )
            unit = str(wanted.get("took_unit", "s"))
            if unit not in _UNITS_US:
                raise LogError(f'{path}: took_unit "{unit}"{did_you_mean(unit, _UNITS_US)}')
            things = ("time", "start", "address", "method", "target", "request", "status", "agent", "took")
            words = str(wanted.get("words", path.stem))
            return JsonFields(words, **{t: keys.get(t, "") for t in things}, took_unit_us=_UNITS_US[unit], sid=sid_key)
    raise LogError(
        f"{file}: JSON lines, but no field map knows their keys ({', '.join(sorted(seen)[:12])}); write one: a "
        f"TOML file with "
        "time, address, method, target, status, agent, took and took_unit, each a list of keys"
    )


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _loaded(path: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LogError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LogError(f"{path}: not TOML: {error}") from None
    for key in data.keys() - _KEYS:
        raise LogError(f'{path}: no key "{key}"{did_you_mean(key, _KEYS)}')
    return data
