"""The safety interlock: a shop is loaded when it is listed, agrees and answers; an override is written down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from doorbuster.errors import TargetError
from doorbuster.rehearsal.preflight import preflight
from doorbuster.scenario import Scenario, load_scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.plain_client import HttpxClient
from tests.conftest import write_scenario

HOST = "shop.test"
URL = f"https://{HOST}"
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    path = write_scenario(tmp_path, [1.0, 1.0])
    path.write_text(path.read_text().replace("[limits]", f'[limits]\nallowed_hosts = ["{HOST}", "127.0.0.1"]'))
    return load_scenario(path)


def check(answer: Answer, scenario: Scenario, url: str = URL, **settings: str) -> list[str]:
    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        return preflight(HttpxClient(http), url, scenario, Settings(**settings), 5.0)  # type: ignore[arg-type]


def silent(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200 if request.url.path == "/" else 404, html="<p>shop</p>")


def consenting(request: httpx.Request) -> httpx.Response:
    owner = request.url.path == "/.well-known/doorbuster.txt"
    return httpx.Response(200, text="owner: web team") if owner else silent(request)


def test_a_listed_shop_that_agrees_is_loaded(scenario: Scenario) -> None:
    assert check(consenting, scenario) == []
    assert check(lambda _: httpx.Response(200, headers={"Doorbuster-Owner": "web team"}), scenario) == []


def test_a_shop_that_does_not_agree_is_not(scenario: Scenario) -> None:
    with pytest.raises(TargetError, match="does not agree to be loaded"):
        check(silent, scenario)


def test_a_page_for_everything_is_no_consent(scenario: Scenario) -> None:
    """Single-page shops answer 200 with their home page to any path."""
    with pytest.raises(TargetError, match="does not agree"):
        check(lambda _: httpx.Response(200, html="<p>shop</p>"), scenario)


def test_an_override_names_the_host_and_is_written_down(scenario: Scenario) -> None:
    (sentence,) = check(silent, scenario, load_without_consent=HOST)
    assert HOST in sentence
    with pytest.raises(TargetError):
        check(silent, scenario, load_without_consent="another.test")


def test_an_unlisted_host_is_refused_before_anything_is_sent(scenario: Scenario) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"asked {request.url}")

    with pytest.raises(TargetError, match="allowed_hosts"):
        check(never, scenario, url="https://other.test", load_without_consent="other.test")


def test_loopback_needs_no_consent(scenario: Scenario) -> None:
    assert check(silent, scenario, url="http://127.0.0.1:8000") == []


def test_a_host_override_is_a_name_of_the_shops_too(scenario: Scenario) -> None:
    """A tunnel on this machine leads to whoever answers to that name."""

    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"asked {request.url}")

    for name, why in (("linen.myshopify.com:443", "that Shopify hosts"), ("api.stripe.com", "Stripe")):
        with pytest.raises(TargetError, match=why):
            check(never, scenario, url="http://127.0.0.1:8000", host_override=name)
    assert check(silent, scenario, url="http://127.0.0.1:8000", host_override="staging.shop.test") == []
