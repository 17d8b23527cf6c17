"""The page about Shopify is true where it can be checked: its scenarios load, its options and variables exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from doorbuster.scenario import load_scenario
from doorbuster.settings import Settings
from doorbuster.storefronts.platforms import options_of, platform_named
from doorbuster.storefronts.shopify import ShopifyOptions
from doorbuster.storefronts.shopify_online_store import OnlineStoreOptions
from doorbuster.storefronts.shopify_shop_pay import __doc__ as stub_protocol
from tests.conftest import ROOT

PAGE = (ROOT / "docs/shopify.md").read_text()
SCENARIOS = re.findall(r"```toml\n(.+?)```", PAGE, re.S)


@pytest.mark.parametrize("text", SCENARIOS, ids=["headless", "theme"])
def test_a_scenario_of_the_page_loads_with_its_options(text: str, tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(text)
    scenario = load_scenario(path)
    card = scenario.storefront
    options = options_of(platform_named(card.platform, tmp_path, "here"), card.options, tmp_path, "here")
    assert options["admin_host"] in scenario.limits.allowed_hosts
    assert (ROOT / "scenarios" / scenario.traffic.curve).is_file()


def test_the_page_names_every_option_and_no_other() -> None:
    table = PAGE.partition("| option |")[2].partition("\n\n")[0]
    rows = [[cell.strip(" `") for cell in row.split("|")[1:4]] for row in table.splitlines() if row.startswith("| `")]
    assert {name for name, _, _ in rows} == set(ShopifyOptions.model_fields)
    assert {name for name, _, theirs in rows if theirs} == set(OnlineStoreOptions.model_fields)


def test_the_page_names_variables_that_are_read() -> None:
    for name in set(re.findall(r"DOORBUSTER_([A-Z_]+)", PAGE)):
        assert name.lower() in Settings.model_fields, name


def test_every_claim_says_where_it_is_from_in_the_words_that_the_page_explains() -> None:
    explained = {"schema", "documents", "third party", "unchecked"}
    used = set(re.findall(r"\*(schema|documents|third party|unchecked)\*", PAGE))
    assert used == explained
    limits = PAGE.partition("| what Shopify answers |")[2].partition("\n\n")[0]
    for row in limits.splitlines()[2:]:
        assert re.search(r"\*(schema|documents|third party|unchecked)\*", row.rpartition("| ")[0] + row), row


def test_the_stub_of_the_page_is_the_stub_of_the_code() -> None:
    for word in ("session", "source", "amount", "currency", "token", "declined", "order"):
        assert word in (stub_protocol or "")
        assert f'"{word}"' in PAGE or f"`{word}`" in PAGE
