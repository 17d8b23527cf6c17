"""Which shop a rehearsal runs on: the one given, or a staging environment of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doorbuster.errors import TargetError
from doorbuster.scenario import load_scenario


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
