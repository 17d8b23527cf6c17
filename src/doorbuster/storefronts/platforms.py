"""Which platforms there are, by the name a scenario uses. Adapters are imported when asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from doorbuster.errors import ScenarioError, did_you_mean
from doorbuster.storefronts.base import Backstage, Client, Storefront, Visit

PLATFORMS: Final = ("staging",)

StorefrontFactory = Callable[[Client, str, Visit], Storefront]
"""(client, base URL, visit) -> the shop as one shopper sees it."""


def storefront_factory(platform: str) -> StorefrontFactory:
    """The adapter of a platform in PLATFORMS."""
    check_platform(platform, "scenario")
    from doorbuster.storefronts.staging import StagingStorefront

    return StagingStorefront


def backstage(platform: str, client: Client, base_url: str) -> Backstage:
    """The backstage of a platform in PLATFORMS."""
    check_platform(platform, "scenario")
    from doorbuster.storefronts.staging_backstage import StagingBackstage

    return StagingBackstage(client, base_url)


def check_platform(platform: str, where: str) -> None:
    """Raises ScenarioError for a platform nobody has written yet."""
    if platform not in PLATFORMS:
        raise ScenarioError(
            f'{where}: storefront.platform: no platform "{platform}"{did_you_mean(platform, PLATFORMS)}'
        )
