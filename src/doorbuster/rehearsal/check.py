"""The day-before rehearsal: one shopper a journey, the shop's own books beside them, and nothing left to chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from doorbuster.errors import DoorbusterError, HookError, TargetError
from doorbuster.journeys import WALKS
from doorbuster.rehearsal.hooks import run_hooks
from doorbuster.rehearsal.lone_shopper import LoneShopper
from doorbuster.rehearsal.planning import plan_of
from doorbuster.rehearsal.preflight import MOST_UNPERMITTED_PER_S, no_hazards, plain_http, preflight
from doorbuster.rehearsal.seen import Seen, Tried
from doorbuster.rehearsal.walking import BUYING, Walking, try_code
from doorbuster.scenario import Scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.base import Backstage, Product, Storefront
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.platforms import options_of, platform_named
from doorbuster.swarm.transport import transport_options
from doorbuster.traffic.visit import with_popularity
from doorbuster.vocabulary import JOURNEYS

_MOST_CODES: Final = 3
_ENOUGH_UNITS: Final = 5


def check_shop(scenario_path: Path, target: str, settings: Settings) -> Seen:
    """Walk one shopper through each journey that the scenario has, read the books, cancel what was bought.

    The shop is brought into its known state first, as for a run. Raises DoorbusterError where a run could not begin.
    """
    scenario, where = plan_of(scenario_path).scenario, str(scenario_path)
    with plain_http(settings, target, scenario.limits.allowed_hosts) as http:
        overrides = preflight(http, target, scenario, settings, MOST_UNPERMITTED_PER_S)
        run_hooks(scenario.hooks.before, "before")
        try:
            seen = _look(http, scenario, scenario_path, where, target, settings, overrides)
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
    http: httpx.Client,
    scenario: Scenario,
    scenario_path: Path,
    where: str,
    target: str,
    settings: Settings,
    overrides: Sequence[str],
) -> Seen:
    platform = platform_named(scenario.storefront.platform, scenario_path.parent, where)
    options = options_of(platform, scenario.storefront.options, scenario_path.parent, where)
    books = platform.backstage(HttpxClient(http), settings.shop(target, options, backstage=True))
    try:
        shop_line = books.check()
        no_hazards(books, target)
        books.reset(scenario.traffic.seed)
        catalogue = with_popularity(books.catalogue(), scenario.shopper, where)
        codes = list(books.coupons())
    except (LookupError, TypeError, ValueError) as odd:
        raise TargetError(
            f"{target} does not answer as platform {scenario.storefront.platform} does "
            f"({type(odd).__name__}: {odd}); check the target and the scenario's platform"
        ) from None
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-check"
    transport = transport_options(settings, target, scenario.limits.allowed_hosts, run_id)
    shop = settings.shop(target, options)
    walking = Walking(scenario.shopper.patience_s, platform, shop, transport, books, _one_of(catalogue), run_id)
    tried = _codes_tried(walking, codes)
    code = next((one.code for one in tried if one.lower), None)
    walked = {}
    for journey in JOURNEYS:
        if not scenario.journeys.share(journey):
            continue
        if journey == "native_checkout":
            walking.count("")
        buying = journey in BUYING
        walked[journey] = walking.walk(
            journey, _and_look(journey) if buying else WALKS[journey], code if buying else None
        )
    rows, why_not = _read(books)
    made = [one.order.order_id for one in walked.values() if one.order and one.order.order_id]
    return Seen(
        target=target,
        scenario=scenario.name,
        shop_line=shop_line,
        overrides=overrides,
        catalogue=catalogue,
        product=walking.product,
        codes=codes,
        tried=tried,
        walked=walked,
        stock=walking.stock,
        books=rows,
        books_why_not=why_not,
        cancelled=_cancelled(books, made),
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


def _read(books: Backstage) -> tuple[Sequence[Mapping[str, Any]], str | None]:
    try:
        return tuple(books.read_back().orders), None
    except (DoorbusterError, httpx.HTTPError) as failed:
        return (), str(failed)


def _cancelled(books: Backstage, made: Sequence[str]) -> Mapping[str, str | None]:
    """A check leaves as little behind as the platform allows."""
    if not made:
        return {}
    try:
        told = books.cancel(made)
    except (DoorbusterError, httpx.HTTPError) as failed:
        return dict.fromkeys(made, str(failed))
    return {order_id: told.get(order_id, "the platform did not say") for order_id in made}
