"""A shop lays its own Prometheus, or a CSV of its monitoring, under the latencies of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from synthetic import Recipe, make_run
from tests.conftest import Doorbuster, free_port

from doorbuster.analysis import load_gate, open_run
from doorbuster.analysis.charts.series import broken_at_gaps, series_chart
from doorbuster.analysis.release import judge_release
from doorbuster.analysis.series.asked import SeriesAsked
from doorbuster.analysis.series.gathered import Gathered, gather_series
from doorbuster.analysis.series.kept import kept_series
from doorbuster.analysis.series.line import SeriesLine
from doorbuster.errors import GateError, RunDirectoryError
from doorbuster.settings import Settings

SHORT = Recipe(seconds=60, sessions_per_s=6)
ZERO_S = datetime.fromisoformat("2026-11-20T10:00:05Z").timestamp()  # started_at of a synthetic run
OBJECTIVE = '[[objective]]\nstep = "*"\nmetric = "error_rate"\nmax = 0.5\n'


def matrix(*series: tuple[dict[str, str], list[tuple[float, str]]]) -> dict[str, Any]:
    """As https://prometheus.io/docs/prometheus/latest/querying/api/#range-vectors has it: values are strings."""
    result = [
        {"metric": labels, "values": [[ZERO_S + at_s, value] for at_s, value in values]} for labels, values in series
    ]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


TWO_PODS = matrix(
    ({"__name__": "cpu", "pod": "web-1", "job": "shop"}, [(at_s, "0.5") for at_s in range(0, 61, 5)]),
    # Prometheus leaves missing samples out, and writes NaN for a division by nothing.
    ({"__name__": "cpu", "pod": "web-2", "job": "shop"}, [(0, "1.25"), (5, "NaN"), (10, "1.5"), (15, "1.5"), (45, "2e0"), (50, "+Inf")]),
)  # fmt: skip


@contextmanager
def prometheus(
    answer: object, status: int = 200
) -> Iterator[tuple[str, list[tuple[str, dict[str, list[str]], str | None]]]]:
    """A server that gives one answer; its address, and what it was asked: path, parameters, credentials."""
    asked: list[tuple[str, dict[str, list[str]], str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked.append((parts.path, parse_qs(parts.query), self.headers.get("authorization")))
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()  # waits for the server to stop
        server.server_close()


def gathered(run: Path, *asked: SeriesAsked, settings: Settings | None = None) -> Gathered:
    return gather_series(open_run(run), asked, run.parent, settings or Settings())


def test_a_query_is_asked_for_the_minutes_of_the_run_and_laid_on_its_clock(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", SHORT)
    with prometheus(TWO_PODS) as (url, asked):
        had = gathered(run, SeriesAsked(name="processor", unit="cores", url=f"{url}/api/v1/query_range", query="cpu"))
    ((path, parameters, _),) = asked
    assert path == "/api/v1/query_range"
    assert parameters["query"] == ["cpu"]
    assert float(parameters["start"][0]) == ZERO_S
    assert float(parameters["end"][0]) == ZERO_S + 60
    assert float(parameters["step"][0]) >= 1
    (series,) = had.series
    assert not had.missing
    # The greater comes first; lines are told apart by the labels in which they differ, and by no others.
    assert [line.label for line in series.lines] == ["pod=web-2", "pod=web-1"]
    assert series.lines[1].at_s.tolist() == list(range(0, 61, 5))
    np.testing.assert_array_equal(series.lines[0].values, [1.25, np.nan, 1.5, 1.5, 2.0, np.nan])


def test_a_report_is_drawn_again_without_the_server(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", SHORT)
    with prometheus(TWO_PODS) as (url, asked):
        cpu = SeriesAsked(name="processor", unit="cores", url=url, query="cpu")
        first = gathered(run, cpu)
        assert len(asked) == 1
        again = gathered(run, cpu)
        assert len(asked) == 1
        gathered(run, cpu.model_copy(update={"query": "sum(cpu)"}))  # another query is another series
        assert len(asked) == 2
    for before, after in zip(first.series[0].lines, again.series[0].lines, strict=True):
        assert before.label == after.label
        np.testing.assert_array_equal(before.values, after.values)
        np.testing.assert_array_equal(before.at_s, after.at_s)
    assert [one.name for one in gathered(run).series] == ["processor"]  # also where nobody asks any more


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ({"status": "error", "errorType": "bad_data", "error": "1:3: parse error: unclosed"}, 400, "answers 400 (1:3: parse error: unclosed)"),
        ({"status": "success", "data": {"resultType": "matrix", "result": []}}, 200, "holds no series; check the query"),
        ({"status": "success", "data": {"resultType": "vector", "result": []}}, 200, "not a range"),
        (b"<html>Sign in</html>", 200, "is not valid JSON"),
        (b"no", 401, "DOORBUSTER_SERIES_AUTHORIZATION"),
        (b"{}", 302, "answers 302; repair the query or the address"),
        (matrix(({}, [(-3600, "1"), (-3595, "2")])), 200, "no number in the run's window, 2026-11-20 10:00:05 UTC to 2026-11-20 10:01:05 UTC; its times go from 2026-11-20 09:00:05 UTC"),
        (matrix(({}, [(1, "NaN"), (2, "NaN")])), 200, "no number in the run's window"),
    ],
    ids=["bad query", "nothing", "instant", "sign-in page", "unauthorized", "redirect", "elsewhen", "NaN alone"],
)  # fmt: skip
def test_an_answer_that_will_not_do_is_one_sentence_and_nothing_kept(
    answer: object, status: int, said: str, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "run", SHORT)
    with prometheus(answer, status) as (url, _):
        had = gathered(run, SeriesAsked(name="processor", url=url, query="cpu"))
    (sentence,) = had.missing
    assert sentence.startswith("processor is not shown: ")
    assert said in sentence
    assert not had.series
    assert not (run / "series.csv").exists()


def test_a_dead_server_is_said_in_the_report_and_changes_no_verdict(tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = make_run(tmp_path / "run", SHORT)
    asked = f'[[series]]\nname = "processor <b>"\nurl = "http://127.0.0.1:{free_port()}"\nquery = "cpu"\n'
    verdicts = []
    for name, text in (("plain", OBJECTIVE), ("asked", OBJECTIVE + asked)):
        (tmp_path / f"{name}.toml").write_text(text)
        assert doorbuster("gate", run, "--gate", f"{name}.toml").returncode == 0
        verdicts.append((run / "verdict.json").read_bytes())
    assert verdicts[0] == verdicts[1]
    done = doorbuster("report", run, "--gate", "asked.toml")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1
    page = (run / "report.html").read_text()
    assert "processor &lt;b&gt; is not shown: http://127.0.0.1:" in page
    assert "does not answer" in page
    assert (run / "verdict.json").read_bytes() == verdicts[0]


def test_the_report_shows_what_the_server_told_and_keeps_its_password_to_itself(
    tmp_path: Path, doorbuster: Doorbuster
) -> None:
    run = make_run(tmp_path / "run", SHORT)
    with prometheus(TWO_PODS) as (url, asked):
        text = f'[[series]]\nname = "processor"\nunit = "cores"\nurl = "{url}"\nquery = "cpu"\n'
        (tmp_path / "gate.toml").write_text(OBJECTIVE + text)
        secret = {"DOORBUSTER_SERIES_AUTHORIZATION": "Bearer s3cret-token"}
        done = doorbuster("report", run, "--gate", "gate.toml", env=secret)
    assert done.returncode == 0, done.stderr
    assert asked[0][2] == "Bearer s3cret-token"
    assert "under it processor" in (run / "report.html").read_text()
    assert (run / "charts/series.png").stat().st_size > 5000
    everything = b"".join(path.read_bytes() for path in run.rglob("*") if path.is_file())
    assert b"s3cret-token" not in everything + done.stdout.encode() + done.stderr.encode()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Time,web-1,web-2\n2026-11-20T10:00:05Z,1,3\n2026-11-20T10:00:10Z,2,\n", {"column=web-1": [1, 2], "column=web-2": [3, np.nan]}),
        ("time;load\n2026-11-20T10:00:05Z;1,25\n2026-11-20T10:00:10Z;0,5\n", {"": [1.25, 0.5]}),
        ("time;pod;MiB\n1795082405;a;1,5\n1795082405;b;9\n", None),
        ("time,pod,mem\n1795168805,a,7 MiB\n1795168805,b,9 MiB\n", {"pod=a": [7], "pod=b": [9]}),
        ("# from the console\ntime,queue\n2026-11-20 11:00:05,4\n", {"": [4]}),
    ],
    ids=["a column a line", "decimal commas", "another day", "long, with units", "local times"],
)  # fmt: skip
def test_a_csv_of_the_monitoring_is_read(text: str, lines: dict[str, list[float]] | None, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", SHORT)
    (tmp_path / "shop.csv").write_text(text)
    had = gathered(run, SeriesAsked(name="shop", file="shop.csv", timezone="Europe/Berlin"))
    if lines is None:
        assert "no number in the run's window" in had.missing[0]
        return
    assert not had.missing
    assert {line.label: pytest.approx(line.values.tolist(), nan_ok=True) for line in had.series[0].lines} == lines


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,mem\n2026-11-20T10:00:05Z,1 GiB\n2026-11-20T10:00:10Z,900 MiB\n", "column mem mixes the units 'GiB' and 'MiB'"),
        ("pod,mem\na,1\nb,2\n", "no column holds times"),
        ("time,mem\n2026-11-20T10:00:05Z,much\n", "no column beside time holds numbers"),
        ("time,mem\n03/11/2026 10:00,1\n04/05/2026 10:00,2\n", "day or month first"),
        ("time;mem\n2026-11-20T10:00:05Z;1.234\n", "may be a thousand or a fraction"),
        ("time,mem\n", "has no rows"),
        ("", "is empty"),
    ],
)  # fmt: skip
def test_a_file_that_will_not_do_is_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", SHORT)
    (tmp_path / "shop.csv").write_text(text)
    (sentence,) = gathered(run, SeriesAsked(name="shop", file="shop.csv")).missing
    assert said in sentence


def test_a_file_is_given_on_the_command_line(tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = make_run(tmp_path / "run", SHORT)
    (tmp_path / "answer.json").write_text(json.dumps(TWO_PODS))
    done = doorbuster("report", run, "--series", "answer.json")
    assert done.returncode == 0, done.stderr
    assert "under it answer" in (run / "report.html").read_text()


@pytest.mark.parametrize("given", [".", "/", "nowhere.csv", ""])
def test_a_file_on_the_command_line_that_is_none_is_a_usage_error(
    given: str, tmp_path: Path, doorbuster: Doorbuster
) -> None:
    run = make_run(tmp_path / "run", SHORT)
    done = doorbuster("report", run, "--series", given)
    assert done.returncode == 2, done.stderr
    assert "no such file" in done.stderr
    assert not (run / "report.html").exists()


def test_two_files_of_one_name_are_both_drawn_also_through_a_linked_folder(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", SHORT)
    for folder in ("web", "db"):
        (tmp_path / "deep/down" / folder).mkdir(parents=True)
        (tmp_path / "deep/down" / folder / "cpu.json").write_text(json.dumps(TWO_PODS))
    (tmp_path / "gates").symlink_to(tmp_path / "deep/down")
    (tmp_path / "gates/gate.toml").write_text(OBJECTIVE)
    release = judge_release([run], gate_file=tmp_path / "gates/gate.toml")
    had = release.gather_series([tmp_path / "gates/web/cpu.json", tmp_path / "deep/down/db/cpu.json"], Settings())
    assert not had.missing
    assert len({series.name for series in had.series}) == 2


def test_a_secret_that_is_no_header_is_one_sentence(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", SHORT)
    asked = SeriesAsked(name="shop", url="http://127.0.0.1:1", query="up")
    (sentence,) = gather_series(
        open_run(run), [asked], tmp_path, Settings(series_authorization="Bearer gehe\u00edm")
    ).missing
    assert "DOORBUSTER_SERIES_AUTHORIZATION" in sentence
    assert "gehe" not in sentence


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('name = "a"\n', 'series 1 (a): needs either url and query, or file'),
        ('name = "a"\nurl = "http://u:p4ss@h"\nquery = "x"\n', "put them into DOORBUSTER_SERIES_AUTHORIZATION"),
        ('name = "a"\nurl = "h:9090"\nquery = "x"\n', "no address"),
        ('name = "a"\nurl = "http://h"\n', "query is missing"),
        ('name = "a"\nfile = "x.csv"\n[[series]]\nname = "a"\nfile = "y.csv"\n', 'two [[series]] called "a"'),
        ('name = "a"\nfile = "x.csv"\nunits = "s"\n', 'unknown key "units"; did you mean "unit"?'),
    ],
)  # fmt: skip
def test_a_series_that_is_asked_for_wrongly_is_refused(keys: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text(f"{OBJECTIVE}[[series]]\n{keys}")
    with pytest.raises(GateError) as refused:
        load_gate(tmp_path / "gate.toml")
    assert said in str(refused.value)
    assert "p4ss" not in str(refused.value)


def test_a_damaged_series_file_is_said(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", SHORT)
    (run / "series.csv").write_text("name,unit,source,label,at_us,value\na,,x,,soon,3\n")
    with pytest.raises(RunDirectoryError, match="delete it, and report fetches it again"):
        kept_series(open_run(run).directory)


def test_no_line_is_drawn_across_a_hole(tmp_path: Path) -> None:
    at_s, values = broken_at_gaps(SeriesLine("", np.array([0.0, 5, 10, 40, 45]), np.arange(5.0)))
    assert at_s.tolist() == [0, 5, 10, 25, 40, 45]
    np.testing.assert_array_equal(values, [0, 1, 2, np.nan, 3, 4])


def test_latency_and_metrics_lie_on_one_clock(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", SHORT)
    (tmp_path / "shop.json").write_text(json.dumps(TWO_PODS))
    had = gathered(run, SeriesAsked(name="shop", file="shop.json"), SeriesAsked(name="the same", file="shop.json"))
    figure = series_chart(open_run(run), had.series)
    assert len(figure.axes) == 3
    assert {axes.get_xlim() for axes in figure.axes} == {(0.0, 60.0)}
    assert [axes.get_title(loc="left").strip() for axes in figure.axes] == [
        "How long all steps take",
        "shop",
        "the same",
    ]
