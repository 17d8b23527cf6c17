"""Latency that creeps up, and carts that are slow all the time: named; a bad moment, a busy hour, a slow day: not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest

from doorbuster.promises import even_carts, steady_latency
from doorbuster.promises.fact import Fact, Finding
from doorbuster.promises.ledger import ledger_of
from tests.promises.day import SECOND_US, fact

STEPS = ("home", "product", "cart.create", "cart.add", "checkout.start")
Times = Callable[[int, str], float]


def run(times_ms: Times, shoppers: Callable[[int], int] = lambda second: 30, seconds: int = 12) -> Iterator[Fact]:
    """A run of so many seconds whose steps take (second, step) -> ms."""
    for second in range(seconds):
        at_us = second * SECOND_US
        yield fact("run", "load", at_us=at_us, detail={"shoppers": shoppers(second)})
        for step in STEPS:
            detail = {"step": step, "answers": shoppers(second), "quick_ms": times_ms(second, step)}
            yield fact("run", "pace", at_us=at_us, detail=detail)


def steady(*arguments: object) -> Finding:
    return steady_latency.check(ledger_of(run(*arguments)))  # type: ignore[arg-type]  # as `run` takes them


def leak(second: int, step: str) -> float:
    return 50.0 + 20 * second * (step == "cart.add")


def test_a_step_that_gets_slower_and_slower_is_named() -> None:
    found = steady(leak)
    assert found.kept is False
    assert [one.subject for one in found.offences] == ["cart.add"]
    assert found.sentence.startswith("1 step got slower and slower at the same load: cart.add from 70 to 230 ms")


@pytest.mark.parametrize(
    ("what", "times_ms"),
    [
        ("nothing happens", lambda second, step: 50.0),
        ("a leak too small to mind", lambda second, step: 50.0 + second * 5 * (step == "cart.add")),
        ("a bad moment", lambda second, step: 900.0 if second in (9, 10) and step == "cart.add" else 50.0),
        ("slow in the middle", lambda second, step: 400.0 if 4 <= second < 8 and step == "cart.add" else 50.0),
        ("slow from the middle on", lambda second, step: 400.0 if second > 4 and step == "cart.add" else 50.0),
        ("the machine is busy", lambda second, step: 50.0 + 40 * second),
        ("faster and faster", lambda second, step: 50.0 + 40 * (12 - second)),
    ],
)
def test_what_is_no_leak_is_not_called_one(what: str, times_ms: Times) -> None:
    assert steady(times_ms).kept is True, what


def test_what_more_shoppers_explain_is_not_called_a_leak() -> None:
    found = steady(leak, lambda second: 30 if second < 8 else 90)
    assert found.kept is None
    assert "never again as quiet" in found.sentence
    assert steady(leak, lambda second: 90 if 4 <= second < 8 else 30).kept is False


def test_a_generator_that_stood_still_cannot_tell() -> None:
    stalled = fact("run", "generator", at_us=0, detail={"loop_stall_ms_p99": 101.0})
    found = steady_latency.check(ledger_of([*run(leak), stalled]))
    assert found.kept is None
    assert "generator itself stood still" in found.sentence


def test_a_short_run_cannot_tell() -> None:
    assert steady(leak, lambda second: 30, 2).kept is None
    assert steady(leak, lambda second: 2).kept is None


def carts(slow: Callable[[int], bool], count: int = 200, seed: int = 1) -> Finding:
    """Carts in a row, each step log-normally spread; slow ones take 300 ms longer in each."""
    rng = Random(seed)

    def pace(number: int) -> dict[str, float]:
        return {step: rng.lognormvariate(4, 0.25) + 300 * slow(number) for step in ("cart.add", "cart.view")}

    told = [
        fact("shopper", "cart_seen", at_us=n * SECOND_US, detail={"cart": f"c{n}", "pace_ms": pace(n)})
        for n in range(count)
    ]
    return even_carts.check(ledger_of(told))


def test_a_slow_eighth_is_named_cart_by_cart() -> None:
    found = carts(lambda number: number % 8 == 3)
    assert found.kept is False
    assert {one.subject for one in found.offences} == {f"c{number}" for number in range(3, 200, 8)}
    assert (
        found.sentence == "12% of the carts were slow all through the run while the others were not; 200 carts checked"
    )


@pytest.mark.parametrize("seed", range(20))
def test_chance_is_no_slow_group(seed: int) -> None:
    assert carts(lambda number: False, seed=seed).kept is True


@pytest.mark.parametrize(
    ("what", "slow"),
    [
        ("all of them for a while", lambda number: 60 <= number < 110),
        ("many of them for a while", lambda number: 60 <= number < 120 and number % 4 == 0),
        ("a few all the time", lambda number: number % 60 == 7),
    ],
)
def test_a_bad_while_or_a_few_slow_carts_are_no_slow_group(what: str, slow: Callable[[int], bool]) -> None:
    assert carts(slow).kept is True, what


def test_workers_on_several_machines_cannot_tell() -> None:
    told = [
        fact(
            "shopper",
            "cart_seen",
            at_us=n * SECOND_US,
            detail={"cart": f"c{n}", "pace_ms": {"cart.add": 9 + n % 2, "cart.view": 9}},
        )
        for n in range(60)
    ]
    here, there = (fact("run", "generator", at_us=0, detail={"loop_stall_ms_p99": 1.0, "machines": n}) for n in (1, 2))
    assert even_carts.check(ledger_of([*told, here])).kept is True
    found = even_carts.check(ledger_of([*told, there]))
    assert found.kept is None
    assert "2 machines" in found.sentence


def test_few_carts_cannot_tell() -> None:
    assert carts(lambda number: number % 8 == 3, count=20).kept is None
