"""What a log says of shoppers' habits becomes numbers of a scenario, each with an interval of its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from doorbuster.importers.log.habits import thinks_of
from doorbuster.importers.log.models import fit_think


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
    log: Any = SimpleNamespace(thinks={"product": fit})
    median = thinks_of(log)["product"].median_s
    assert median.low is not None and median.high is not None
    assert median.low <= median.value <= median.high
    assert ("fitted to" in median.why) == (second_visits == 0.0)
