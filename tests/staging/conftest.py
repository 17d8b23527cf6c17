"""One staging environment for all tests in here, put into its known state before each."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from staging_mall import SEED, Mall

from doorbuster.staging.environment import Addresses, staging_environment
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.staging_backstage import StagingBackstage


@pytest.fixture(scope="session")
def addresses() -> Iterator[Addresses]:
    with staging_environment(waits=False, seed=SEED) as up:
        yield up


@pytest.fixture
def mall(addresses: Addresses) -> Iterator[Mall]:
    with httpx.Client(base_url=addresses.shop_url, verify=False, timeout=15) as http:
        backstage = StagingBackstage(HttpxClient(http), addresses.shop_url)
        backstage.reset(SEED)
        catalogue = {product.variant: product for product in backstage.catalogue()}
        yield Mall(addresses, http, backstage, catalogue)
