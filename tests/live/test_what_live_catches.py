"""What the live tests would catch: the same checks, on books that say otherwise than the shoppers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from doorbuster.promises import NAMES
from tests.live import test_live as checks
from tests.live.capacity import Capacity
from tests.live.engine import BookedOrder
from tests.live.rehearsed import Audited, Rehearsed

RUN = "20261122T101500Z-live"
ALL = ("browse", "cart", "native_checkout", "express_wallet")


def booked(session: int, **change: Any) -> BookedOrder:
    return BookedOrder(1000, "EUR", f"{RUN}-{session}@doorbuster.example".lower(), True)._replace(**change)


def live(
    outcomes: tuple[str, ...] = ("ok",) * 8, books: dict[str, BookedOrder] | None = None, **kept: bool | None
) -> Any:
    """Eight sessions, the odd ones of which saw an order of 10.00 EUR."""
    rows = [
        {
            "session": number, "journey": ALL[number % 4], "intent": f"{RUN}-{number}", "outcome": outcome,
            "order_id": f"A{number}" if number % 2 else None, "total_minor": 1000 if number % 2 else None,
            "currency": "EUR" if number % 2 else None, "last_step": "home",
        }
        for number, outcome in enumerate(outcomes)
    ]  # fmt: skip
    told = {f"A{number}": booked(number) for number in range(1, 8, 2)} if books is None else books
    steps = pd.DataFrame([{"second": 1, "step": "home", "outcome": "ok", "count": 3}])
    nobody: Any = None
    capacity = Capacity(1.0, Counter(), {"home": 2.0})
    run = Rehearsed("shop", nobody, nobody, capacity, Path(), pd.DataFrame(rows), steps, told)
    engine: Any = SimpleNamespace(name="shop", keeps=("a confirmed order exists",))
    witnessed = {name: None if name in checks.NO_OTHER_WITNESS else True for name in NAMES}
    audited = Audited(3, {**witnessed, **{name.replace("_", " "): value for name, value in kept.items()}}, "")
    return checks.Live(engine, nobody, run, audited)


ORDERS = {f"A{number}": booked(number) for number in (1, 3, 5)}
CHECKS = {
    "planned": checks.test_at_least_95_percent_of_sessions_end_as_planned,
    "seen": checks.test_every_order_that_shoppers_saw_is_in_the_books_with_the_same_total,
    "made": checks.test_no_order_is_in_the_books_that_no_shopper_made,
    "promises": checks.test_the_promises_run_unchanged,
}


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_minute_passes(check: str) -> None:
    CHECKS[check](live())


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("planned", live(outcomes=("error", *("ok",) * 7))),
        ("planned", live(outcomes=("ok", "ok"))),
        ("seen", live(books=ORDERS)),
        ("seen", live(books={})),
        ("seen", live(books={**ORDERS, "A7": booked(7, total_minor=1001)})),
        ("seen", live(books={**ORDERS, "A7": booked(7, currency="USD")})),
        ("seen", live(books={**ORDERS, "A7": booked(7, paid=False)})),
        ("seen", live(books={**ORDERS, "A7": booked(5)})),
        ("made", live(books={**ORDERS, "B1": booked(1)})),
        ("made", live(books={**ORDERS, "B9": booked(9)})),
        ("made", live(books={**ORDERS, "B9": booked(9, email="somebody@shop.example")})),
        ("promises", live(a_confirmed_order_exists=False)),
        ("promises", live(a_confirmed_order_exists=None)),
        ("promises", live(one_charge_per_intent=True)),
    ],
)  # fmt: skip
def test_what_is_wrong_is_seen(check: str, wrong: Any) -> None:
    with pytest.raises(AssertionError):
        CHECKS[check](wrong)


def test_the_table_counts_requests_not_steps() -> None:
    assert live().rehearsed.row() == ["shop", "1.0/s", "8", "100.0%", "4", "4", "6.0", "none"]
