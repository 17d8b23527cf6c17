"""SQL that says of each line who asked and for what: a shopper's step, a bot, a static file, or nothing we can use."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from doorbuster.importers.log.parse import before, text
from doorbuster.importers.log.platform import OTHER, Platform, Rule
from doorbuster.vocabulary import STEPS

KEPT, BAD, BOT, NO_AGENT, NOT_HTTP, STATIC, HEALTH, PREFLIGHT = range(8)
NO_SID: Final = 0
_BROWSERS: Final = 64
"""Each costs all lines a little; an agent beyond them is searched each time."""
REASONS: Final[dict[int, tuple[str, str]]] = {
    BOT: ("bots", "the user agent says so"),
    NO_AGENT: ("requests without a user agent", "no browser leaves it out"),
    NOT_HTTP: ("requests that are no HTTP", "broken clients and scanners"),
    STATIC: ("static files", "a page pulls them in by itself"),
    HEALTH: ("health checks and robots.txt", "machines see whether the shop is up"),
    PREFLIGHT: ("HEAD and OPTIONS", "no shopper's step"),
}
_FILE: Final = Path(__file__).parent / "robots.toml"
# CUBOT makes phones: `bot` counts unless it is the end of CUBOT.
_PAGE: Final = "CASE WHEN ends_with(path, '/') THEN rtrim(path, '/') ELSE path END"
_BOT_RULE: Final = r"(?:^|[^u])bot|(?:^|[^c])ubot"


@cache
def robots() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def bot_pattern() -> str:
    """Regular expression for user agents of machines, to be searched for."""
    words = "|".join(word.replace("+", r"\+").replace(".", r"\.") for word in robots()["words"])
    return rf"(?i){_BOT_RULE}|{words}"


def browsers(parsed: str) -> str:
    """A SELECT of hashes of a sample's agents that do not say they are machines, the commonest: asked once for all."""
    return (
        f"SELECT hash(agent) FROM ({parsed}) WHERE ok AND agent NOT IN ('', '-') "
        f"AND NOT regexp_matches(agent, {text(bot_pattern())}) "
        f"GROUP BY agent ORDER BY count(*) DESC, agent LIMIT {_BROWSERS}"
    )


def events(parsed: str, platform: Platform, salt: str, *, has_agent: bool, browsers: Collection[int] = ()) -> str:
    """A SELECT: `line` (null unless bad), `reason`, `step`, `slug`, `client` and `sid` (hashes, `NO_SID` for none), and
    as `parse` has them `end_us`, `zone` (0 for none), `took_us` (-1 for none), `status`; of a bad line nothing counts.
    `browsers`: hashes of agents known to be none of machines.
    """
    data = robots()
    endings = text(rf"(?i)\.(?:{'|'.join(data['static_endings'])})$")
    health = ", ".join(map(text, [*data["health_paths"], "/robots.txt"]))
    folders = " OR ".join(f"starts_with(path, {text(folder)})" for folder in platform.statics) or "false"
    calls = "".join(f" AND NOT ends_with(path, {text(call)})" for call in platform.calls_like_files)
    no_agent = f"WHEN agent IN ('', '-') THEN {NO_AGENT}" if has_agent else ""
    # A search of every agent is the dearest question of all, and most agents are few. Numbers in a row cost less than a
    # join with them, and keep the order of lines.
    known = ", ".join(f"{number}::UBIGINT" for number in browsers)
    machine = f"regexp_matches(agent, {text(bot_pattern())})"
    machine = f"hash(agent) NOT IN ({known}) AND {machine}" if known else machine
    bot = f"WHEN {machine} THEN {BOT}" if has_agent else ""
    step = _by_method(platform.rules, lambda rule: str(rule.step), str(OTHER))
    products = [rule for rule in platform.rules if rule.step == STEPS.index("product")]
    told = [rule for rule in platform.rules if rule.product]
    # Where one rule makes a page a product's, a product's page need not be asked again which it was.
    slug = _slug(products[0]) if len(products) == 1 and products[0].product else _by_method(told, _slug, "NULL")
    return f"""
SELECT CASE WHEN reason = {BAD} THEN line END AS line, reason, step,
  CASE WHEN step = {STEPS.index("product")} THEN {slug} END AS slug,
  (hash({text(salt)}, address, agent) >> 1)::BIGINT AS client,
  CASE WHEN sid IS NULL THEN {NO_SID} ELSE (hash(sid, {text(salt)}) >> 1)::BIGINT END AS sid,
  end_us, coalesce(zone, 0)::SMALLINT AS zone, coalesce(took_us, -1) AS took_us, status
FROM (
  SELECT *, CASE WHEN reason = {KEPT} THEN {step} END::UTINYINT AS step FROM (
    SELECT *, CASE WHEN reason = {KEPT} THEN {_PAGE} END AS page FROM (
      SELECT *, (CASE WHEN NOT coalesce(ok AND status BETWEEN 0 AND 999, false) THEN {BAD} {bot} {no_agent}
        WHEN NOT starts_with(target, '/') THEN {NOT_HTTP}
        WHEN path IN ({health}) THEN {HEALTH}
        WHEN {folders} OR (contains(path, '.'){calls} AND regexp_matches(path, {endings})) THEN {STATIC}
        WHEN method IN ('HEAD', 'OPTIONS') THEN {PREFLIGHT} ELSE {KEPT} END)::UTINYINT AS reason
      FROM (SELECT *, {before("target", "?")} AS path FROM ({parsed})))))"""


def _by_method(rules: Sequence[Rule], then: Callable[[Rule], str], otherwise: str) -> str:
    """The first rule that fits decides. The method is asked once: a page is not compared with the rules for a call."""

    def first_of(methods: Collection[str]) -> str:
        cases = "".join(f" WHEN {_fits(rule)} THEN {then(rule)}" for rule in rules if rule.method in methods)
        return f"CASE{cases} ELSE {otherwise} END" if cases else otherwise

    methods = dict.fromkeys(rule.method for rule in rules if rule.method != "*")
    if not methods:
        return first_of("*")
    cases = "".join(f" WHEN {text(method)} THEN {first_of((method, '*'))}" for method in methods)
    return f"CASE method{cases} ELSE {first_of('*')} END"


def _fits(rule: Rule) -> str:
    """Whether path and query fit. Cheap questions first: an expression runs only on paths that begin and end right."""
    conditions = []
    start, begins = re.escape(rule.literal), f"starts_with(page, {text(rule.literal)})"
    if rule.pattern == start:
        conditions.append(f"page = {text(rule.literal)}")
    elif rule.pattern == f"{start}(?:/.*)?":
        conditions.append(f"(page = {text(rule.literal)} OR starts_with(page, {text(rule.literal + '/')}))")
    elif _one_more(rule):
        conditions += [begins, _no_more(rule)]
    else:
        conditions += [begins] if rule.literal else []
        conditions += [f"ends_with(page, {text(rule.ending)})"] if rule.ending else []
        conditions.append(f"regexp_full_match(page, {text(rule.pattern)})")
    if rule.query:
        # Most targets hold no such letters: the expression, which knows where a parameter begins, runs on few.
        conditions.append(f"contains(target, {text(rule.query)}) AND regexp_matches(target, {text(rule.asked)})")
    return " AND ".join(conditions)


def _one_more(rule: Rule) -> bool:
    """Whether a rule is a literal start and one segment after it."""
    start = re.escape(rule.literal)
    return rule.literal.endswith("/") and rule.pattern in (f"{start}[^/]+", f"{start}([^/]+)")


def _no_more(rule: Rule) -> str:
    """Whether no slash follows the start that a page is known to have; nothing is copied to find that out.

    `%` and `_` in the start fit themselves, and a page that fits has one slash more than the start: so no slip is left.
    """
    return f"page NOT LIKE {text(rule.literal + '%/%')}"


def _rest(rule: Rule) -> str:
    return f"substr(page, {len(rule.literal) + 1})"


def _slug(rule: Rule) -> str:
    """As the link spells it: `Slugs` reads it."""
    return _rest(rule) if _one_more(rule) else f"regexp_extract(page, {text('^' + rule.pattern + '$')}, 1)"
