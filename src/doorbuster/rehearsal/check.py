"""The day-before rehearsal: one shopper a journey, the shop's own books beside them, and nothing left to chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from doorbuster.errors import DoorbusterError, HookError
from doorbuster.journeys import WALKS
from doorbuster.rehearsal.cleanup import NOT_IN_BOOKS, orders_of
from doorbuster.rehearsal.hooks import run_hooks
from doorbuster.rehearsal.lone_shopper import LoneShopper
from doorbuster.rehearsal.plain_http import plain_http, witness_http
from doorbuster.rehearsal.planning import plan_of, pools_of
from doorbuster.rehearsal.preflight import MOST_UNPERMITTED_PER_S, preflight
from doorbuster.rehearsal.prepare import KnownStart, RunOptions, known_start
from doorbuster.rehearsal.seen import Seen, Tried, Walked
from doorbuster.rehearsal.walking import BUYING, Walking, try_code
from doorbuster.scenario import Scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.base import Backstage, Client, Product, Storefront
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.platforms import platform_named
from doorbuster.storefronts.staging_services import Witnesses
from doorbuster.swarm.transport import transport_options
from doorbuster.traffic.pools import Pools, check_accounts
from doorbuster.vocabulary import JOURNEYS

_MOST_CODES: Final = 3
_ENOUGH_UNITS: Final = 5


def check_shop(scenario_path: Path, target: str, settings: Settings) -> Seen:
    """Walk one shopper through each journey that the scenario has, read the books, cancel what was bought.

    The shop is brought into its known state first, as for a run. Raises DoorbusterError where a run could not begin.
    """
    plan = plan_of(scenario_path)
    scenario, options = plan.scenario, RunOptions(scenario_path, target, settings.runs)
    pools = pools_of(scenario, scenario_path, settings)
    check_accounts(pools)
    with plain_http(settings, target, scenario.limits.allowed_hosts) as http:
        overrides = preflight(HttpxClient(http), target, scenario, settings, MOST_UNPERMITTED_PER_S)
        run_hooks(scenario.hooks.before, "before")
        try:
            start = known_start(http, plan, options, settings, pools)
            seen = _look(HttpxClient(http), options, scenario, settings, pools, start, overrides)
        except BaseException:
            # The commands before have changed the shop: those after put it right, whatever happened in between.
            with suppress(HookError):
                run_hooks(scenario.hooks.after, "after")
            raise
        try:
            run_hooks(scenario.hooks.after, "after")
        except HookError as failed:
            return replace(seen, hooks_why_not=str(failed))
    return seen


def _look(
    client: Client,
    options: RunOptions,
    scenario: Scenario,
    settings: Settings,
    pools: Pools,
    start: KnownStart,
    overrides: Sequence[str],
) -> Seen:
    shop_line, catalogue, codes, shop_options = start
    target, where = options.target, options.scenario_path
    platform = platform_named(scenario.storefront.platform, where.parent, str(where))
    books = platform.backstage(client, settings.shop(target, shop_options, backstage=True))
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-check"
    transport = transport_options(settings, target, scenario.limits.allowed_hosts, run_id)
    shop = settings.shop(target, shop_options)
    walking = Walking(scenario.shopper.patience_s, platform, shop, transport, books, _one_of(catalogue), run_id, pools)
    # Of codes that work once the last is tried, and in a cart alone: the run's shoppers need the others, and it too.
    tried = _codes_tried(walking, codes or (pools.single_use or ())[-1:])
    code = next((one.code for one in tried if one.lower and pools.single_use is None), None)
    walked: dict[str, Walked] = {}
    try:
        for journey in JOURNEYS:
            if not scenario.journeys.share(journey):
                continue
            if journey == "native_checkout":
                walking.count("")
            buying = journey in BUYING
            way = _and_look(journey) if buying else WALKS[journey]
            walked[journey] = walking.walk(journey, way, code if buying else None)
        rows, why_not = _read(books, scenario, settings)
    except KeyboardInterrupt:
        # Nothing else would ever come back for what has been bought by now.
        rows, _ = _read(books, scenario, settings)
        raise KeyboardInterrupt(_left(_cancelled(books, run_id, walked.values(), rows))) from None
    return Seen(
        target=target,
        scenario=scenario.name,
        shop_line=shop_line,
        overrides=overrides,
        catalogue=catalogue,
        product=walking.product,
        codes=codes or pools.single_use or (),
        tried=tried,
        walked=walked,
        stock=walking.stock,
        books=rows,
        books_why_not=why_not,
        cancelled=_cancelled(books, run_id, walked.values(), rows),
        untold=platform.untold(settings.shop(target, shop_options, backstage=True)),
    )


def _one_of(catalogue: Sequence[Product]) -> Product:
    """The most wanted product of which a few can be bought; else the one with most units."""
    enough = (one for one in catalogue if one.stock is None or one.stock >= _ENOUGH_UNITS)
    return next(enough, None) or max(catalogue, key=lambda one: one.stock or 0)


def _codes_tried(walking: Walking, codes: Sequence[str]) -> list[Tried]:
    """Some codes want a bigger cart, or are used up: a few are tried, until one makes the cart cheaper."""
    tried: list[Tried] = []
    for code in codes[:_MOST_CODES]:
        tried.append(try_code(walking, code))
        if tried[-1].lower:
            break
    return tried


def _and_look(journey: str) -> Callable[[LoneShopper, Storefront], None]:
    """The journey, and then the order looked up by its intent."""

    def way(shopper: LoneShopper, shop: Storefront) -> None:
        WALKS[journey](shopper, shop)
        shopper.step("order.read", shop.order_read)

    return way


def _read(books: Backstage, scenario: Scenario, settings: Settings) -> tuple[Sequence[Mapping[str, Any]], str | None]:
    """The shop's books and those of the scenario's witnesses, or why not; never half of them."""
    try:
        with witness_http(settings, scenario.limits.allowed_hosts) as http:
            witnesses = Witnesses(HttpxClient(http), scenario.witnesses.addresses)
            return [*books.read_back().orders, *witnesses.read_back()], None
    except (DoorbusterError, httpx.HTTPError) as failed:
        return (), str(failed)


def _left(cancelled: Mapping[str, str | None]) -> str:
    """Which orders stay in the shop, for whoever broke a check off; empty where none do."""
    stay = [f"{order_id} ({why})" for order_id, why in cancelled.items() if why]
    return f"in the shop remain the orders {', '.join(stay)}" if stay else ""


def _cancelled(
    books: Backstage, run_id: str, walked: Iterable[Walked], rows: Sequence[Mapping[str, Any]]
) -> Mapping[str, str | None]:
    """A check leaves as little behind as the platform allows, and touches nothing that the books give to others."""
    shown = [
        {"order_id": answer.order_id, "intent": one.intent, "total_minor": None, "currency": None}
        for one in walked
        if (answer := one.order)
    ]
    ours, doubtful = orders_of(run_id, shown, rows)
    ids = [one.order_id for one in ours]
    left: dict[str, str | None] = {one.order_id: NOT_IN_BOOKS for one in doubtful}
    if not ids:
        return left
    try:
        told = books.cancel(ids)
    except (DoorbusterError, httpx.HTTPError) as failed:
        return {**dict.fromkeys(ids, str(failed)), **left}
    return {**{order_id: told.get(order_id, "the platform did not say") for order_id in ids}, **left}
