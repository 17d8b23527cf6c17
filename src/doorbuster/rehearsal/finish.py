"""After the last shopper: read the shop's books back, then say whether this was a rehearsal at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import count, islice
from typing import Any, Final

import httpx

from doorbuster.errors import DoorbusterError
from doorbuster.record.directory import RunDirectory
from doorbuster.record.reading import read_table
from doorbuster.rehearsal.cleanup import intents_of
from doorbuster.rehearsal.control import share_books
from doorbuster.rehearsal.hooks import run_hooks
from doorbuster.rehearsal.initial_stock import with_initial_stock
from doorbuster.rehearsal.plain_http import witness_http
from doorbuster.rehearsal.planning import fault_services
from doorbuster.rehearsal.shop import arms_walked, backstage_of
from doorbuster.scenario import load_scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.staging_services import Witnesses
from doorbuster.vocabulary import ARM, CONTROL

_CLOCKS_APART_US: Final = 600_000_000
"""By how much a shop's clock may differ from ours, for orders that name no purchase intent."""
_ROWS_A_PART: Final = 50_000
"""A shop's books may be larger than our memory; a page of them is not."""
_PARTS: Final = {ARM: "read-back", CONTROL: "control-read-back"}


def steer_faults(directory: RunDirectory, zero_unix_s: float, settings: Settings) -> None:
    """Give the staging services their fault timeline; it ends by itself, also when this run dies."""
    run = directory.read_run()
    warm_up_s, squeeze = run["clock"]["warm_up_s"], run["clock"]["squeeze"]
    rows = []
    for fault in run["faults"]:
        # The warm-up keeps its length when the scenario's clock is squeezed.
        at_s, until_s = (
            moment if moment <= warm_up_s else warm_up_s + (moment - warm_up_s) * squeeze
            for moment in (fault["at"], fault["at"] + fault["for"])
        )
        rows.append(
            {
                "name": fault["name"],
                "value": fault["value"],
                "from_unix_s": zero_unix_s + at_s,
                "until_unix_s": zero_unix_s + until_s,
            }
        )
    scenario = load_scenario(directory.path / "scenario.toml")
    if witnesses := scenario.witnesses.addresses:
        with witness_http(settings, scenario.limits.allowed_hosts) as http:
            Witnesses(HttpxClient(http), witnesses).steer(rows, fault_services())
    else:
        for arm in arms_walked(run):
            with backstage_of(directory, settings, arm=arm) as shop:
                shop.steer(rows)


def finish(directory: RunDirectory, settings: Settings) -> tuple[bool, tuple[str, ...]]:
    """Read back, run the hooks, write run.json's validity; returns (valid, reasons why not).

    A shop that cannot be read back, or a hook that fails, is said in run.json and never ends the run's record.
    """
    directory.tidy()
    run = directory.read_run()
    if run["stopped_because"] in ("prepared", "running"):
        run = directory.update_run(complete=False, stopped_because="the load process was killed")
    scenario = load_scenario(directory.path / "scenario.toml")
    books = _read_back(directory, settings, run)
    with witness_http(settings, scenario.limits.allowed_hosts) as http:
        witnesses = Witnesses(HttpxClient(http), scenario.witnesses.addresses)
        heard = _keep_books(directory, "witnesses", witnesses.read_back) | {"names": witnesses.names()}
    after: dict[str, Any] = {"done": True, "why": None}
    try:
        run_hooks(scenario.hooks.after, "after")
    except DoorbusterError as failed:
        after = {"done": False, "why": str(failed)}
    # Closed before it is judged, because a run that was never closed is judged invalid.
    run = directory.update_run(**books, witnesses_read=heard, hooks_after=after, closed=True)
    if run["complete"]:
        valid, reasons = judge(directory)
    else:
        valid, reasons = False, (f"the run did not reach its end: {run['stopped_because']}",)
    directory.update_run(validity={"valid": valid, "reasons": list(reasons)})
    directory.give_back()
    return valid, reasons


def _read_back(directory: RunDirectory, settings: Settings, run: Mapping[str, Any]) -> dict[str, Any]:
    """The books of each deployment; returns `read_back` of run.json, and `control` with its own where there is one."""
    done = {
        arm: _keep_books(directory, _PARTS[arm], partial(_shops_books, directory, settings, arm), arm)
        for arm in arms_walked(run)
    }
    if CONTROL not in done:
        return {"read_back": done[ARM]}
    if all(one["done"] for one in done.values()) and share_books(directory):
        for part in _PARTS.values():
            directory.drop_parts("facts", part)
        why = "candidate and control have the same orders in their books, so that nobody can say whose they are"
        done = {arm: {"done": False, "why": why} for arm in done}
    return {"read_back": done[ARM], "control": {**run["control"], "read_back": done[CONTROL]}}


def _keep_books(
    directory: RunDirectory, part: str, read: Callable[[], Iterable[Mapping[str, Any]]], arm: str = ARM
) -> dict[str, Any]:
    """Books as facts, whole or not at all: half of them would accuse a shop of what stands in the other half.

    Returns `done`, and `why` not.
    """
    try:
        facts = with_initial_stock(_facts(directory.read_run(), read()), _stock_before(directory, arm))
        for number in count():
            rows = [{**fact, "arm": arm} for fact in islice(facts, _ROWS_A_PART)]
            if not rows:
                break
            directory.write_rows("facts", rows, f"{part}-{number:06d}")
    except (DoorbusterError, httpx.HTTPError) as failed:
        why = str(failed)
    except (LookupError, TypeError, ValueError) as odd:
        why = f"its books are not as its platform writes them ({type(odd).__name__}: {odd})"
    else:
        return {"done": True, "why": None}
    directory.drop_parts("facts", part)
    return {"done": False, "why": why}


def judge(directory: RunDirectory) -> tuple[bool, tuple[str, ...]]:
    """Judge a whole run by the default gate file: was this a rehearsal?"""
    from doorbuster.analysis.gate_file import load_gate
    from doorbuster.analysis.load import open_run
    from doorbuster.analysis.validity import judge_validity
    from doorbuster.cards import find_gate

    validity = judge_validity(open_run(directory.path), load_gate(find_gate(None)).validity)
    return validity.valid, tuple(validity.reasons)


def _stock_before(directory: RunDirectory, arm: str) -> dict[str, int]:
    """Variant to its units for sale before the run; nothing where a pool told what is sold, which is no shop's word."""
    if load_scenario(directory.path / "scenario.toml").pools.products is not None:
        return {}
    rows = read_table(directory, "catalogue", arm).select(["variant", "stock"]).to_pylist()
    return {row["variant"]: row["stock"] for row in rows if row["stock"] is not None}


def _shops_books(directory: RunDirectory, settings: Settings, arm: str) -> Iterator[Mapping[str, Any]]:
    with backstage_of(directory, settings, arm=arm) as shop:
        yield from shop.read_back().orders


def _facts(run: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the books say, with their wall-clock times moved onto the scenario's clock.

    A real shop's books hold orders of earlier rehearsals and of other people: no witness of this run heard of them.
    """
    own = intents_of(run["id"])
    started = run["started_at"]
    zero_us = datetime.fromisoformat(started).timestamp() * 1e6 if started else None
    for row in rows:
        fact = {name: value for name, value in row.items() if name != "at_unix_us"}
        at_unix_us = row.get("at_unix_us")
        if at_unix_us is not None and zero_us is not None:
            fact["at_us"] = int(at_unix_us - zero_us)
            if fact.get("kind") == "order" and _is_earlier(fact, own):
                fact["kind"] = "order_before"
        yield fact


def _is_earlier(order: Mapping[str, Any], own: re.Pattern[str]) -> bool:
    """Whether an order was made before the run, and is none of its own whatever the clocks say."""
    intent, at_us = order.get("intent"), order["at_us"]
    if intent:
        return at_us < 0 and not own.fullmatch(intent)
    return bool(at_us < -_CLOCKS_APART_US)
