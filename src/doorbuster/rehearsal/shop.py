"""Which shop a rehearsal runs on: the one given, a staging environment of its own, or the one that a run was on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from doorbuster.errors import TargetError
from doorbuster.record.directory import RunDirectory
from doorbuster.rehearsal.plain_http import plain_http
from doorbuster.scenario import load_scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.base import Backstage
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.platforms import platform_named
from doorbuster.vocabulary import ARM, ARMS, CONTROL


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


def arms_walked(run: Mapping[str, Any]) -> tuple[str, ...]:
    """The candidate, and the control where one was walked beside it; `run` is run.json."""
    return ARMS if run.get("control") else ARMS[:1]


def url_of(run: Mapping[str, Any], arm: str) -> str:
    """Where an arm's deployment was."""
    return str(run["control"]["target"] if arm == CONTROL else run["target"])


@contextmanager
def backstage_of(
    directory: RunDirectory, settings: Settings, target: str | None = None, arm: str = ARM
) -> Iterator[Backstage]:
    """The backstage of the deployment that an arm of a run was on, or of the same one at another address."""
    run, settings = directory.read_run(), settings.of(arm)
    url = target or url_of(run, arm)
    scenario = load_scenario(directory.path / "scenario.toml")
    platform = platform_named(run["platform"], directory.path, str(directory.path))
    with plain_http(settings, url, scenario.limits.allowed_hosts) as http:
        yield platform.backstage(
            HttpxClient(http), settings.shop(url, run.get("storefront_options", {}), backstage=True)
        )
