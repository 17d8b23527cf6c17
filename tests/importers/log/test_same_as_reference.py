"""The fast importer and the plain one count the same, line by line and format by format."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.models import fit_think
from doorbuster.importers.log.result import LogImport
from doorbuster.vocabulary import JOURNEYS, STEPS
from tests.importers.log import reference
from tests.importers.log.conftest import MakeLog


def assert_same(fast: LogImport, plain: reference.Counted) -> None:
    read = fast.read
    assert (read.lines, read.blank, read.bad.count, read.kept) == (plain.read, plain.blank, plain.bad, plain.kept)
    assert [number for number, _ in read.bad.examples] == plain.bad_lines[:5]
    assert {entry.what: entry.rows for entry in read.dropped} == dict(plain.dropped)
    assert (fast.session.first_hits_stitched, fast.session.first_hits_alone) == (plain.stitched, plain.alone)
    rows = fast.minutes.to_pylist()
    counted = {(row["minute"], j): row[j] for row in rows for j in JOURNEYS if row[j]}
    assert counted == dict(plain.sessions)
    assert fast.sessions == plain.sessions.total()
    assert dict(fast.funnel) == {step: plain.funnel[step] for step in STEPS if plain.funnel[step]}
    for step, tenths in plain.thinks.items():
        values = sorted(tenths)
        fit = fit_think(np.array(values), np.array([tenths[value] for value in values]))
        assert fast.thinks.get(step) == fit
    assert Counter({(row["prev_step"], row["step"]): row["count"] for row in fast.moves.to_pylist()}) == plain.moves
    assert fast.product_count == len(plain.products)
    assert {row["slug"]: row["views"] for row in fast.products.to_pylist()}.items() <= plain.products.items()
    answers = Counter[object]()
    for row in fast.answers.to_pylist():
        answer = (row["minute"], row["journey"], row["step"], row["status"], row["bucket_us"])
        assert answer not in answers, "two rows of one answer"
        answers[answer] = row["count"]
    assert answers == plain.answers
    assert round(fast.returning_share * fast.sessions) == plain.returning


@pytest.mark.parametrize(
    ("form", "session"),
    [
        ("combined", "address"),
        ("timed", "cookie:sid"),
        ("alb", "address"),
        ("cloudfront", "cookie:sid"),
        ("json", "header:sid"),
        ("fastly", "header:sid"),
        ("cloudflare", "address"),
    ],
)
def test_a_hundred_thousand_lines_of_every_format(made_log: MakeLog, form: str, session: str) -> None:
    log = made_log(form)
    plain = reference.run(log, form, "staging", session)
    assert plain.sessions.total() > 10_000
    assert_same(import_log([log], "staging", session=session), plain)


@pytest.mark.parametrize("gathered", [8_000_000, 20_000], ids=["answers grouped once", "answers grouped twice"])
def test_several_buckets_count_as_one(made_log: MakeLog, monkeypatch: pytest.MonkeyPatch, gathered: int) -> None:
    monkeypatch.setattr("doorbuster.importers.log.engine._MOST_GATHERED", gathered)
    monkeypatch.setattr("doorbuster.importers.log.buckets.BYTES_A_BUCKET", 3 << 20)
    log = made_log("timed")
    plain = reference.run(log, "timed", "staging", "cookie:sid", idle_s=600)
    assert_same(import_log([log], "staging", session="cookie:sid", idle_s=600), plain)


def test_a_real_shop(shared: Path) -> None:
    log = shared / "data/zanbil/access_first3000.log"
    assert_same(import_log([log], "generic"), reference.run(log, "combined", "generic"))


def test_a_real_site(shared: Path) -> None:
    log = shared / "data/elastic_logs/apache_logs"
    assert_same(import_log([log], "generic"), reference.run(log, "combined", "generic"))
