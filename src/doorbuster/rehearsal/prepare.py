"""Brings the shop into a known state and makes the run directory; everything is checked before anything is written."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from doorbuster import said_version
from doorbuster.errors import HookError, ScenarioError, TargetError
from doorbuster.record.directory import FORMAT_VERSION, RunDirectory, check_writable, new_run_directory
from doorbuster.rehearsal.control import check_control, check_coupons, differences, same_catalogue
from doorbuster.rehearsal.hooks import run_hooks
from doorbuster.rehearsal.plain_http import plain_http, witness_http
from doorbuster.rehearsal.planning import plan_of, pools_of
from doorbuster.rehearsal.preflight import no_hazards, preflight
from doorbuster.scenario import Scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.base import Backstage, Product
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.platforms import options_of, platform_named
from doorbuster.storefronts.staging_services import Witnesses
from doorbuster.traffic.plan import Plan
from doorbuster.traffic.pool_files import pool_paths
from doorbuster.traffic.pools import Pools, check_accounts
from doorbuster.traffic.visit import with_popularity
from doorbuster.vocabulary import ARM, CONTROL

KnownStart = tuple[str, list[Product], list[str], Mapping[str, Any]]
"""What the shop says it is, what shoppers can pick, the coupons they may try, the platform's options."""


@dataclass(frozen=True)
class RunOptions:
    """What a user may say about one run, beside its scenario."""

    scenario_path: Path
    target: str
    runs: Path
    seed: int | None = None
    scale: float = 1.0
    minutes: float | None = None
    control: str | None = None
    """Base URL of last release's deployment, where each shopper is sent to one of the two."""
    hold_at: float | None = None
    """Level that a headroom scenario holds instead of its ramp, in multiples of last year's peak."""

    @property
    def targets(self) -> dict[str, str]:
        """Arm to base URL."""
        return {ARM: self.target} | ({} if self.control is None else {CONTROL: self.control})


def prepare(options: RunOptions, settings: Settings) -> RunDirectory:
    """Check, reset the shop, snapshot its catalogue, write the run directory. Raises DoorbusterError."""
    plan = plan_of(
        options.scenario_path,
        options.seed,
        options.scale,
        options.minutes,
        options.control is not None,
        options.hold_at,
    )
    scenario = plan.scenario
    check_control(options.target, options.control, scenario)
    if not plan.due_us.size:
        raise ScenarioError(f"{options.scenario_path}: nobody would come; raise the rates, --scale or --minutes")
    pools = pools_of(scenario, options.scenario_path, settings)
    check_accounts(pools)
    check_writable(options.runs)
    with contextlib.ExitStack() as stack:
        reached, overrides = {}, []
        for arm, url in options.targets.items():
            http = reached[arm] = stack.enter_context(plain_http(settings.of(arm), url, scenario.limits.allowed_hosts))
            overrides += preflight(HttpxClient(http), url, scenario, settings.of(arm), plan.peak_per_s)
        run_hooks(scenario.hooks.before, "before")
        try:
            starts = {
                arm: known_start(http, plan, replace(options, target=options.targets[arm]), settings.of(arm), pools)
                for arm, http in reached.items()
            }
            catalogues, control = _beside(starts, options)
            directory = new_run_directory(options.runs, scenario.name)
            with _gone_on_failure(directory):
                _write(directory, plan, options, starts[ARM], catalogues, control, list(dict.fromkeys(overrides)))
                _keep_pools(directory, scenario, options.scenario_path.parent, pools)
        except BaseException:
            # The commands before have changed the shop: those after put it right, also when nothing is sent.
            with contextlib.suppress(HookError):
                run_hooks(scenario.hooks.after, "after")
            raise
    return directory


def _beside(
    starts: Mapping[str, KnownStart], options: RunOptions
) -> tuple[dict[str, Sequence[Product]], dict[str, Any] | None]:
    """Both catalogues by arm, one beside the other, and `control` of run.json. Raises TargetError where they differ."""
    _, catalogue, codes, shop_options = starts[ARM]
    if options.control is None:
        return {ARM: catalogue}, None
    shop_line, theirs, their_codes, _ = starts[CONTROL]
    theirs = same_catalogue(catalogue, theirs, options.control)
    check_coupons(codes, their_codes, options.control)
    return {ARM: catalogue, CONTROL: theirs}, {
        "target": options.control,
        "target_host": urlsplit(options.control).netloc,
        "shop": shop_line,
        "differences": list(differences(catalogue, theirs, shop_options)),
        "read_back": {"done": False, "why": "the run was cut off before"},
    }


@contextlib.contextmanager
def _gone_on_failure(directory: RunDirectory) -> Iterator[None]:
    """A run directory is prepared whole or not at all."""
    try:
        yield
    except BaseException:
        shutil.rmtree(directory.path, ignore_errors=True)
        raise


def _write(
    directory: RunDirectory,
    plan: Plan,
    options: RunOptions,
    start: KnownStart,
    catalogues: Mapping[str, Sequence[Product]],
    control: Mapping[str, Any] | None,
    overrides: Sequence[str],
) -> None:
    """All that is known before the first shopper."""
    scenario = plan.scenario
    shop_line, _, coupons, shop_options = start
    directory.set_aside()
    directory.begin_tables()
    curve_path = options.scenario_path.parent / scenario.traffic.curve
    raw = curve_path.read_bytes()
    curve = gzip.decompress(raw) if curve_path.suffix == ".gz" else raw
    directory.write_bytes("scenario.toml", options.scenario_path.read_bytes())
    directory.write_bytes("curve.csv", curve)
    rows = [_row(product, arm) for arm, catalogue in catalogues.items() for product in catalogue]
    directory.write_rows("catalogue", rows, "000000")
    directory.write_run(
        {
            "format": FORMAT_VERSION,
            "id": directory.name,
            "scenario": scenario.name,
            "scenario_sha256": hashlib.sha256(options.scenario_path.read_bytes()).hexdigest(),
            "curve_sha256": hashlib.sha256(curve).hexdigest(),
            "seed": plan.seed,
            "scale": plan.scale,
            "minutes": plan.minutes,
            "hold_at": plan.hold_at,
            "target": options.target,
            "target_host": urlsplit(options.target).netloc,
            "platform": _kept_adapter(directory, options.scenario_path.parent, scenario.storefront.platform),
            "storefront_options": shop_options,
            "shop": shop_line,
            "control": control,
            "coupons": coupons,
            "faults": [fault.model_dump(by_alias=True) for fault in scenario.faults],
            "prepared_at": datetime.now(UTC).isoformat(),
            "started_at": None,
            "ended_at": None,
            "git_revision": _git_revision(),
            "versions": _versions(),
            "workers": 0,
            "machine": {"cpus": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()},
            "clock": {"warm_up_s": plan.warm_up_s, "duration_s": plan.duration_s, "squeeze": plan.squeeze},
            "last_year": {
                "window": plan.window.label,
                "absent_steps": plan.window.absent_steps,
                "second": [round(float(edge), 3) for edge in plan.edges_s[:-1]],
                "sessions_per_s": [round(float(rate), 6) for rate in plan.last_year_per_s],
            },
            "planned": {"sessions_per_s": [round(float(rate), 6) for rate in plan.planned_per_s.sum(axis=1)]},
            "overrides": overrides,
            "permission": scenario.storefront.permission,
            "complete": False,
            "stopped_because": "prepared",
            # Said until `finish` has done its work: a run that is cut off before has kept no promise.
            "closed": False,
            "read_back": {"done": False, "why": "the run was cut off before"},
        }
    )


def known_start(http: httpx.Client, plan: Plan, options: RunOptions, settings: Settings, pools: Pools) -> KnownStart:
    """Reset the shop and the witnesses."""
    scenario = plan.scenario
    folder, where = options.scenario_path.parent, str(options.scenario_path)
    platform = platform_named(scenario.storefront.platform, folder, where)
    shop_options = options_of(platform, scenario.storefront.options, folder, where)
    shop = platform.backstage(HttpxClient(http), settings.shop(options.target, shop_options, backstage=True))
    try:
        shop_line = shop.check()
        no_hazards(shop, options.target)
        shop.reset(plan.seed)
        if witnesses := scenario.witnesses.addresses:
            with witness_http(settings, scenario.limits.allowed_hosts) as witness:
                Witnesses(HttpxClient(witness), witnesses).reset(plan.seed)
        products = shop.catalogue() if pools.products is None else pools.products
        catalogue = with_popularity(products, scenario.shopper, where, weighted=pools.weighted)
        return shop_line, catalogue, _codes(pools, shop), shop_options
    except (LookupError, TypeError, ValueError) as odd:
        raise TargetError(
            f"{options.target} does not answer as platform {scenario.storefront.platform} does "
            f"({type(odd).__name__}: {odd}); check the target and the scenario's platform"
        ) from None


def _codes(pools: Pools, shop: Backstage) -> list[str]:
    """The codes that anybody may try; none where each shopper is dealt one of their own."""
    if pools.single_use is not None:
        return []
    return list(shop.coupons() if pools.coupons is None else pools.coupons)


def _keep_pools(directory: RunDirectory, scenario: Scenario, folder: Path, pools: Pools) -> None:
    """A copy of each file but the accounts', of which the run only says how many there were."""
    for name, path in pool_paths(scenario.pools, folder).items():
        directory.write_bytes(f"pools/{name}.csv", path.read_bytes())
    if pools.customers_share:
        directory.update_run(pools={"accounts": len(pools.customers), "customers_share": pools.customers_share})


def _kept_adapter(directory: RunDirectory, folder: Path, platform: str) -> str:
    """The platform's name; an adapter that is a user's own file is kept in the run, to be read back with it later."""
    if not platform.endswith(".py"):
        return platform
    directory.write_bytes("storefront.py", (folder / platform).read_bytes())
    return "storefront.py"


def _row(product: Any, arm: str) -> dict[str, Any]:
    names = ("product", "variant", "sku", "price_minor", "currency", "stock", "weight")
    return {name: getattr(product, name) for name in names} | {"arm": arm}


def _versions() -> dict[str, str]:
    packages = ("locust", "gevent", "httptools", "numpy", "pyarrow")
    ours = {"python": platform.python_version(), "doorbuster": said_version()}
    return ours | {name: version(name) for name in packages}


def _git_revision() -> str | None:
    """The shop's (or scenario's) revision in the working directory, if it is a git checkout."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
