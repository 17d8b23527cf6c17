"""Logs whose times have no offset: the hour that clocks repeat is two hours, and a clock that was guessed is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from doorbuster.importers.log.doubled_hour import DoubledHour
from doorbuster.importers.log.importer import import_log
from tests.importers.log.test_traps import about, starts

Write = Callable[..., Path]
MADRID = ZoneInfo("Europe/Madrid")
MIDNIGHT = datetime(2025, 10, 25, 22, tzinfo=UTC)


def night(minutes: int = 300) -> list[str]:
    """A new shopper each minute of the night on which clocks go back, as Madrid's clock shows it."""
    entries = [
        {"time": f"{(MIDNIGHT + timedelta(minutes=n)).astimezone(MADRID):%Y-%m-%d %H:%M:%S}",
         "remote_addr": f"10.0.{n // 250}.{n % 250}", "request_method": "GET", "request_uri": "/products/a",
         "status": 200, "http_user_agent": "Firefox"}
        for n in range(minutes)
    ]  # fmt: skip
    return [json.dumps(entry) for entry in entries]


@pytest.mark.parametrize("newest_first", [False, True])
def test_the_repeated_hour_is_two_hours(write_log: Write, newest_first: bool) -> None:
    lines = night()
    log = import_log([write_log(*lines[:: -1 if newest_first else 1])], "staging", timezone="Europe/Madrid")
    assert starts(log) == {round(MIDNIGHT.timestamp()) + 60 * n: 1 for n in range(300)}


def test_a_late_line_of_the_first_pass_stays_there() -> None:
    end_of_first = 1761440400  # 01:00 UTC: Madrid's clock goes from 02:59:59 back to 02:00:00
    true_s = [end_of_first + second for second in (-4000, -3, -1, 1, -2, 2, 1800, 3599, 3598, 3700)]
    shown = [datetime.fromtimestamp(second, MADRID).replace(fold=0) for second in true_s]
    read = np.array([round(moment.timestamp()) * 1_000_000 for moment in shown])
    assert (DoubledHour(MADRID).told(read) // 1_000_000).tolist() == true_s


def test_a_clock_that_was_guessed_is_said(write_log: Write) -> None:
    path = write_log(*night(9))
    assert "no UTC offset and were taken for UTC" in about(import_log([path], "staging"), "clock")
    assert "taken for UTC" not in about(import_log([path], "staging", timezone="Europe/Madrid"), "clock")


def test_a_line_without_an_offset_has_none_of_the_lines_beside_it(write_log: Write) -> None:
    entries = [json.loads(line) for line in night(200)]
    for number, entry in enumerate(entries):
        entry["time"] = entry["time"].replace(" ", "T") + "+05:30" * (number % 2)
    log = import_log([write_log(*map(json.dumps, entries))], "staging")
    assert dict(log.offsets) == {330: 100, 0: 100}
