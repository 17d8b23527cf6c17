"""The field report's own arithmetic and tables, on canned figures; and that its commands are there."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest
from jinja2 import Environment, StrictUndefined

from doorbuster.scenario import load_scenario
from tests.conftest import ROOT, clean_environment
from tests.live.engine import Running, engines

sys.path.insert(0, str(ROOT / "bench"))
from field_books import FIELDS, number, version
from field_page import Report, oversold, page, uncounted, untold, verdicts
from field_run import COLLISIONS, Finding, Refused, Told, findings_of, said_of, steps_of, write_scenario

STOCK = "stock is never oversold"
MAIL = "no mail loops"
NO_MAIL = Finding(MAIL, None, f"{MAIL}: cannot tell, the mailbox was not read")
TOLD = Told(
    "vendure", "3.7.3", "last-units", (), 30, {"ok": 7, "rejected": 23}, {"cart.add rejected": 20},
    {"wallet.complete error: HTTP 400": 1}, 7, 7, 7, 0, 0, 5, 7, 5, 6, 0, 0,
    (Finding(STOCK, False, "2 orders sold 2 units that were not there"), NO_MAIL),
)  # fmt: skip
SOUND = replace(TOLD, engine="oscar", sold=5, aside=5, findings=(Finding(STOCK, True, "kept"), NO_MAIL))


def report(*told: Told) -> str:
    return page(Report(told, (), "abc1234", 600.0))


def row(text: str, begins: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(begins)]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_units_that_were_not_there_and_units_that_no_stock_has_set_aside() -> None:
    assert (oversold(TOLD), uncounted(TOLD)) == (2, 1)
    assert (oversold(SOUND), uncounted(SOUND)) == (0, 0)
    shipped = replace(TOLD, sold=5, shelf=2, aside=2)
    assert uncounted(shipped) == 0


def test_each_run_is_a_row_of_its_collision() -> None:
    text = report(TOLD, replace(SOUND, collision="shared-coupon", used=6, counted=5))
    assert row(text, "| vendure | 30") == [
        "vendure", "30", "rejected 23, ok 7", "7", "7", "7", "0", "5", "7", "2", "5", "6",
    ]  # fmt: skip
    assert row(text, "| oscar | `FIRST20`")[7:10] == ["5", "6", "5"]
    assert row(text, "| vendure | last-units")[3:] == ["cart.add rejected 20", "wallet.complete error: HTTP 400 1"]


def test_verdicts_are_shown_run_by_run_and_cannot_tell_is_no_verdict() -> None:
    assert verdicts([TOLD, SOUND]) == [(STOCK, ["**broken**", "kept"])]
    assert untold([TOLD, SOUND]) == {"the mailbox was not read": [(MAIL, None)]}
    kept = replace(SOUND, findings=(Finding(STOCK, None, f"{STOCK}: cannot tell, why"), NO_MAIL))
    assert untold([TOLD, kept])["why"] == [(STOCK, "oscar last-units")]
    text = report(TOLD, SOUND)
    assert f"| {STOCK} | **broken** | kept |" in text
    assert f"- vendure, last-units: {STOCK}: 2 orders sold 2 units that were not there" in text
    assert f"- the mailbox was not read: {MAIL}\n" in text
    assert "None was broken." in report(SOUND)


def test_runs_that_were_refused_are_told() -> None:
    assert "- vendure, last-units: late; late again" in report(replace(TOLD, refused=("late", "late again")))
    assert "## Runs that were refused\nNone." in report(TOLD)
    lost = Report((TOLD,), (Refused("medusa", "double-submit", ("late", "later")),), "abc1234", 600.0)
    assert "None." not in page(lost).partition("## Runs that were refused")[2]
    assert "missing above:\n- medusa, double-submit: late; later\n" in page(lost)


def test_tables_are_whole() -> None:
    """Every row of a table has as many cells as its head, or it would be shown as text."""
    lines = report(TOLD, SOUND, *(replace(TOLD, collision=one.name) for one in COLLISIONS)).splitlines()
    tables = [i for i, line in enumerate(lines) if line.startswith("|---")]
    assert len(tables) == 5
    for start in tables:
        wide = lines[start].count("|")
        assert lines[start - 1].count("|") == wide
        rest = lines[start + 1 :]
        rows = rest[: next(i for i, line in enumerate(rest) if not line.startswith("|"))]
        assert rows
        assert {one.count("|") for one in rows} == {wide}


def test_steps_are_counted_on_one_clock_and_what_failed_says_why() -> None:
    latency = pd.DataFrame(
        [("service", "ok", 3), ("service", "rejected", 2), ("response", "rejected", 2)], columns=["clock", "outcome", "count"]
    ).assign(step="cart.add")  # fmt: skip
    assert steps_of(latency) == {"cart.add rejected": 2}
    failed = '{"step":"cart.add","outcome":"error","detail":"HTTP 400","waited_ms":3}'
    facts = pd.DataFrame(
        {"witness": ["shopper"] * 3, "kind": ["step_failed"] * 2 + ["order_seen"], "detail": [failed] * 3}
    )
    assert said_of(facts) == {"cart.add error: HTTP 400": 2}
    assert findings_of({"promises": [{"promise": "p", "kept": None, "sentence": "s", "checked": 0}]}) == (
        Finding("p", None, "s"),
    )


def test_figures_come_as_whole_numbers_and_a_missing_row_is_no_zero() -> None:
    assert number(lambda query: [["7", "5.0"]], "") == (7, 5)
    with pytest.raises(ValueError):
        number(lambda query: [], "")


@pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.name)
@pytest.mark.parametrize("collision", COLLISIONS, ids=lambda collision: collision.name)
def test_every_scenario_is_one(engine, collision, tmp_path) -> None:  # type: ignore[no-untyped-def]
    running = Running("http://127.0.0.1:9", lambda: None, {"payment_method": "card"})  # type: ignore[arg-type, return-value]
    scenario = load_scenario(write_scenario(engine, running, collision, tmp_path))
    field = FIELDS[engine.name]
    assert scenario.shopper.products == (field.scarce if collision.scarce else field.plenty,)
    assert (scenario.shopper.double_submit, scenario.shopper.coupon_share) == (
        collision.double_submit,
        collision.coupon_share,
    )
    assert (tmp_path / "coupons.csv").read_text() == f"code\n{field.code}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+", version(engine.name))


def test_the_pages_commands_are_there() -> None:
    text = (ROOT / "bench/field_page.md.j2").read_text()
    assert "make field-report" in text
    recipe = (ROOT / "Makefile").read_text().partition("\nfield-report:")[2].partition("\n\n")[0]
    assert "bench/field_report.py --write docs/field-report.md" in recipe
    (command,) = re.findall(r"^python (bench/field_report\.py .+)$", text, re.MULTILINE)
    said = subprocess.run(
        [sys.executable, *command.split(), "--help"], cwd=ROOT, env=clean_environment(), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    with_options = re.findall(r"--[a-z]+", command)
    assert with_options
    assert all(option in said.stdout for option in with_options)


def test_the_page_is_what_the_template_makes() -> None:
    """The page in docs/ has every heading and every engine of a page made now."""
    Environment(undefined=StrictUndefined).parse((ROOT / "bench/field_page.md.j2").read_text())
    written = (ROOT / "docs/field-report.md").read_text()
    headings = [line for line in report(TOLD).splitlines() if line.startswith("## ")]
    assert [line for line in written.splitlines() if line.startswith("## ")] == headings
    assert all(f"| {engine.name} |" in written for engine in engines())
