"""No promise is exempt: each has a way to be broken in here, is kept on a clean day, and reads what the tests draw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorbuster.promises.ledger import _READERS, ledger_of
from tests.promises.day import SPOILT, Day, clean_day, findings, named
from tests.promises.spoilt_days import SPOILT_DAYS
from tests.promises.test_any_facts import KINDS, detail

SPOILT_SALE = 2


def test_there_is_a_way_to_break_every_promise() -> None:
    of_sales = {promise for _, breaks in SPOILT.values() for promise in breaks}
    of_days = {promise for _, promise in SPOILT_DAYS.values()}
    # A promise that is missing here needs an entry in SPOILT (day.py) or SPOILT_DAYS (spoilt_days.py).
    assert of_sales | of_days == set(findings([]))


@given(st.randoms(use_true_random=False))
def test_a_clean_day_keeps_every_promise(dice: Random) -> None:
    facts = clean_day().facts()
    found = findings(dice.sample(facts, len(facts)))
    assert [one.sentence for one in found.values() if not one.kept] == []


@pytest.mark.parametrize("what", SPOILT)
def test_a_spoilt_sale_breaks_its_promises_and_no_other(what: str) -> None:
    spoil, breaks = SPOILT[what]
    day = Day(tuple(spoil(sale) if sale.number == SPOILT_SALE else sale for sale in clean_day().sales))
    broken = {promise: found for promise, found in findings(day.facts()).items() if found.kept is False}
    assert set(broken) == breaks
    for found in broken.values():
        assert named(found) & {f"i{SPOILT_SALE}", f"o{SPOILT_SALE}"} or f"o{SPOILT_SALE}-" in "".join(named(found))


@pytest.mark.parametrize("what", SPOILT_DAYS)
@given(dice=st.randoms(use_true_random=False))
def test_a_spoilt_day_breaks_its_promise_and_no_other(what: str, dice: Random) -> None:
    spoil, promise = SPOILT_DAYS[what]
    facts = spoil(clean_day())
    found = findings(dice.sample(facts, len(facts)))
    assert {name for name, one in found.items() if one.kept is False} == {promise}
    assert found[promise].offences


def test_every_kind_of_fact_that_is_read_is_drawn() -> None:
    assert set(_READERS) <= set(KINDS)


class Asked(dict[str, Any]):
    """A detail that remembers what it was asked for."""

    keys_asked: set[str] = set()  # noqa: RUF012  (of all of them together)

    def get(self, key: str, default: Any = None) -> Any:
        self.keys_asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.keys_asked.add(key)
        return super().__getitem__(key)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    loads = orjson.loads

    def remembering(text: str | bytes) -> Any:
        told = loads(text)
        return Asked(told) if isinstance(told, dict) else told

    monkeypatch.setattr(orjson, "loads", remembering)
    Asked.keys_asked.clear()
    yield Asked.keys_asked
    Asked.keys_asked.clear()


def test_everything_that_is_read_of_a_fact_is_drawn(asked: set[str]) -> None:
    drawn: set[str] = set()

    @settings(max_examples=300, derandomize=True, database=None)
    @given(detail)
    def draw(text: str) -> None:
        drawn.update(json.loads(text))

    draw()
    ledger_of(clean_day().facts())
    for spoil, _ in SPOILT.values():
        ledger_of(Day((spoil(clean_day().sales[0]),)).facts())
    assert asked
    assert asked <= drawn
