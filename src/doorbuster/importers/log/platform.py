"""What each path of a shop means: a platform file read, checked, and turned into SQL and into regular expressions."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from doorbuster.errors import did_you_mean
from doorbuster.importers.log.refusals import LogError
from doorbuster.vocabulary import STEPS

FOLDER: Final = Path(__file__).parent / "platforms"
OTHER: Final = len(STEPS)
"""The step number of a page that no rule knows."""
_LOCALE: Final = r"(?:/[a-z]{2}(?:[-_][A-Za-z]{2})?)?"
_PART: Final = re.compile(r"\{(product)?\}|/\*\*$|\*\*")
_RULE_KEYS: Final = {"name", "method", "path", "query"}
_FILE_KEYS: Final = {"words", "wallet_apart", "locales", "statics", "notes", "step"}


@dataclass(frozen=True)
class Rule:
    """One kind of call and the step it is."""

    step: int
    method: str
    literal: str
    """What the path begins with; the whole path where nothing follows. Slashes at the end of a path do not count."""
    ending: str
    """What the path ends with, after the last part that may be anything; empty where nothing follows that."""
    pattern: str
    """Regular expression for the whole path, without groups but for the product."""
    query: str
    """`name=` for a parameter with any value, `name=value` for that one; empty where none is asked for."""
    product: bool

    @property
    def asked(self) -> str:
        """Regular expression for a target that has the parameter: `/?utm_keywords=boots` asks for no `s=`."""
        return rf"[?&]{re.escape(self.query)}{'' if self.query.endswith('=') else '(?:[&#]|$)'}"


@dataclass(frozen=True)
class Platform:
    name: str
    words: str
    wallet_apart: bool
    """Whether paths tell a wallet from the native checkout."""
    statics: tuple[str, ...]
    notes: tuple[str, ...]
    rules: tuple[Rule, ...]
    calls_like_files: tuple[str, ...]
    """Paths of rules that end like a static file, e.g. Shopify's /cart/add.js."""


def names() -> list[str]:
    """The platforms that come with Doorbuster."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(platform: str) -> Platform:
    """A platform by name, or a file of the user's own by path (`my-shop.toml`). Raises LogError."""
    own = platform.endswith(".toml")
    path = Path(platform) if own else FOLDER / f"{platform}.toml"
    if not own and platform not in names():
        raise LogError(f'no platform "{platform}"{did_you_mean(platform, names())}, or the path of a file of your own')
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LogError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LogError(f"{path}: not TOML: {error}") from None
    return _checked(path, data)


def _checked(path: Path, data: dict[str, Any]) -> Platform:
    for key in data.keys() - _FILE_KEYS:
        raise LogError(f'{path}: no key "{key}"{did_you_mean(key, _FILE_KEYS)}')
    steps = data.get("step")
    if not isinstance(steps, list) or not steps:
        raise LogError(f'{path}: `step` must be a list of rules, e.g. {{ name = "product", path = "/p/{{product}}" }}')
    texts: dict[str, tuple[str, ...]] = {}
    for key in ("statics", "notes"):
        value = data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise LogError(f"{path}: `{key}` must be a list of texts")
        texts[key] = tuple(value)
    locales = bool(data.get("locales", False))
    rules = tuple(_rule(f"{path}: step {number}", entry, locales) for number, entry in enumerate(steps, 1))
    words = str(data.get("words", path.stem))
    apart = bool(data.get("wallet_apart", False))
    like_files = tuple(entry["path"] for entry in steps if "." in entry["path"] and not _PART.search(entry["path"]))
    return Platform(path.stem, words, apart, texts["statics"], texts["notes"], rules, like_files)


def _rule(where: str, entry: Any, locales: bool) -> Rule:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise LogError(f"{where}: a rule is a table of texts")
    for key in entry.keys() - _RULE_KEYS:
        raise LogError(f'{where}: no key "{key}"{did_you_mean(key, _RULE_KEYS)}')
    name, path = entry.get("name", ""), entry.get("path", "")
    if name not in STEPS:
        raise LogError(f'{where}: no step "{name}"{did_you_mean(name, STEPS)}')
    if not path.startswith("/"):
        raise LogError(f"{where}: path {path!r} must begin with /")
    if "*" in path.replace("**", ""):
        raise LogError(f"{where}: path {path!r} holds a single *; write {{}} for one part of a path, ** for any number")
    if path.count("{product}") > 1:
        raise LogError(f"{where}: path {path!r} names the product twice")
    pattern, at = "", 0
    for found in _PART.finditer(path):
        any_depth = "(?:/.*)?" if found[0] == "/**" else ".*"
        pattern += re.escape(path[at : found.start()]) + (
            any_depth if "*" in found[0] else "([^/]+)" if found[1] else "[^/]+"
        )
        at = found.end()
    first = _PART.search(path)
    literal = path[: first.start()] if first else path.rstrip("/")
    ending = path[at:].rstrip("/") if first else ""
    pattern = re.escape(path.rstrip("/")) if first is None else pattern + re.escape(path[at:])
    return Rule(
        STEPS.index(name),
        entry.get("method", "GET").upper(),
        "" if locales else literal,
        ending,
        (_LOCALE if locales else "") + pattern,
        entry.get("query", ""),
        "{product}" in path,
    )
