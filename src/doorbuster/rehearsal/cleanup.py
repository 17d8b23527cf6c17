"""What a rehearsal left in the shop: its synthetic orders, and no others, cancelled where the platform allows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from doorbuster.promises.words import amount_text, some
from doorbuster.record.directory import RunDirectory
from doorbuster.record.reading import read_table
from doorbuster.rehearsal.plain_http import plain_http
from doorbuster.rehearsal.preflight import preflight
from doorbuster.rehearsal.shop import arms_walked, backstage_of, url_of
from doorbuster.scenario import load_scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.base import Backstage
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.vocabulary import ARM, CONTROL

_KINDS: Final = {"order": "paid", "order_pending": "pending"}
NOT_IN_BOOKS: Final = "the shop's books do not give it to this rehearsal, so it is not touched; look at it by hand"


_NOT_NOW: Final = "the shop's books do not give it to this run now: cancelled before, too old for them, or another's"


class Left(NamedTuple):
    """An order of a run's, as far as its shoppers and the shop's books tell."""

    order_id: str
    intent: str | None
    state: str
    """`paid`, `pending`, or `seen` where only a shopper speaks of it."""
    amount_minor: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of them."""

    run: str
    ours: tuple[Left, ...]
    """Those that the books give to a shopper of this run."""
    doubtful: tuple[Left, ...]
    """Those that only a shopper speaks of."""
    cancelled: Mapping[str, str | None] | None
    """Order id to why it was not cancelled, None where it was; None as a whole where none was to be cancelled."""


def clean_up_all(run_path: Path, settings: Settings, target: str | None, really: bool) -> tuple[Cleaned, ...]:
    """`clean_up` in every deployment that the run was on; `target` is where the candidate answers now."""
    arms = arms_walked(RunDirectory(run_path).read_run())
    return tuple(clean_up(run_path, settings, target if arm == ARM else None, really, arm) for arm in arms)


def clean_up(run_path: Path, settings: Settings, target: str | None, really: bool, arm: str = ARM) -> Cleaned:
    """List a run's orders in one arm's shop, and cancel them if `really`.

    Raises DoorbusterError: no such run, shop not reachable.
    """
    directory = RunDirectory(run_path)
    run, settings = directory.read_run(), settings.of(arm)
    url = target or url_of(run, arm)
    was_read = ((run["control"] if arm == CONTROL else run).get("read_back") or {}).get("done")
    scenario = load_scenario(directory.path / "scenario.toml")
    with plain_http(settings, url, scenario.limits.allowed_hosts) as http:
        preflight(HttpxClient(http), url, scenario, settings, 0.0)
    with backstage_of(directory, settings, url, arm) as shop:
        shop.check()
        facts: Iterable[Mapping[str, Any]] = read_table(directory, "facts", arm).to_pylist()
        now: list[Mapping[str, Any]] | None = None
        if really or not was_read:
            # A run that was cut off has not asked what it left behind. And a shop that was restored since, or another
            # one, has given the same order ids to other people: only what its books say now may be cancelled.
            now = list(shop.read_back().orders)
        if now is not None and not was_read:
            facts = now
        sessions = read_table(directory, "sessions", arm).to_pylist()
        ours, doubtful = orders_of(run["id"], sessions, facts)
        cancelled = _cancelled(shop, run["id"], ours, now) if really and now is not None else None
    return Cleaned(run["id"] + (f" ({arm})" if arm == CONTROL else ""), ours, doubtful, cancelled)


def _cancelled(
    shop: Backstage, run_id: str, ours: Iterable[Left], now: Iterable[Mapping[str, Any]]
) -> Mapping[str, str | None]:
    """Order id to why it was not cancelled, None where it was; `now`: the shop's books as they are."""
    still = {one.order_id: one.intent for one in orders_of(run_id, (), now)[0]}
    ids = [one.order_id for one in ours if (still.get(one.order_id) or "").casefold() == (one.intent or "").casefold()]
    told = shop.cancel(ids) if ids else {}
    return {
        one.order_id: told.get(one.order_id, "the platform did not say") if one.order_id in ids else _NOT_NOW
        for one in ours
    }


def intents_of(run_id: str) -> re.Pattern[str]:
    """What a run's purchase intents look like; shops write e-mail addresses, and so intents, in small letters."""
    return re.compile(re.escape(run_id) + r"-\d+", re.IGNORECASE)


def orders_of(
    run_id: str, sessions: Iterable[Mapping[str, Any]], facts: Iterable[Mapping[str, Any]]
) -> tuple[tuple[Left, ...], tuple[Left, ...]]:
    """(orders that the books give to this run's purchase intents, orders that only its shoppers saw).

    A page can show a stranger's order: what a shopper saw is cancelled only when the books say whose it is.
    """
    mine = intents_of(run_id)
    ours: dict[str, Left] = {}
    for row in facts:
        state = _KINDS.get(row["kind"]) if row["witness"] == "shop" else None
        if state and row["order_id"] and mine.fullmatch(row["intent"] or ""):
            left = Left(row["order_id"], row["intent"], state, row["amount_minor"], row["currency"])
            ours.setdefault(left.order_id, left)
    doubtful = {
        row["order_id"]: Left(row["order_id"], row["intent"], "seen", row["total_minor"], row["currency"])
        for row in sessions
        if row["order_id"] and row["order_id"] not in ours
    }
    return tuple(ours.values()), tuple(doubtful.values())


def cleanup_text(cleaned: Cleaned) -> str:
    """An order a line, and what became of it."""
    return "\n".join(_lines(cleaned))


def _lines(cleaned: Cleaned) -> Iterator[str]:
    ours, cancelled = cleaned.ours, cleaned.cancelled
    if cancelled is None:
        what = "add --yes to cancel them" if ours else "nothing to cancel"
        yield f"{cleaned.run}: {some(len(ours), 'order')} in the shop; {what}"
    else:
        gone = sum(why is None for why in cancelled.values())
        yield f"{cleaned.run}: {gone:,} of {some(len(ours), 'order')} cancelled"
    for one in ours:
        yield f"  {_named(one)}{_fate(one.order_id, cancelled)}"
    for one in cleaned.doubtful:
        yield f"  {_named(one)}: {NOT_IN_BOOKS}"


def _fate(order_id: str, cancelled: Mapping[str, str | None] | None) -> str:
    if cancelled is None:
        return ""
    why = cancelled[order_id]
    return ": cancelled" if why is None else f": not cancelled, {why}"


def _named(one: Left) -> str:
    money = "" if one.amount_minor is None else f", {amount_text(one.amount_minor, one.currency)}"
    return f"{one.order_id}  {one.state}, intent {one.intent}{money}"
