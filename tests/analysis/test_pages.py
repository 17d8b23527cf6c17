"""A user opens the report, the charts, and what a CI reads: complete, self-contained, harmless."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from synthetic import Recipe, make_killed_run, make_run

from doorbuster.analysis import PromiseResult, Verdict, judge, open_run, write_outputs, write_report
from doorbuster.analysis.charts import Years, draw_charts, plan_chart
from doorbuster.analysis.charts.offences import offences_chart
from doorbuster.analysis.charts.years import on_clock_of
from doorbuster.analysis.gate_file import Gate
from doorbuster.analysis.headline import three_sentences
from doorbuster.analysis.load import Run
from doorbuster.analysis.promised import promise_results
from doorbuster.analysis.summary import render_summary
from doorbuster.audit.audit import Audit
from doorbuster.cards import cards
from doorbuster.errors import CardError, RunDirectoryError
from doorbuster.promises.fact import Finding, Offence
from doorbuster.record.directory import RunDirectory

HOSTILE = '<script>alert("1")</script> & | `*[x](y)*` \x00\x1b\ufffe "\''
GATE = Gate.model_validate(
    {
        "objective": [
            {"step": "checkout.complete", "metric": "p95", "max_ms": 320},
            {"step": "*", "metric": "error_rate", "max": 0.005},
        ],
        "regression": [{"journey": "native_checkout", "metric": "p95", "worse_than_last_year": "10%"}],
    }
)
SMALL = Recipe(seconds=40, sessions_per_s=12)


class Page(HTMLParser):
    """Collects what a page would fetch, the tags it opens and closes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [str(value) for name, value in attrs if name in ("src", "href", "action", "srcset", "data")]

    def handle_data(self, data: str) -> None:
        self.text += data


def judged(path: Path, *baselines: Path, promises: tuple[PromiseResult, ...] = ()) -> Verdict:
    return judge([open_run(path)], [open_run(baseline) for baseline in baselines], [], GATE, promises)


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Verdict]:
    """The page of a whole run beside last year's, and its verdict; drawn once, since drawing is slow."""
    folder = tmp_path_factory.mktemp("reported")
    run, last_year = make_run(folder / "run", SMALL), make_run(folder / "last", replace(SMALL, seed=2))
    verdict = judged(run, last_year)
    return write_report([open_run(run)], [open_run(last_year)], verdict), verdict


def test_the_first_screen_answers_whether_to_freeze(reported: tuple[Path, Verdict]) -> None:
    page, verdict = reported
    first = page.read_text().split("<body>")[1].split("</header>")[0]
    text = Page(first).text
    order = ["Can we freeze?", verdict.verdict, "A rehearsal: yes.", *three_sentences(verdict, ["last"])]
    found = [text.index(words) for words in order]
    assert found == sorted(found)
    assert Page(first).tags.count("img") == 1


def test_below_stands_everything_by_journey_and_step_and_what_could_not_be_told(
    reported: tuple[Path, Verdict],
) -> None:
    page, verdict = reported
    text = Page(page.read_text()).text
    order = ["Was this a rehearsal?", "What was found", "What we could not tell", "this year beside last", "By journey"]
    found = [text.index(words) for words in (*order, "By step", "Who came", "How this was measured")]
    assert found == sorted(found)
    for entry in verdict.entries:
        assert entry.sentence in text
    for said in ("Open model", "Not fetched", "2026", "checkout.complete", "interval"):
        assert said in text


def test_the_report_is_self_contained_and_small(reported: tuple[Path, Verdict]) -> None:
    page, _ = reported
    content = page.read_text()
    assert page.stat().st_size < 3_000_000
    fetched = Page(content).fetched
    assert len(fetched) == len(set(fetched)) > 20  # no chart stands twice
    assert all(address.startswith("data:image/svg+xml;base64,") for address in fetched)
    assert not re.search(r"url\(|@import|<script|<link", content)
    for chart in ("arrivals", "outcomes", "latency-native_checkout", "latency-checkout.complete", "load-browse"):
        assert (page.parent / "charts" / f"{chart}.png").read_bytes().startswith(b"\x89PNG")
        drawn = ElementTree.fromstring((page.parent / "charts" / f"{chart}.svg").read_bytes())
        assert not [
            value for node in drawn.iter() for name, value in node.items() if "href" in name and value[0] != "#"
        ]


@pytest.mark.parametrize("killed", [False, True])
def test_a_report_can_be_written_without_last_year(tmp_path: Path, killed: bool) -> None:
    short = replace(SMALL, seconds=15, journeys=("browse",))
    run = make_killed_run(tmp_path / "run", short) if killed else make_run(tmp_path / "run", short)
    verdict = judged(run)
    text = Page(write_report([open_run(run)], [], verdict).read_text()).text
    assert verdict.verdict in text
    assert ("No." in text) == killed


def test_a_run_without_any_data_still_draws(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", Recipe(sessions_per_s=0.0))
    last_year = make_run(tmp_path / "last", replace(SMALL, journeys=("native_checkout",)))
    names = {chart.name for chart in draw_charts(Years((open_run(run),), (open_run(last_year),)))}
    assert {"arrivals", "outcomes", "latency-checkout.complete"} <= names


def test_equal_runs_give_equal_charts(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", replace(SMALL, journeys=("browse",))))
    once, again = (list(draw_charts(Years((run,)))) for _ in range(2))
    assert [(chart.png, chart.svg) for chart in once] == [(chart.png, chart.svg) for chart in again]


def test_hostile_names_do_no_harm_in_any_output(tmp_path: Path) -> None:
    info = {"scenario": HOSTILE, "target_host": HOSTILE, "overrides": [HOSTILE], "versions": {HOSTILE: HOSTILE}}
    run = make_run(tmp_path / "run", replace(SMALL, info=info, journeys=("browse",)))
    verdict = judged(run, promises=(PromiseResult(HOSTILE, "FAIL", HOSTILE),))
    opened = open_run(run)
    write_outputs(opened, verdict)
    page = Page(write_report([opened], [], verdict).read_text())
    assert "script" not in page.tags
    assert '<script>alert("1")</script>' in page.text
    case = ElementTree.fromstring((run / "junit.xml").read_bytes()).find(".//testcase[@classname='promise']")
    assert case is not None
    assert "<script>" in case.attrib["name"]
    summary = (run / "summary.md").read_text()
    assert "<script>" not in summary
    assert all(line.count("|") - line.count("\\|") == 4 for line in summary.splitlines() if line.startswith("| **"))


def test_junit_has_a_case_for_each_entry_and_calls_things_by_their_kind(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", replace(SMALL, factor={"checkout.complete": 3.0}))
    last_year = make_run(tmp_path / "last", replace(SMALL, seed=2))
    promises = (
        PromiseResult("coupons", "PASS", "kept"),
        PromiseResult("one charge", "INCONCLUSIVE", "the gateway could not be asked"),
    )
    verdict = judged(run, last_year, promises=promises)
    write_outputs(open_run(run), verdict)
    root = ElementTree.fromstring((run / "junit.xml").read_bytes())
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    assert cases.keys() == {"this was a rehearsal", *(entry.name for entry in verdict.entries)}
    assert root.attrib["tests"] == str(len(cases))
    assert cases["checkout.complete against last year"].find("failure") is not None
    assert cases["checkout.complete p95"].find("failure") is not None
    assert cases["one charge"].find("error") is not None
    assert [node.tag for node in cases["coupons"]] == ["system-out"]
    failures = [case for case in cases.values() if case.find("failure") is not None]
    assert root.attrib["failures"] == str(len(failures))


def test_junit_of_an_invalid_run_is_one_error_and_no_failure(tmp_path: Path) -> None:
    run = make_killed_run(tmp_path / "run")
    write_outputs(open_run(run), judged(run))
    root = ElementTree.fromstring((run / "junit.xml").read_bytes())
    assert (root.attrib["errors"], root.attrib["failures"], root.attrib["skipped"]) == ("1", "0", "3")


def test_copies_go_where_the_ci_wants_them(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", SMALL)
    write_outputs(open_run(run), judged(run), tmp_path / "out" / "j.xml", tmp_path / "out" / "s.md")
    assert (tmp_path / "out" / "j.xml").read_bytes() == (run / "junit.xml").read_bytes()
    assert (tmp_path / "out" / "s.md").read_text().startswith("## ")


def test_a_copy_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", SMALL)
    (tmp_path / "wall").write_text("a file where a folder is wanted")
    with pytest.raises(RunDirectoryError, match="cannot be written"):
        write_outputs(open_run(run), judged(run), tmp_path / "wall" / "j.xml")


@pytest.mark.parametrize("name", ["plan.png", "plan.svg"])
def test_a_plan_is_drawn(tmp_path: Path, name: str) -> None:
    minutes = list(range(30))
    planned = {"browse": [30.0] * 30, "native_checkout": [2.0] * 30}
    file = plan_chart(tmp_path / name, minutes, planned, list(np.linspace(10, 20, 30)), "black-friday")
    assert file.stat().st_size > 2000


def test_a_plan_that_cannot_be_drawn_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="cannot be written"):
        plan_chart(tmp_path / "none" / "plan.png", [0, 1], {"browse": [1, 2]}, [], "x")


def test_the_year_on_year_script_runs_as_documented(tmp_path: Path) -> None:
    run, last_year = make_run(tmp_path / "run", SMALL), make_run(tmp_path / "last", replace(SMALL, seed=2))
    script, chart = cards().analysis / "year_on_year.py", tmp_path / "changes.png"
    done = subprocess.run(
        [sys.executable, str(script), str(run), str(last_year), str(chart)], capture_output=True, text=True, check=True
    )
    assert "checkout.complete" in done.stdout
    assert chart.exists()


def test_judging_needs_no_matplotlib(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", SMALL)
    code = (
        "import sys; from doorbuster.analysis.validity import judge_validity;"
        "from doorbuster.analysis.load import open_run;"
        "from doorbuster.analysis.gate_file import ValidityRules;"
        f"assert judge_validity(open_run({str(run)!r}), ValidityRules()).valid; assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_broken_promise_leads_the_page_with_people_money_ids_and_its_minute(tmp_path: Path) -> None:
    offences = tuple(
        Offence(
            f"charged {HOSTILE}", second * 1_000_000, f"i{second}", None, 1000, "EUR", None, second, "native_checkout"
        )
        for second in range(5, 20)
    )
    sentence = "15 shoppers were charged without an order (150.00 EUR); 40 charges checked"
    audit = Audit("run", (Finding("charged only for an order", False, sentence, 40, offences),), None, {})
    run = open_run(make_run(tmp_path / "run", SMALL))
    verdict = judged(tmp_path / "run", promises=promise_results([audit]))
    page = Page(write_report([run], [], verdict, audit).read_text())
    below = page.text[page.text.index("What it would have cost") :]
    order = [
        sentence,
        "native_checkout 15; minute 0",
        "intent i5",
        "5 more in",
        "Was this a rehearsal?",
    ]
    assert [below.index(text) for text in order] == sorted(below.index(text) for text in order)
    assert sentence in page.text.split("What it would have cost")[0]
    assert page.tags.count("script") == 0
    assert (tmp_path / "run/charts/offences.png").read_bytes().startswith(b"\x89PNG")
    assert verdict.sentences[0] == sentence


def test_a_run_that_kept_its_promises_has_no_page_about_cost(reported: tuple[Path, Verdict]) -> None:
    page, _ = reported
    assert "What it would have cost" not in page.read_text()


@pytest.mark.parametrize("at_us", [None, -5_000_000, 300_000_000])
def test_offences_at_odd_moments_are_drawn_or_counted(at_us: int | None, tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", SMALL))
    figure = offences_chart(run, [Offence("lost", at_us), Offence("lost", None, subject="hat")])
    assert "more have no time" in "".join(text.get_text() for text in figure.axes[0].texts)


def test_the_summary_draws_each_step_in_letters(reported: tuple[Path, Verdict]) -> None:
    page, verdict = reported
    summary = render_summary(open_run(page.parent), verdict)
    drawn = summary.split("```text\n")[1].split("\n```")[0].splitlines()
    slow = next(line for line in drawn if line.startswith("checkout.complete "))
    assert re.search(r"[-|:]*[Xo*][-|:]*\s+\d\.\d\dx \(", slow)
    said = [re.search(r"\d\.\d\dx \(|too few", line) for line in drawn[1:-1]]
    assert len({found.start() for found in said if found}) == 1  # one axis for all
    assert "data:" not in summary
    assert "![" not in summary


def test_a_summary_of_a_run_that_was_none_draws_nothing(tmp_path: Path) -> None:
    run = make_killed_run(tmp_path / "run")
    assert "```" not in render_summary(open_run(run), judged(run, make_run(tmp_path / "last", SMALL)))


@pytest.mark.parametrize(
    ("squeeze", "warm_up_s", "at_s"), [(1.0, 10, 100.0), (1.0, 0, 110.0), (5.0, 0, 30.0), (0.5, 10, 190.0)]
)
def test_second_100_of_last_year_is_drawn_where_its_moment_comes_this_year(
    squeeze: float, warm_up_s: int, at_s: float
) -> None:
    def run_of(**clock: float) -> Run:
        return Run(RunDirectory(Path("none")), {"clock": {"duration_s": 200, **clock}})

    ours, theirs = run_of(warm_up_s=10, squeeze=1.0), run_of(warm_up_s=warm_up_s, squeeze=squeeze)
    assert on_clock_of(ours, theirs)[100] == pytest.approx(at_s)
