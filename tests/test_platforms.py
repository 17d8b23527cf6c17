"""Whoever names a platform gets it, or one clear sentence; their own adapter comes as a file, a path or a package."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorbuster.errors import ScenarioError
from doorbuster.storefronts.base import Platform
from doorbuster.storefronts.people import intent_in
from doorbuster.storefronts.platforms import PLATFORMS, options_of, platform_named
from tests.conftest import Doorbuster, write_scenario

ADAPTER = """
from __future__ import annotations

from dataclasses import dataclass, field

from doorbuster.storefronts.base import Platform
from doorbuster.storefronts.noop import NoopStorefront
from doorbuster.storefronts.options import Options, by_card


@dataclass
class MyShop(NoopStorefront):
    client: object
    shop: object
    visit: object
    _cart: str = field(default="", init=False)


class MyOptions(Options):
    depth: int = 3


PLATFORM = Platform(MyShop, lambda client, shop: None, by_card(MyOptions))
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python imports from, with a package installed in it that declares entry points."""
    folder = tmp_path / "installed"
    (folder / "my_shops-1.0.dist-info").mkdir(parents=True)
    (folder / "my_shops-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: my-shops\nVersion: 1.0\n")
    (folder / "my_shops-1.0.dist-info" / "entry_points.txt").write_text(
        "[doorbuster.storefronts]\nbig-shop = my_shops.big\nsmall-shop = my_shops.big:PLATFORM\nlost-shop = my_shops.gone\n"
        "sick-shop = my_shops.sick\n"
    )
    package = folder / "my_shops"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "big.py").write_text(ADAPTER)
    (package / "bare.py").write_text("")
    (package / "sick.py").write_text("raise RuntimeError('no licence')")
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "my_shops"]:
        del sys.modules[name]


@pytest.mark.parametrize("name", PLATFORMS)
def test_each_of_ours_is_there(name: str, tmp_path: Path) -> None:
    assert isinstance(platform_named(name, tmp_path, "scenario.toml"), Platform)


def test_a_users_own_file_stands_beside_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "my_shop.py").write_text(ADAPTER)
    for name in ("./my_shop.py", "my_shop.py", str(tmp_path / "my_shop.py")):
        platform = platform_named(name, tmp_path, "scenario.toml")
        assert options_of(platform, {"depth": 7}, tmp_path, "scenario.toml") == {"depth": 7}


@pytest.mark.parametrize("name", ["my_shops.big", "big-shop", "small-shop"])
def test_a_users_own_package_is_found(name: str, installed: Path, tmp_path: Path) -> None:
    platform = platform_named(name, tmp_path, "scenario.toml")
    assert options_of(platform, {}, tmp_path, "scenario.toml") == {"depth": 3}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("./gone.py", "no file .*gone.py; write the adapter there, or its right path"),
        ("./torn.py", r"torn.py cannot be loaded \(SyntaxError: .*\); mend it"),
        ("./sick.py", r"sick.py cannot be loaded \(RuntimeError: no licence\); mend it"),
        ("./bare.py", "./bare.py has no PLATFORM; end it with PLATFORM = Platform"),
        ("./odd.py", "./odd.py has no PLATFORM; end it with PLATFORM = Platform"),
        ("my_shops.gone", "my_shops.gone cannot be imported .*; install it where doorbuster is"),
        ("my_shops.bare", "my_shops.bare has no PLATFORM"),
        ("my_shops.sick", r"my_shops.sick cannot be loaded \(RuntimeError: no licence\); mend it"),
        ("lost-shop", "lost-shop cannot be imported .*; install it where doorbuster is"),
        ("sick-shop", r"sick-shop cannot be loaded \(RuntimeError: no licence\); mend it"),
        ("stagging", 'no platform "stagging"; did you mean .*staging'),
        ("./my_shop", 'no platform "./my_shop"'),
        ("..", 'no platform ".."'),
        ("", 'no platform ""'),
    ],
)
def test_a_name_that_leads_nowhere_is_one_sentence(name: str, sentence: str, installed: Path, tmp_path: Path) -> None:
    (tmp_path / "torn.py").write_text("PLATFORM = (")
    (tmp_path / "sick.py").write_text("raise RuntimeError('no licence')")
    (tmp_path / "bare.py").write_text("")
    (tmp_path / "odd.py").write_text("PLATFORM = 'shop'")
    with pytest.raises(ScenarioError, match=sentence) as said:
        platform_named(name, tmp_path, "scenario.toml")
    assert str(said.value).startswith("scenario.toml: storefront.platform: ")
    assert "\n" not in str(said.value)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"deepth": 3}, "scenario.toml: storefront.options.deepth: is no option of this platform"),
        ({"depth": "far"}, "scenario.toml: storefront.options.depth: Input should be a valid integer.*"),
    ],
)
def test_an_option_that_means_nothing_is_one_sentence(
    options: dict[str, object], sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "my_shop.py").write_text(ADAPTER)
    platform = platform_named("./my_shop.py", tmp_path, "scenario.toml")
    with pytest.raises(ScenarioError) as said:
        options_of(platform, options, tmp_path, "scenario.toml")
    assert re.fullmatch(sentence, str(said.value))


@pytest.mark.parametrize(
    ("storefront", "sentence"),
    [
        ('platform = "stagging"', 'no platform "stagging"'),
        ('platform = "./gone.py"', "no file"),
        ('platform = "./torn.py"', "cannot be loaded"),
        ('platform = "no.such.module"', "cannot be imported"),
        ('platform = "acp"\noptions = { clour = 1 }', "storefront.options.clour"),
        ('platform = "acp"\noptions = { product = "/p/{slug}" }', "storefront.options.product"),
        ('platform = "ucp"\noptions = { api = "ucp" }', "storefront.options.api"),
        ('platform = "staging"\noptions = { any = 1 }', "storefront.options.any"),
        ("platform = 7", "storefront.platform"),
    ],
)
def test_the_command_line_says_it_and_ends_with_2(
    storefront: str, sentence: str, doorbuster: Doorbuster, tmp_path: Path
) -> None:
    (tmp_path / "torn.py").write_text("PLATFORM = (")
    scenario = write_scenario(tmp_path, [1, 1], more=f"[storefront]\n{storefront}\n")
    done = doorbuster("plan", scenario)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_account_at_our_domain_names_no_purchase() -> None:
    """docs/pools.md shows such accounts: all orders of one would be one purchase's."""
    assert intent_in("returning-1@doorbuster.example") is None
    assert intent_in("20261122t101500z-black-friday-2-17@doorbuster.example") == "20261122T101500Z-black-friday-2-17"
