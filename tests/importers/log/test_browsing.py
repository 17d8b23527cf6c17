"""What a log shows of browsing becomes shares that a scenario can walk."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from doorbuster.importers.log.browsing import moves_of


def log(rows: list[tuple[str | None, str, int]]) -> Any:
    names = ("prev_step", "step", "count")
    return SimpleNamespace(moves=pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows]))


def test_who_stays_goes_on_and_who_fills_a_cart_is_not_counted() -> None:
    moves = moves_of(
        log([(None, "home", 800), (None, "product", 200), ("home", "product", 400), ("product", "cart.add", 100)])
    )
    assert moves["start"] == {"home": 0.8, "product": 0.2}
    assert moves["home"] == {"product": 0.5}  # the other half left
    assert "product" not in moves  # of the 500 who did not put it into a cart, all left


def test_pages_that_are_no_step_are_no_ends() -> None:
    # Of 1,000 at home 500 went to a page that is no step; 250 came from such pages to a product.
    seen = [(None, "home", 1000), ("home", "product", 500), ("order.read", "product", 0)]
    hidden = [*seen, ("other", "product", 250)]
    assert moves_of(log(seen))["home"]["product"] == pytest.approx(0.5)
    assert moves_of(log(hidden))["home"]["product"] == pytest.approx(500 / (500 + 500 * 1000 / 1250))


def test_rare_moves_and_few_pages_say_nothing() -> None:
    assert moves_of(log([(None, "home", 99)])) == {}
    moves = moves_of(log([(None, "home", 1000), ("home", "home", 5), ("home", "product", 300)]))
    assert moves["home"] == {"product": pytest.approx(0.3, abs=0.01)}
