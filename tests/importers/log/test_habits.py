"""What a log says of shoppers' habits becomes numbers of a scenario, each with an interval of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from doorbuster.importers.log.habits import thinks_of
from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.models import fit_think
from tests.importers.log.conftest import line


@pytest.mark.parametrize("second_visits", [0.0, 0.1, 0.2, 0.3])
def test_the_interval_beside_a_think_time_holds_it(second_visits: float) -> None:
    """Some come back after minutes: close enough to a log-normal for its error, not for its median."""
    rng = np.random.default_rng(7)
    pauses = np.where(
        rng.random(20_000) < second_visits, rng.lognormal(5.0, 0.8, 20_000), rng.lognormal(2.5, 0.7, 20_000)
    )
    tenths, counts = np.unique((pauses * 10).astype(np.int64), return_counts=True)
    fit = fit_think(tenths, counts)
    assert fit is not None
    log: Any = SimpleNamespace(thinks={"product": fit}, moves=pa.table({"step": ["product"]}))
    median = thinks_of(log)["product"].median_s
    assert median.low is not None and median.high is not None
    assert median.low <= median.value <= median.high
    assert ("fitted to" in median.why) == (second_visits == 0.0)


def test_a_step_that_the_log_cannot_show_adds_no_pause_of_its_own() -> None:
    """Last year's pause before the next step holds it; a usual one on top would make every wallet slower."""
    fit = fit_think(np.arange(10, 100), np.full(90, 10))
    seen = ["wallet.start", "wallet.update", "wallet.complete", "cart.add", "checkout.start"]
    log: Any = SimpleNamespace(thinks={"wallet.complete": fit, "cart.add": fit}, moves=pa.table({"step": seen}))
    thinks = thinks_of(log)
    # Of a cart nothing after `cart.add` was measured, of a checkout nothing: what is usual stands for those.
    assert thinks.keys() == {"wallet.complete", "cart.add", "wallet.token", "cart.create"}
    for step in ("wallet.token", "cart.create"):
        median, p90 = thinks[step].median_s, thinks[step].p90_s
        assert (median.value, p90.value, median.sure, thinks[step].count) == (0.001, 0.001, "assumed", 0)


def test_a_step_that_was_always_refused_was_shown(write_log: Callable[..., Path]) -> None:
    calls = []
    for number in range(40):
        minute, address = f"25/Nov/2025:20:{number:02d}", f"10.0.0.{number}"
        calls.append(line(f"{minute}:00 +0100", "/carts/1/lines", address=address, method="POST"))
        calls.append(line(f"{minute}:08 +0100", "/carts/1/discounts", address=address, method="POST", status=400))
        calls.append(line(f"{minute}:20 +0100", "/carts/1", address=address))
    log = import_log([write_log(*calls)], "staging")
    assert "cart.discount" not in log.funnel
    discount = thinks_of(log)["cart.discount"]
    assert (discount.median_s.sure, discount.count) == ("measured", 40)
