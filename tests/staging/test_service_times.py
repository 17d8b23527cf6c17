"""The same seed waits the same; and the examples in the staging modules are true."""

from __future__ import annotations

import doctest
import statistics

import pytest

from doorbuster.staging import catalogue, faults, pricing
from doorbuster.staging.service_times import MEDIAN_MS, ServiceTimes
from doorbuster.vocabulary import STEPS


def test_every_step_takes_its_time() -> None:
    assert set(STEPS) <= set(MEDIAN_MS)
    drawn = ServiceTimes(seed=1, on=True)
    waits_ms = [drawn.draw_ms("search") for _ in range(2000)]
    assert statistics.median(waits_ms) == pytest.approx(MEDIAN_MS["search"], rel=0.05)


def test_one_steps_traffic_moves_no_other_steps_waits() -> None:
    calm, busy = ServiceTimes(3, True), ServiceTimes(3, True)
    for _ in range(50):
        busy.draw_ms("home")
    assert [calm.draw_ms("search") for _ in range(5)] == [busy.draw_ms("search") for _ in range(5)]
    assert ServiceTimes(4, True).draw_ms("search") != ServiceTimes(3, True).draw_ms("search")


def test_no_waits_when_off_and_none_backstage() -> None:
    assert ServiceTimes(1, on=False).draw_ms("search") == ServiceTimes(1, on=True).draw_ms("") == 0


@pytest.mark.parametrize("module", [catalogue, faults, pricing])
def test_examples_are_true(module: object) -> None:
    failed, tried = doctest.testmod(module)  # type: ignore[arg-type]
    assert tried and not failed
