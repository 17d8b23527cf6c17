"""The four journeys on engines that nobody here wrote. Takes minutes: `make test-live`, which CI runs, sets DOORBUSTER_LIVE."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import graphql
import httpx
import pytest

from doorbuster.promises import NAMES
from doorbuster.storefronts.graphql import operations
from doorbuster.storefronts.people import intent_in
from doorbuster.vocabulary import JOURNEYS
from tests.conftest import ROOT
from tests.live.conftest import table
from tests.live.engine import Engine, Running, engines
from tests.live.rehearsed import Audited, Rehearsed, audit, errors_of, rehearse

pytestmark = pytest.mark.skipif(
    not os.environ.get("DOORBUSTER_LIVE"), reason="starts real shop engines; `make test-live` runs these"
)
CACHE = ROOT / ".engines"
NO_OTHER_WITNESS = ("one charge per intent", "one purchase event per order", "one confirmation per order, in time")
"""Promises of which only a gateway, analytics or a mailbox could tell, and none is connected here."""


class Live(NamedTuple):
    """An engine, up, with the minute that was rehearsed on it."""

    engine: Engine
    running: Running
    rehearsed: Rehearsed
    audited: Audited


@pytest.fixture(scope="module", params=engines(), ids=lambda engine: engine.name)
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    engine: Engine = request.param
    work: Path = tmp_path_factory.mktemp(engine.name)
    cache = CACHE / engine.name
    engine.install(cache)
    (work / "engine").mkdir()
    with engine.running(cache, work / "engine") as running:
        rehearsed = rehearse(engine, running, work)
        audited = audit(rehearsed, running.env)
        request.config.stash[table].append([*rehearsed.row(), audited.in_short()])
        yield Live(engine, running, rehearsed, audited)


def test_every_operation_of_a_graphql_shop_is_in_its_schema(live: Live) -> None:
    documents = getattr(live.engine, "documents", None)
    if documents is None:
        pytest.skip(f"{live.engine.name} is asked in no query language")
    for path, name in documents.items():
        question = {"query": graphql.get_introspection_query()}
        answer = httpx.post(live.running.base_url + path, json=question, timeout=60, trust_env=False).json()
        schema = graphql.build_client_schema(answer["data"])
        assert len(operations(name)) > 0
        for operation, text in operations(name).items():
            assert graphql.validate(schema, graphql.parse(text)) == [], operation


def test_at_least_95_percent_of_sessions_end_as_planned(live: Live) -> None:
    sessions = live.rehearsed.sessions
    assert live.rehearsed.exit_code == 0, live.rehearsed.said
    assert set(sessions.journey) == set(JOURNEYS)
    assert (sessions.outcome == "ok").mean() >= 0.95, errors_of(sessions)


def test_every_order_that_shoppers_saw_is_in_the_books_with_the_same_total(live: Live) -> None:
    booked, seen = live.rehearsed.booked, live.rehearsed.seen
    assert len(seen) > 0
    for row in seen.itertuples():
        order = booked.get(row.order_id)
        assert order is not None, f"{row.order_id}: confirmed to its shopper and not in the books"
        assert (order.total_minor, order.currency) == (row.total_minor, row.currency)
        assert intent_in(order.email) == row.intent
        assert order.paid


def test_no_order_is_in_the_books_that_no_shopper_made(live: Live) -> None:
    intents = [intent_in(order.email) for order in live.rehearsed.booked.values()]
    assert len(set(intents)) == len(intents), "one purchase intent, two orders"
    assert set(intents) <= set(live.rehearsed.sessions.intent.dropna())


def test_the_promises_run_unchanged(live: Live) -> None:
    """What the shopper and the shop can say is kept; what nobody was there to see is not called kept."""
    assert live.audited.exit_code in (0, 1, 3), live.audited.said
    assert set(live.audited.kept) == set(NAMES)
    assert {name: live.audited.kept[name] for name in live.engine.keeps} == dict.fromkeys(live.engine.keeps, True)
    assert {live.audited.kept[name] for name in NO_OTHER_WITNESS} == {None}, live.audited.said
