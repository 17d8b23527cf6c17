"""From a scenario file to its plan, with everything checked that can be checked without the shop."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from doorbuster.errors import ScenarioError, TargetError, did_you_mean
from doorbuster.scenario import Scenario, load_scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.payment_hosts import live_keys
from doorbuster.storefronts.platforms import options_of, platform_named
from doorbuster.traffic.plan import Plan, build_plan
from doorbuster.traffic.pool_files import pool_paths, read_pools
from doorbuster.traffic.pools import Pools


def plan_of(
    scenario_path: Path,
    seed: int | None = None,
    scale: float = 1.0,
    minutes: float | None = None,
    control: bool = False,
    hold_at: float | None = None,
) -> Plan:
    """A scenario file's plan. Raises ScenarioError, CurveError, and TargetError for a live key."""
    scenario = load_scenario(scenario_path)
    platform = platform_named(scenario.storefront.platform, scenario_path.parent, str(scenario_path))
    if scenario.pools.customers_share and not platform.accounts:
        raise ScenarioError(
            f"{scenario_path}: pools.customers_share: nobody can log in on platform {scenario.storefront.platform}; "
            "leave it out"
        )
    options = options_of(platform, scenario.storefront.options, scenario_path.parent, str(scenario_path))
    # Completed, so that a description in a file of its own is among them.
    for key in live_keys(options):
        raise TargetError(
            f"{scenario_path}: {key} opens a live payment account; put in the key of a test account, and treat this "
            "one as known to whoever read the file"
        )
    check_faults(scenario, scenario_path)
    curve = scenario_path.parent / scenario.traffic.curve
    plan = build_plan(scenario, curve, seed=seed, scale=scale, minutes=minutes, control=control, hold_at=hold_at)
    end_s = plan.warm_up_s + plan.window.duration_s
    for fault in scenario.faults:
        if fault.at >= end_s:
            raise ScenarioError(
                f"{scenario_path}: fault {fault.name} begins at {fault.at:g} s, after the last shopper ({end_s:g} s); "
                "move it into the window"
            )
    return plan


def pools_of(scenario: Scenario, scenario_path: Path, settings: Settings) -> Pools:
    """What the scenario's files hold for its shoppers. Raises ExportError."""
    return read_pools(pool_paths(scenario.pools, scenario_path.parent), scenario.pools, settings.customers)


def check_faults(scenario: Scenario, where: Path) -> None:
    """Raises ScenarioError for witnesses out of bounds, and for faults that no service of this rehearsal has."""
    witnesses = scenario.witnesses.addresses
    if witnesses and scenario.storefront.platform == "staging":
        raise ScenarioError(f"{where}: witnesses: the staging shop brings its own; leave them out")
    for service, url in witnesses.items():
        if urlsplit(url).hostname not in scenario.limits.allowed_hosts:
            raise ScenarioError(f"{where}: witnesses.{service}: {url} is not on a host of limits.allowed_hosts")
    if not scenario.faults:
        return
    known = fault_services()
    for fault in scenario.faults:
        if fault.name not in known:
            raise ScenarioError(f'{where}: faults: no fault "{fault.name}"{did_you_mean(fault.name, known)}')
        if scenario.storefront.platform != "staging" and known[fault.name] not in witnesses:
            raise ScenarioError(
                f"{where}: faults: {fault.name} is a fault of the staging environment's {known[fault.name]}, which "
                "is not in this rehearsal; name it in [witnesses], or leave the fault out"
            )


def fault_services() -> dict[str, str]:
    """Fault to the service that has it."""
    from doorbuster.staging.faults import list_faults

    return {fault.name: fault.service for fault in list_faults()}
