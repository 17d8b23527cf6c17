"""A reader opens the report on a desk, on a phone and on paper, and so does one who cannot see it.

Needs Chromium, Node and two packages from npm. Without them these tests are skipped, and a skip is no pass: `make
page-check`, which CI runs, installs them and makes whatever is missing a failure.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from synthetic import Recipe, make_killed_run, make_run
from tests.conftest import ROOT
from tests.live.npm import install

from doorbuster.analysis import judge, open_run, write_report
from doorbuster.analysis.gate_file import Gate
from doorbuster.analysis.promised import promise_results
from doorbuster.audit.audit import Audit
from doorbuster.promises.fact import Finding, Offence

SOURCE, INSTALLED = ROOT / "tests" / "page", ROOT / ".page-check"
SMALL = Recipe(seconds=40, sessions_per_s=12)
GATE = Gate.model_validate(
    {
        "objective": [
            {"step": "checkout.complete", "metric": "p95", "max_ms": 320},
            {"step": "*", "metric": "error_rate", "max": 0.005},
        ],
        "regression": [{"journey": "native_checkout", "metric": "p95", "worse_than_last_year": "10%"}],
    }
)
Look = Callable[[Path], dict[str, dict[str, Any]]]


@pytest.fixture(scope="session")
def look() -> Look:
    """Opens a page and tells what was seen of it, on a `desk` and on a `phone`."""
    if os.environ.get("DOORBUSTER_PAGE_CHECK"):
        subprocess.run([SOURCE / "install_chromium.sh"], check=True)
        install(SOURCE, INSTALLED)
    chromium = shutil.which("chromium")
    missing = [name for name in ("chromium", "node") if not shutil.which(name)]
    missing += [] if (INSTALLED / "node_modules").is_dir() else ["its packages"]
    if missing:
        pytest.skip(f"no {', no '.join(missing)} to open a page with; make page-check installs them")

    def told(page: Path) -> dict[str, dict[str, Any]]:
        shutil.copy(SOURCE / "look.mjs", INSTALLED / "look.mjs")  # it imports from the folder that it lies in
        asked = json.dumps({"chromium": chromium, "pages": [str(page)]})
        done = subprocess.run(
            ["node", INSTALLED / "look.mjs"], input=asked, capture_output=True, text=True, check=False, timeout=240
        )
        assert done.returncode == 0, done.stderr
        seen: dict[str, dict[str, Any]] = json.loads(done.stdout)[str(page)]
        return seen

    return told


def a_slow_step_beside_last_year(folder: Path) -> Path:
    slow = replace(SMALL, factor={"checkout.complete": 3.0}, error_share=0.02)
    ours = [open_run(make_run(folder / f"run-{seed}", replace(slow, seed=seed))) for seed in (1, 2)]
    theirs = [open_run(make_run(folder / "last", replace(SMALL, seed=3)))]
    return write_report(ours, theirs, judge(ours, theirs, [], GATE))


def a_broken_promise_without_last_year(folder: Path) -> Path:
    run = open_run(make_run(folder / "run", SMALL))
    offences = tuple(Offence(f"charged twice, {at}", at * 1_000_000, f"i{at}", None, 1000, "EUR") for at in (5, 9, 30))
    audit = Audit("run", (Finding("one charge per intent", False, "3 shoppers paid twice", 40, offences),), None, {})
    return write_report([run], [], judge([run], [], [], GATE, promise_results([audit])), audit)


def a_run_that_was_killed(folder: Path) -> Path:
    run = open_run(make_killed_run(folder / "run"))
    return write_report([run], [], judge([run], [], [], GATE))


@pytest.mark.parametrize(
    "report", [a_slow_step_beside_last_year, a_broken_promise_without_last_year, a_run_that_was_killed]
)
def test_a_report_can_be_read_by_everybody_on_a_desk_on_a_phone_and_on_paper(
    look: Look, tmp_path: Path, report: Callable[[Path], Path]
) -> None:
    page = report(tmp_path)
    for screen, seen in look(page).items():
        assert seen["violations"] == [], screen
        assert seen["fetched"] == [f"file://{page}"[:80]], screen
        assert seen["broken_images"] == 0, screen
        assert seen["page_width"] <= seen["screen_width"], screen
        # The first screen answers: on a phone the chart may reach below it.
        first = ("verdict", "sentences", "chart") if screen == "desk" else ("verdict", "sentences")
        assert max(seen["bottoms"][part] for part in first) <= seen["screen_height"], screen
        if screen == "desk":
            assert seen["sheets"] <= 8


def test_a_page_that_cannot_be_read_by_everybody_is_found(look: Look, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        '<!doctype html><html><meta name="viewport" content="width=device-width, initial-scale=1"><body>'
        '<h1 class="verdict">x</h1><p class="three" style="width: 900px; color: #ddd">x</p>'
        '<img src="none.png"></body></html>'
    )
    seen = look(page)["phone"]
    found = {violation.split(":")[0] for violation in seen["violations"]}
    assert {"image-alt", "html-has-lang"} <= found
    assert seen["page_width"] > seen["screen_width"]
    assert seen["broken_images"] == 1
    assert len(seen["fetched"]) == 2
