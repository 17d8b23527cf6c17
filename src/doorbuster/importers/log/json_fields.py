"""Which keys of a JSON line hold what: the shipped field maps, or the user's own."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from doorbuster.errors import did_you_mean
from doorbuster.importers.log.refusals import LogError

FOLDER: Final = Path(__file__).parent / "fields"
_THINGS: Final = ("time", "start", "address", "method", "target", "request", "status", "agent", "took")
_KEYS: Final = {*_THINGS, "words", "took_unit", "sid"}
_UNITS_US: Final = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}


@dataclass(frozen=True)
class JsonFields:
    """The key that each thing has in this file; empty where it has none."""

    words: str
    time: str
    """When the answer was sent."""
    start: str
    """When the request came; it and `took` stand in for `time` where there is none."""
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
    no_offset: bool
    """Whether most times are a date and an hour without a UTC offset: nobody knows on whose clock."""


def json_fields(file: str, sample: Sequence[str], sid: str, own: str | None) -> JsonFields:
    """The field map that finds the most in the lines. `own` is the path of a map of the user's. Raises LogError."""
    found = [entry for line in sample if isinstance(entry := _parsed(line), dict)]
    # What stands inside another object (Caddy's `request`) cannot be read, and must not be taken for a text.
    seen = {key for entry in found for key, value in entry.items() if not isinstance(value, dict | list)}
    # Home-made names are the widest net and come last.
    paths = [Path(own)] if own else sorted(FOLDER.glob("*.toml"), key=lambda path: path.stem == "home_made")
    fits = [(path, wanted, keys) for path in paths if _tells(keys := _present(wanted := _loaded(path), seen))]
    if fits:
        path, wanted, keys = max(fits, key=lambda fit: len(fit[2]))
        sid_key = sid if sid in seen else keys.get("sid", "")
        if sid and not sid_key:
            raise LogError(f'{file}: no key "{sid}" in its lines{did_you_mean(sid, seen)}, or use --session address')
        unit = str(wanted.get("took_unit", "s"))
        if unit not in _UNITS_US:
            raise LogError(f'{path}: took_unit "{unit}"{did_you_mean(unit, _UNITS_US)}')
        if "address" not in keys and not sid_key:
            known = ", ".join(wanted.get("address", [])) or "none is named"
            raise LogError(
                f"{file}: no key holds the shopper's address ({known}), and without it all who use one browser are one "
                f"shopper; its keys are {_some(seen)}: name the address in a map, or a key with --session header:NAME"
            )
        words = str(wanted.get("words", path.stem))
        return JsonFields(
            words,
            **{thing: keys.get(thing, "") for thing in _THINGS},
            took_unit_us=_UNITS_US[unit],
            sid=sid_key,
            no_offset=_no_offset([entry.get(keys.get("time", keys.get("start"))) for entry in found]),
        )
    nested = sorted({key for entry in found for key, value in entry.items() if isinstance(value, dict)})
    inside = f", and what is inside of {', '.join(nested[:3])} cannot be named: log it flat" if nested else ""
    raise LogError(
        f"{file}: JSON lines, but no field map knows their keys ({_some(seen)}{inside}); write one: a "
        f"TOML file with "
        "time (or start), address, method, target, status, agent, took and took_unit, each a list of keys"
    )


def _some(keys: Collection[str]) -> str:
    return ", ".join(sorted(keys)[:12])


def _no_offset(times: Sequence[Any]) -> bool:
    """Whether most are written as 2025-11-28 20:00:00, with a fraction perhaps: no number, and no zone at the end."""
    bare = sum(re.fullmatch(r"\d{4}-\d\d-\d\d[T ][\d:.,]+", str(time).strip()) is not None for time in times)
    return bare > len(times) / 2


def _present(wanted: Mapping[str, Any], seen: Collection[str]) -> dict[str, str]:
    """Thing -> the first of its keys that the lines have; without the things that they lack."""
    lists = {thing: names for thing, names in wanted.items() if isinstance(names, list)}
    return {thing: found for thing, names in lists.items() if (found := next((k for k in names if k in seen), ""))}


def _tells(keys: Mapping[str, str]) -> bool:
    """Whether when, what and with what status is known: less than that is no access log."""
    return bool({"time", "start"} & keys.keys() and {"target", "request"} & keys.keys() and "status" in keys)


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
