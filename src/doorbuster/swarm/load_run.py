"""Opens a prepared run directory for the load side: its plan, its catalogue, its shop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from doorbuster.record.directory import RunDirectory
from doorbuster.record.reading import read_table
from doorbuster.record.tally import Tally
from doorbuster.scenario import Scenario, load_scenario
from doorbuster.settings import Settings, load_settings
from doorbuster.storefronts.base import Product
from doorbuster.storefronts.platforms import platform_named
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.floor import ShopFloor, StepListener
from doorbuster.swarm.transport import TransportOptions, transport_options
from doorbuster.traffic.plan import Plan, build_plan
from doorbuster.traffic.pool_files import read_pools
from doorbuster.traffic.pools import Dealer, check_accounts
from doorbuster.traffic.visit import Visits
from doorbuster.vocabulary import ARM, CONTROL

_PREPARED = ("run.json", "scenario.toml", "curve.csv", "catalogue.parquet/part-000000.parquet")
_DEALT = ("addresses", "single_use_coupons")
"""Pools that shoppers are dealt from on the way; the others are in the files above by now."""
_FILES = (*_PREPARED, *(f"pools/{name}.csv" for name in _DEALT))
"""All that a worker needs of a run that is prepared; none of it is secret."""


def load_run(directory: RunDirectory, clock: RunClock, heard: StepListener) -> tuple[Plan, ShopFloor]:
    """The plan and the shop floors of a prepared run; everything but secrets comes from its directory."""
    run = directory.read_run()
    scenario = load_scenario(directory.path / "scenario.toml")
    plan = build_plan(
        scenario, directory.path / "curve.csv", seed=run["seed"], scale=run["scale"], minutes=run["minutes"],
        control=bool(run.get("control")), hold_at=run.get("hold_at"),
    )  # fmt: skip
    settings = load_settings()
    pools = read_pools(
        {name: directory.path / f"pools/{name}.csv" for name in _DEALT if getattr(scenario.pools, name) is not None},
        scenario.pools,
        settings.customers,
    )
    check_accounts(pools)
    dealer = Dealer(pools, plan) if pools.dealt else None
    floor = ShopFloor(
        scenario=scenario,
        seed=plan.seed,
        shop=settings.shop(run["target"], run["storefront_options"]),
        visits=_visits(directory, run, plan, dealer, ARM),
        storefront_of=platform_named(run["platform"], directory.path, str(directory.path)).storefront,
        transport=_transport(settings, run, run["target"], scenario),
        clock=clock,
        tally=Tally(),
        heard=heard,
    )
    if plan.control:
        theirs, url = settings.of(CONTROL), run["control"]["target"]
        floor.control = replace(
            floor,
            arm=CONTROL,
            shop=theirs.shop(url, run["storefront_options"]),
            visits=_visits(directory, run, plan, dealer, CONTROL),
            transport=_transport(theirs, run, url, scenario),
        )
    return plan, floor


def _visits(directory: RunDirectory, run: Mapping[str, Any], plan: Plan, dealer: Dealer | None, arm: str) -> Visits:
    """The same shoppers in either arm: only the identifiers of what they pick are each shop's own."""
    rows = read_table(directory, "catalogue", arm).drop_columns("arm").to_pylist()
    catalogue = [Product(**row) for row in rows]
    return Visits(plan.scenario.shopper, catalogue, run["coupons"], plan.seed, run["id"], dealer)


def _transport(settings: Settings, run: Mapping[str, Any], url: str, scenario: Scenario) -> TransportOptions:
    wished = scenario.connections
    return replace(
        transport_options(settings, url, scenario.limits.allowed_hosts, run["id"]),
        reuse_connections=wished.reuse,
        proxies_from_environment=wished.proxies_from_environment,
        connect_timeout_s=wished.connect_timeout_s,
        first_byte_timeout_s=wished.first_byte_timeout_s,
        total_timeout_s=wished.total_timeout_s,
        body_limit_bytes=int(wished.body_limit_mb * (1 << 20)),
    )


def pack_run(directory: RunDirectory) -> dict[str, bytes]:
    """A prepared run directory's files, to send to a worker."""
    return {name: (directory.path / name).read_bytes() for name in _FILES if (directory.path / name).is_file()}


def unpack_run(files: Mapping[str, bytes], folder: Path) -> RunDirectory:
    """The reverse of `pack_run`; other names than those are not written."""
    directory = RunDirectory(folder)
    for name in _FILES:
        if name in files or name in _PREPARED:
            directory.write_bytes(name, files[name])
    return directory
