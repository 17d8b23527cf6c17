"""Request times: found where each format writes them, in the unit it means, and never taken from another number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from doorbuster.importers.log.importer import import_log
from tests.importers.log.conftest import line
from tests.importers.log.test_traps import about

Write = Callable[..., Path]


@pytest.mark.parametrize(("number", "step"), [("350000", 0.35), ("2", 2.0)])
def test_a_bare_request_time_is_read_in_its_unit(write_log: Write, number: str, step: float) -> None:
    log = import_log([write_log(*[line(tail=f" {number}")] * 10)], "staging")
    assert log.answers["bucket_us"].to_pylist()[0] == pytest.approx(step * 1e6, rel=0.008)
    assert "whole number" in about(log, "format")


def test_microseconds_are_told_where_most_lines_are_small_files(write_log: Write) -> None:
    statics = [line(target=f"/assets/{n}.png", tail=f" {90 + n}") for n in range(60)]
    pages = [line(tail=" 120000") for _ in range(5)]
    log = import_log([write_log(*statics, *pages)], "staging")
    assert log.answers["bucket_us"].to_pylist()[0] == pytest.approx(120_000, rel=0.008)


def test_files_whose_whole_numbers_are_read_in_two_units_are_named(write_log: Write) -> None:
    fast = write_log(*[line(tail=" 350000")] * 5, name="fast.log")
    slow = write_log(*[line(tail=" 2")] * 5, name="slow.log")
    assert "slow.log were read as seconds, those of fast.log" in about(import_log([fast, slow], "staging"), "latency")


def test_a_request_length_is_no_request_time(write_log: Write) -> None:
    ingress = [line(tail=f" {480 + n} 0.250 [shop-80] [] 10.0.0.1:8080 1234 0.249 200 {n:032x}") for n in range(9)]
    log = import_log([write_log(*ingress)], "staging")
    assert log.answers["bucket_us"].to_pylist()[0] == pytest.approx(250_000, rel=0.008)
    bytes_in_and_out = import_log([write_log(*[line(tail=" 489 12345")] * 9)], "staging")
    assert not bytes_in_and_out.has_latency and "taken for bytes" in about(bytes_in_and_out, "format")


def test_a_named_request_time(write_log: Write) -> None:
    log = import_log([write_log(*[line(tail=' "-" rt=0.250 uct="0.001" urt="0.249"')] * 5)], "staging")
    assert log.answers["bucket_us"].to_pylist()[0] == pytest.approx(250_000, rel=0.008)
