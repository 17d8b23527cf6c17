"""Calls that were refused or broke: nothing went into a cart, nothing was bought, and the log still shows the call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from doorbuster.importers.log.importer import import_log
from tests.importers.log.conftest import line

Write = Callable[..., Path]
ADD, START, COMPLETE = "/carts/1/lines", "/carts/1/checkout", "/carts/1/checkout/complete"


def posted(target: str, status: int, address: str = "192.0.2.1") -> str:
    return line(target=target, method="POST", status=status, address=address)


def test_a_wrong_link_shows_no_call(write_log: Write) -> None:
    assert import_log([write_log(line(), posted(ADD, 404))], "staging").journeys["cart"] is None


@pytest.mark.parametrize("status", [402, 409, 422, 429, 503])
def test_a_cart_that_refused_is_not_filled_and_not_unknown(write_log: Write, status: int) -> None:
    log = import_log([write_log(line(), posted(ADD, status))], "staging")
    assert (log.journeys["browse"], log.journeys["cart"]) == (1, 0) and "cart.add" not in log.funnel
    assert "ok" in {row["outcome"] for row in log.answers.to_pylist()}


@pytest.mark.parametrize("status", [402, 409, 422, 429, 500, 503])
def test_a_checkout_that_refused_or_broke_is_reached_and_not_bought(write_log: Write, status: int) -> None:
    refused = [posted(ADD, 201), posted(COMPLETE, status)]
    log = import_log([write_log(*refused)], "staging")
    assert (log.journeys["native_checkout"], log.orders["native_checkout"]) == (1, 0)
    bought = [posted(target, 200, "192.0.2.2") for target in (ADD, START, COMPLETE)]
    both = import_log([write_log(*refused, *bought)], "staging")
    assert (both.journeys["native_checkout"], both.orders["native_checkout"]) == (2, 1)
    assert both.funnel["checkout.complete"] == 1


def test_a_checkout_that_worked_at_last_is_an_order(write_log: Write) -> None:
    log = import_log([write_log(posted(COMPLETE, 402), posted(COMPLETE, 200))], "staging")
    assert log.orders["native_checkout"] == log.sessions == 1


def test_static_files_without_the_cookie_clear_their_clients_visitors(write_log: Write) -> None:
    lines = [
        line(f"25/Nov/2025:20:{m:02d}:00 +0100", target, address=f"192.0.2.{n}", tail=f' "{cookie}"')
        for n in range(9) for m in range(25)
        for target, cookie in (("/products/a", f"sid=visitor{n}"), ("/assets/app.js", "-"))
    ]  # fmt: skip
    crawler = [
        line(f"25/Nov/2025:20:{m:02d}:30 +0100", address="198.51.100.9", tail=' "sid=crawler"') for m in range(25)
    ]
    log = import_log([write_log(*lines, *crawler)], "staging", session="cookie:sid")
    assert log.sessions == 9
