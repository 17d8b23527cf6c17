"""Which step a name is: the user's word first, then paths, then what most people call it; else nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from doorbuster.importers.results.refusals import ResultError
from doorbuster.importers.results.steps import map_names
from doorbuster.importers.results.steps_file import StepsFile, load_steps
from doorbuster.importers.results.tally import Name


def step_of(name: str, method: str = "", steps: dict[str, Any] | None = None) -> str | None:
    mapped = map_names([Name(name, method, "")], np.array([1]), StepsFile.model_validate(steps or {}))
    return mapped[0].step


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("https://shop.example/", "home"),
        ("GET /products/red-boots?size=8", "product"),
        ("/search", "search"),
        ("/product/[id]", "product"),
        ("/checkout", "checkout.start"),
        ("/static/app.js", None),
        ("02 - Home page", "home"),
        ("T03_Add-to_Cart", "cart.add"),
        ("checkout.complete", "checkout.complete"),
        ("Add to cart and wait", None),
        ("request_1", None),
        ("Login / Register", None),
        ("", None),
    ],
)
def test_names_and_paths_that_are_known(name: str, step: str | None) -> None:
    assert step_of(name) == step


def test_a_path_that_is_two_steps_by_method_is_neither_without_one() -> None:
    shopify = {"platform": "shopify"}
    assert step_of("/cart", "GET", shopify) == "cart.view"
    assert step_of("/cart", "POST", shopify) == "checkout.start"
    assert step_of("/cart", "", shopify) is None
    assert step_of("POST /cart", "", shopify) == "checkout.start"
    assert step_of("/cart/add", "", shopify) == "cart.add"


def test_the_users_word_goes_first_and_only_a_star_is_special() -> None:
    own = {
        "step": [
            {"name": "search", "request": ["/product/[id]", "Find *"]},
            {"name": "cart.view", "request": "/cart", "method": "GET"},
        ]
    }
    assert step_of("/product/[id]", "", own) == "search"
    assert step_of("/product/i", "", own) == "product"
    assert step_of("find boots", "", own) == "search"
    assert step_of("Find", "", own) is None
    assert step_of("/cart", "DELETE", own) is None


def test_a_trackers_front_page_is_no_home_page() -> None:
    names = [Name("https://www.shop.example/", "GET", ""), Name("https://tracker.example/", "GET", "")]
    mapped = map_names(names, np.array([10, 9]), StepsFile())
    assert [(one.step, one.why) for one in mapped] == [
        ("home", "its path (generic)"),
        (None, "another host than shop.example"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('step = [{ name = "hom", request = "x" }]', 'no step "hom"; did you mean "home"'),
        ('stepp = "x"', "unknown key stepp"),
        ('journey = [{ name = "buy", group = "x" }]', 'no journey "buy"'),
        ("step = [", "is not valid TOML"),
        ('[series]\ntime="a"\nname="b"\nvalues={c="s"}\ncolumns=[["a","c"]]', "each list needs the time's"),
    ],
)
def test_a_map_that_is_wrong_says_which_key(tmp_path: Any, text: str, said: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(ResultError) as refused:
        load_steps(path)
    assert said in str(refused.value)
