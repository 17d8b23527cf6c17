"""Refused before a byte is sent: a host that listens is there, and hears nothing."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from doorbuster.errors import TargetError
from doorbuster.rehearsal.plain_http import plain_http, witness_http
from doorbuster.rehearsal.preflight import preflight
from doorbuster.rehearsal.prepare import RunOptions, prepare
from doorbuster.scenario import load_scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.swarm.transport import Browser, transport_options
from doorbuster.vocabulary import EXIT_USAGE
from tests.conftest import ROOT, Doorbuster, clean_environment, write_scenario
from tests.safety.conftest import Bystander

OWN_ADAPTER = """
from doorbuster.storefronts.base import Platform
from doorbuster.storefronts.staging import StagingBackstage, StagingStorefront

PLATFORM = Platform(StagingStorefront, StagingBackstage, lambda given, folder: given)
"""
SECRETS = {"basic_auth": "user:secret", "storefront_password": "another-secret"}


def scenario_for(folder: Path, *hosts: str, rate: float = 5.0, storefront: str = "") -> Path:
    path = write_scenario(folder, [rate, rate], more=f"[storefront]\n{storefront}")
    path.write_text(path.read_text().replace("[limits]", f"[limits]\nallowed_hosts = {list(hosts)!r}"))
    return path


@pytest.fixture
def everywhere(bystander: Bystander, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bystander]:
    """Whatever the name, it is the bystander who would be reached."""
    address, connect = (bystander.host, bystander.port), socket.create_connection
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    # Where a test before has made sockets cooperative, names are looked up elsewhere.
    monkeypatch.setattr(socket, "create_connection", lambda _, *how, **more: connect(address, *how, **more))
    yield bystander


def refused(scenario: Path, target: str, **settings: str) -> str:
    with pytest.raises(TargetError) as why:
        prepare(RunOptions(scenario, target, scenario.parent / "runs"), Settings(**settings))  # type: ignore[arg-type]
    assert not (scenario.parent / "runs").exists()
    return str(why.value)


@pytest.mark.parametrize("command", ["run", "check"])
def test_an_unlisted_host_hears_nothing(
    command: str, bystander: Bystander, tmp_path: Path, doorbuster: Doorbuster
) -> None:
    scenario = scenario_for(tmp_path, "127.0.0.1")
    said = doorbuster(command, scenario, "--target", bystander.url)
    assert (said.returncode, bystander.visitors) == (EXIT_USAGE, 0), said.stderr
    assert re.fullmatch(r"doorbuster: 127\.0\.0\.2 is not among limits\.allowed_hosts .+\n", said.stderr)


@pytest.mark.parametrize(
    "host", ["sis.redsys.es", "sis-t.redsys.es", "api.stripe.com", "www.paypal.com", "CHECKOUT-TEST.adyen.com."]
)
def test_a_payment_service_is_refused_whatever_the_scenario_lists(
    host: str, everywhere: Bystander, tmp_path: Path
) -> None:
    for target in ("http://shop.example", f"http://{host.rstrip('.').lower()}"):
        hosts = {"shop.example", host, host.rstrip(".").lower()}
        said = refused(scenario_for(tmp_path, *sorted(hosts)), target, load_without_consent="shop.example")
        assert host.rstrip(".").lower() in said.lower()
        assert "gateway of its own" in said
    assert everywhere.visitors == 0


def test_a_key_to_a_live_account_is_refused_and_never_shown(everywhere: Bystander, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN_ADAPTER)
    options = 'platform = "own.py"\n[storefront.options.payment]\nkey = "pk_live_51HqKeyOfNobody"'
    said = refused(scenario_for(tmp_path, "shop.example", storefront=options), "http://shop.example")
    assert "storefront.options.payment.key" in said
    assert "pk_live" not in said
    assert everywhere.visitors == 0


@pytest.mark.parametrize("said", ['"pk_live_51HqKeyOfNobody"', '"Bearer sk_live_51HqKeyOfNobody"'])
def test_a_live_key_in_a_shops_description_is_refused_too(said: str, everywhere: Bystander, tmp_path: Path) -> None:
    """It stands in a file of its own, beside the scenario."""
    described = (ROOT / "scenarios/shops/oscar.toml").read_text()
    assert described.count('csrfmiddlewaretoken = "{csrf}"') > 1
    live = described.replace('csrfmiddlewaretoken = "{csrf}"', f'csrfmiddlewaretoken = "{{csrf}}", key = {said}', 1)
    (tmp_path / "shop.toml").write_text(live)
    options = 'platform = "html"\n[storefront.options]\ndescription = "shop.toml"'
    told = refused(scenario_for(tmp_path, "shop.example", storefront=options), "http://shop.example")
    assert "storefront.options.shop.steps" in told
    assert "opens a live payment account" in told
    assert "51HqKeyOfNobody" not in told
    assert everywhere.visitors == 0


@pytest.mark.parametrize(
    ("host", "who"),
    [
        ("linen.myshopify.com", "Shopify"),
        ("store-abc.mybigcommerce.com", "BigCommerce"),
        ("linen.squarespace.com", "Squarespace"),
        ("demo.saleor.cloud", "Saleor Cloud"),
    ],
)
def test_a_hosted_shop_is_not_loaded_above_one_session_a_second(
    host: str, who: str, everywhere: Bystander, tmp_path: Path
) -> None:
    said = refused(scenario_for(tmp_path, host), f"http://{host}", load_without_consent=host)
    assert f"that {who} hosts" in said
    assert "5 sessions a second" in said
    assert everywhere.visitors == 0


def test_a_shop_that_does_not_agree_is_asked_for_consent_and_nothing_else(
    everywhere: Bystander, tmp_path: Path
) -> None:
    """Asking takes two requests, and they are no shopper's: without any secret that the shop has not been given."""
    said = refused(scenario_for(tmp_path, "shop.example"), "http://shop.example")
    assert "does not agree to be loaded" in said
    requests = re.findall(rb"^[A-Z]+ \S+", bytes(everywhere.heard), re.M)
    assert requests == [b"GET /", b"GET /.well-known/doorbuster.txt"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_to_a_foreign_host_is_not_followed(
    status: int, method: str, bystander: Bystander, redirecting_shop: str
) -> None:
    browser = Browser(transport_options(Settings(**SECRETS), redirecting_shop, ("127.0.0.1",)))  # type: ignore[arg-type]
    for way in ("", "protocol-relative", "userinfo", "backslash", "capitals"):
        to = {
            "": bystander.url,
            "protocol-relative": f"//{bystander.host}:{bystander.port}/pay",
            "userinfo": f"http://127.0.0.1@{bystander.host}:{bystander.port}/",
            "backslash": f"http://{bystander.host}:{bystander.port}\\@127.0.0.1/",
            "capitals": f"HTTP://{bystander.host}:{bystander.port}/",
        }[way]
        said = browser.request(method, f"{redirecting_shop}/to?status={status}", headers={"x-to": to}, form={"a": "b"})
        assert said.status == 0, way
        assert said.failure
    browser.close()
    assert bystander.visitors == 0


@pytest.mark.parametrize("how", ["json", "form"])
def test_a_payment_form_or_a_wallets_address_at_a_foreign_host_gets_nothing(how: str, bystander: Bystander) -> None:
    """Whatever address a shop's answer names, an adapter can only ask its client for it."""
    browser = Browser(transport_options(Settings(), "http://127.0.0.1:1", ("127.0.0.1",)))
    said = browser.request("POST", f"{bystander.url}/sis/realizarPago", **{how: {"card": "4242"}})
    assert said.failure == "127.0.0.2 is not among limits.allowed_hosts"
    assert bystander.visitors == 0


def test_what_is_not_load_stays_with_the_allowed_hosts_too(bystander: Bystander) -> None:
    """A shop's books may point anywhere: `plain_http` reads them."""
    settings = Settings(**SECRETS)  # type: ignore[arg-type]
    with (
        plain_http(settings, "http://127.0.0.1:1", ("127.0.0.1",)) as http,
        pytest.raises(TargetError, match="nothing was sent"),
    ):
        http.get(bystander.url)
    assert bystander.visitors == 0


def test_witnesses_elsewhere_get_nothing(bystander: Bystander) -> None:
    """An address that a witness answers with may lead anywhere too."""
    with pytest.raises(TargetError, match="not among"), witness_http(Settings(), ("127.0.0.1",)) as http:
        http.get(bystander.url)
    assert bystander.visitors == 0


def test_secrets_are_for_the_shop_alone(bystander: Bystander) -> None:
    """Also where another host is allowed."""
    settings = Settings(**SECRETS, host_override="shop.example")  # type: ignore[arg-type]
    with plain_http(settings, "http://127.0.0.1:1", ("127.0.0.1", bystander.host)) as http:
        http.get(bystander.url)
    heard = bytes(bystander.heard).lower()
    assert b"secret" not in heard
    assert b"authorization" not in heard
    assert b"shop.example" not in heard
    with plain_http(settings, bystander.url, (bystander.host,)) as http:
        http.get(bystander.url)
    assert b"x-storefront-password: another-secret" in bytes(bystander.heard)
    assert b"host: shop.example" in bytes(bystander.heard).lower()


def test_adapters_can_only_talk_through_their_client() -> None:
    """So that what the client refuses cannot be sent by any of them."""
    network = r"^\s*(?:import|from) (?:socket|ssl|http\.client|urllib\.request|urllib3|httpx|requests|aiohttp|gevent)\b"
    talking = [
        path.name
        for path in (ROOT / "src/doorbuster/storefronts").rglob("*.py")
        if re.search(network, path.read_text(), re.M)
    ]
    assert talking == ["plain_client.py"]


def test_a_hosted_shop_behind_a_name_of_its_own_is_told_by_its_answer(tmp_path: Path) -> None:
    def shopify(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Powered-By": "Shopify", "Doorbuster-Owner": "web team"})

    def cookies(request: httpx.Request) -> httpx.Response:
        headers = [("Set-Cookie", "a=b"), ("Set-Cookie", "dwsid=1; path=/"), ("Doorbuster-Owner", "web team")]
        return httpx.Response(200, headers=headers)

    scenario = load_scenario(scenario_for(tmp_path, "linen.example"))
    for answer, who in ((shopify, "Shopify"), (cookies, "Salesforce Commerce Cloud")):
        with httpx.Client(transport=httpx.MockTransport(answer)) as http:
            with pytest.raises(TargetError, match=who):
                preflight(HttpxClient(http), "https://linen.example", scenario, Settings(), 1.5)
            assert preflight(HttpxClient(http), "https://linen.example", scenario, Settings(), 1.0) == []
    permitted = load_scenario(scenario_for(tmp_path, "linen.example", storefront='permission = "case 4711"'))
    with httpx.Client(transport=httpx.MockTransport(shopify)) as http:
        (said,) = preflight(HttpxClient(http), "https://linen.example", permitted, Settings(), 50.0)
    assert "case 4711" in said
    assert "Shopify" in said


def test_an_adapter_for_a_hosted_platform_gives_its_shops_away(everywhere: Bystander, tmp_path: Path) -> None:
    scenario = load_scenario(scenario_for(tmp_path, "linen.example", storefront='platform = "shopify"'))
    with httpx.Client() as http, pytest.raises(TargetError, match="Shopify hosts"):
        preflight(HttpxClient(http), "http://linen.example", scenario, Settings(), 5.0)
    assert everywhere.visitors == 0


def test_a_permission_is_written_down(tmp_path: Path, staging_shop: str) -> None:
    scenario = scenario_for(tmp_path, "127.0.0.1", storefront='permission = "case 4711"')
    directory = prepare(RunOptions(scenario, staging_shop, tmp_path / "runs"), Settings())
    assert directory.read_run()["permission"] == "case 4711"


def test_a_quick_look_under_locust_asks_first_too(bystander: Bystander, tmp_path: Path) -> None:
    """`locust -f locustfiles/browse.py` has no plan, so nobody knows its rate; its users are load all the same."""
    (tmp_path / "scenarios").mkdir()
    scenario_for(tmp_path, bystander.host, "linen.myshopify.com").rename(tmp_path / "scenarios/smoke.toml")
    locust = [sys.executable, "-m", "locust", "-f", str(ROOT / "locustfiles/browse.py"), "--headless", "-u", "3"]
    with subprocess.Popen(
        [*locust, "-r", "3", "-t", "60s", "--host", bystander.url],
        cwd=tmp_path, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as looking:  # fmt: skip
        assert looking.stderr
        said = next((line for line in looking.stderr if "that Shopify hosts" in line), None)
        looking.terminate()
        looking.communicate(timeout=60)
    assert said
    assert bystander.visitors == 0
