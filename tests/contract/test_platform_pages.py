"""The scenarios on the platforms' own pages can be run as they stand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from doorbuster.scenario import load_scenario
from doorbuster.storefronts.platforms import options_of, platform_named
from tests.conftest import ROOT


@pytest.mark.parametrize("name", ["magento", "woocommerce"])
def test_the_scenario_of_a_platforms_page_loads_with_its_options(name: str, tmp_path: Path) -> None:
    (told,) = re.findall(r"```toml\n(.+?)```", (ROOT / f"docs/{name}.md").read_text(), re.S)
    path = tmp_path / "scenario.toml"
    path.write_text(told)
    shutil.copytree(ROOT / "scenarios/curves", tmp_path / "curves")
    scenario = load_scenario(path)
    platform = platform_named(scenario.storefront.platform, tmp_path, str(path))
    options = options_of(platform, scenario.storefront.options, tmp_path, str(path))
    assert options["country"] == "ES"
    assert scenario.storefront.platform == name
