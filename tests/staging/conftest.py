"""One staging environment for all tests in here, put into its known state before each."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from collector_client import CollectorClient
from listening_shop import ListeningShop, listening_shop
from staging_mall import SEED, Mall
from stripe_client import StripeClient

from doorbuster.staging.environment import Addresses, staging_environment
from doorbuster.storefronts.base import Shop
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.staging_backstage import StagingBackstage


@pytest.fixture(scope="session")
def addresses() -> Iterator[Addresses]:
    with staging_environment(waits=False, seed=SEED) as up:
        yield up


@pytest.fixture
def mall(addresses: Addresses) -> Iterator[Mall]:
    with httpx.Client(base_url=addresses.shop_url, verify=False, timeout=15) as http:
        backstage = StagingBackstage(HttpxClient(http), Shop(addresses.shop_url))
        backstage.reset(SEED)
        catalogue = {product.variant: product for product in backstage.catalogue()}
        yield Mall(addresses, http, backstage, catalogue)


@pytest.fixture
def listener() -> Iterator[ListeningShop]:
    """Where a gateway's notifications go."""
    with listening_shop() as shop:
        yield shop


@pytest.fixture
def gateway(mall: Mall) -> Iterator[httpx.Client]:
    """The payment gateway, its books empty."""
    with httpx.Client(base_url=mall.addresses.gateway_url, verify=False, timeout=15) as http:
        yield http


@pytest.fixture
def collector(mall: Mall) -> Iterator[CollectorClient]:
    """The analytics collector, its book empty."""
    with httpx.Client(base_url=mall.addresses.collector_url, verify=False, timeout=15) as http:
        yield CollectorClient(http)


@pytest.fixture
def stripe(gateway: httpx.Client) -> Iterator[StripeClient]:
    """A merchant's server at the gateway; webhook endpoints that it makes are gone afterwards."""
    client = StripeClient(gateway)
    yield client
    for endpoint in client.get("webhook_endpoints", limit=100).json()["data"]:
        client.delete(f"webhook_endpoints/{endpoint['id']}")
