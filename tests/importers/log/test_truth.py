"""A log whose truth is known gives that truth back."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.result import LogImport
from tests.importers.log.conftest import MakeLog


@pytest.fixture(scope="module")
def known(made_log: MakeLog) -> tuple[LogImport, dict[str, Any], Path]:
    """`make import-bars` names a log of twelve million lines, made beforehand."""
    log = Path(os.environ.get("DOORBUSTER_TRUTH_LOG") or made_log("timed"))
    return import_log([log], "staging", session="cookie:sid"), json.loads(Path(f"{log}.truth.json").read_text()), log


def test_sessions_and_journeys(known: tuple[LogImport, dict[str, Any], Path]) -> None:
    found, truth, _ = known
    assert found.sessions == pytest.approx(truth["sessions"], rel=0.01)
    for journey, count in truth["journeys"].items():
        assert found.journeys[journey] == pytest.approx(count, rel=0.02)


def test_the_curve_and_its_peak(known: tuple[LogImport, dict[str, Any], Path]) -> None:
    found, truth, log = known
    wanted = Counter[int]()
    for row in pq.read_table(f"{log}.minutes.parquet").to_pylist():
        wanted[row["minute"]] += row["sessions"]
    got = dict(zip(found.minutes["minute"].to_pylist(), found.minutes["sessions"].to_pylist(), strict=True))
    apart = sum(abs(got.get(minute, 0) - wanted[minute]) for minute in got.keys() | wanted.keys())
    assert apart <= 0.03 * wanted.total()
    assert max(got.values()) == pytest.approx(truth["peak_sessions"], rel=0.03)


def test_think_times_and_popularity(known: tuple[LogImport, dict[str, Any], Path]) -> None:
    found, truth, _ = known
    steps = {step: fit for step, fit in found.thinks.items() if step != "default"}
    # Two shoppers behind one address look like one who comes back: pauses that nobody made.
    made_up = sum(fit.count for step, fit in steps.items() if step not in truth["think"])
    assert made_up < 0.001 * sum(fit.count for fit in steps.values())
    common = {step: fit for step, fit in steps.items() if step in truth["think"] and fit.count > 1000}
    assert len(common) >= 8
    for step, fit in common.items():
        wanted = truth["think"][step]
        # Of a thousand think times the median itself is off by 4 %, so rarer steps are left out.
        assert fit.median_s == pytest.approx(wanted["median_s"], rel=0.05)
        assert fit.sigma == pytest.approx(wanted["sigma"], abs=0.05)
        assert fit.fit_error < 0.06
    assert found.zipf is not None and found.zipf.exponent == pytest.approx(truth["zipf"], abs=0.02)


def test_errors_by_step_and_minute_are_exact(known: tuple[LogImport, dict[str, Any], Path]) -> None:
    found, _, log = known
    got = Counter[tuple[int, str]]()
    for row in found.answers.to_pylist():
        if row["status"] >= 500:
            got[row["minute"], row["step"]] += row["count"]
    wanted = {(row["minute"], row["step"]): row["errors"] for row in pq.read_table(f"{log}.errors.parquet").to_pylist()}
    assert got == wanted and got.total() > 200


def test_lines_by_kind(known: tuple[LogImport, dict[str, Any], Path]) -> None:
    found, truth, _ = known
    kinds, dropped = truth["lines_by_kind"], {entry.what: entry.rows for entry in found.read.dropped}
    assert found.read.lines == truth["lines"] and found.read.bad.count == kinds["bad"]
    assert dropped["static files"] == kinds["static"] and found.read.kept == kinds["page"]
    assert dropped["bots"] + dropped["requests without a user agent"] == kinds["bot"]
    assert dropped["requests of crawlers in browser clothes"] == kinds["crawler"]
