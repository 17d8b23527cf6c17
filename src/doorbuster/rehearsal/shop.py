"""Which shop a rehearsal runs on: the one given, or a staging environment of its own; and whose shop a run was on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doorbuster.errors import TargetError
from doorbuster.record.directory import RunDirectory
from doorbuster.rehearsal.preflight import plain_http
from doorbuster.scenario import load_scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.base import Backstage
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.platforms import platform_named


@contextmanager
def shop_for(scenario_path: Path, target: str | None) -> Iterator[str]:
    """The shop's base URL. Starts the embedded staging environment when no target is given and the scenario is its.

    Raises TargetError when another platform has no target.
    """
    if target is not None:
        yield target
        return
    scenario = load_scenario(scenario_path)
    if scenario.storefront.platform != "staging":
        raise TargetError(f'platform "{scenario.storefront.platform}" needs a shop: give --target or DOORBUSTER_TARGET')
    from doorbuster.staging.environment import staging_environment

    with staging_environment() as addresses:
        yield addresses.shop_url


@contextmanager
def backstage_of(directory: RunDirectory, settings: Settings, target: str | None = None) -> Iterator[Backstage]:
    """The backstage of the shop that a run was on, or of the same shop at another address."""
    run = directory.read_run()
    url = target or run["target"]
    scenario = load_scenario(directory.path / "scenario.toml")
    platform = platform_named(run["platform"], directory.path, str(directory.path))
    with plain_http(settings, url, scenario.limits.allowed_hosts) as http:
        yield platform.backstage(
            HttpxClient(http), settings.shop(url, run.get("storefront_options", {}), backstage=True)
        )
