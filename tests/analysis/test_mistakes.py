"""A user gives a gate file or a run directory that will not do, and gets one sentence that helps."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from synthetic import make_run

from doorbuster.analysis import load_gate, open_run
from doorbuster.cards import cards
from doorbuster.errors import GateError, RunDirectoryError
from doorbuster.promises.limits import DEFAULT_LIMITS

OBJECTIVE = '[[objective]]\nstep = "checkout.complete"\nmetric = "p95"\nmax_ms = 800\n'
REGRESSION = '[[regression]]\njourney = "browse"\nmetric = "{metric}"\nworse_than_last_year = "{allowance}"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[objective]\n", "not valid TOML"),
        ("", "asks nothing"),
        (OBJECTIVE.replace("[[objective]]", "[[objectives]]"), 'unknown key "objectives"; did you mean "objective"?'),
        (OBJECTIVE + "max_msec = 3\n", 'objective 1 (checkout.complete p95): unknown key "max_msec"; did you mean'),
        (OBJECTIVE.replace("checkout.complete", "checkout.completed"), 'did you mean "checkout.complete"?'),
        (OBJECTIVE.replace('step = "checkout.complete"', 'journey = "brwose"'), 'did you mean "browse"?'),
        (OBJECTIVE.replace('step = "checkout.complete"\n', ""), "says neither step nor journey"),
        (OBJECTIVE.replace("p95", "p96"), "metric = 'p96' is unknown"),
        (OBJECTIVE.replace('metric = "p95"\n', ""), "metric is missing; valid are: p50"),
        (OBJECTIVE.replace("max_ms = 800", "max = 0.1"), "p95 needs max_ms, not max"),
        (OBJECTIVE.replace("p95", "error_rate"), "error_rate needs max, not max_ms"),
        (OBJECTIVE.replace("800", "-1"), "max_ms = -1 will not do"),
        (OBJECTIVE.replace("800", "nan"), "max_ms = nan will not do"),
        (OBJECTIVE.replace("800", '"800"'), "max_ms = '800' will not do"),
        (OBJECTIVE + 'clock = "wall"\n', "clock = 'wall' is unknown"),
        (OBJECTIVE.replace("[[objective]]", "[objective]"), "objective must be written as a table, [[objective]]"),
        ("objective = [3]\n", "objective 1"),
        (REGRESSION.format(metric="p95", allowance="0.2pp"), 'does not fit p95; write "10%"'),
        (REGRESSION.format(metric="error_rate", allowance="10%"), 'does not fit error_rate; write "0.2pp"'),
        ((REGRESSION.format(metric="p95", allowance="10%") + "required = true\n") * 5, "at most 4 can be required"),
        (OBJECTIVE + "[promises]\noptinal = []\n", '[promises]: unknown key "optinal"; did you mean "optional"?'),
        (OBJECTIVE + '[promises]\noptional = ["one order"]\n', 'there is no promise "one order"'),
        (OBJECTIVE + "[promises.limits]\nevents_within_s = 9\n", 'did you mean "event_within_s"?'),
        (OBJECTIVE + "[promises.limits]\nevent_within_s = 0\n", "event_within_s = 0 will not do"),
        (OBJECTIVE + '[promises.limits]\nevent_within_s = "9"\n', "event_within_s = '9' will not do"),
        (OBJECTIVE + "[promises.limits]\nevent_within_s = true\n", "event_within_s = True will not do"),
        ("promises = 3\n" + OBJECTIVE, "promises must be written as a table, [promises]"),
        ("series = [1]\n" + OBJECTIVE, "series 1: series must be written as a table, [[series]]"),
        (OBJECTIVE + "[validity]\ndroped = 0\n", '[validity]: unknown key "droped"; did you mean "dropped"?'),
    ],
)
def test_a_malformed_gate_file_is_answered_with_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "gate.toml"
    file.write_text(text)
    with pytest.raises(GateError) as refused:
        load_gate(file)
    message = str(refused.value)
    assert message.startswith(f"{file}: ")
    assert said in message
    assert "\n" not in message


def test_a_gate_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="no such gate file"):
        load_gate(tmp_path / "none.toml")


def test_the_shipped_gate_file_is_valid() -> None:
    gate = load_gate(cards().analysis / "gates" / "release.toml")
    assert any(one.step == "checkout.complete" and one.limit == 320 for one in gate.objective)


def test_the_shipped_gate_file_shows_every_number_that_is_promised_at_its_default() -> None:
    shown = tomllib.loads((cards().analysis / "gates" / "release.toml").read_text())["promises"]["limits"]
    assert shown == asdict(DEFAULT_LIMITS)


def drop_column(run: Path) -> None:
    part = sorted((run / "latency.parquet").glob("*.parquet"))[0]
    pq.write_table(pq.read_table(part).drop(["count"]), part)


def mistype_column(run: Path) -> None:
    part = sorted((run / "arrivals.parquet").glob("*.parquet"))[0]
    table = pq.read_table(part)
    words = pa.array(["soon"] * len(table))
    pq.write_table(table.set_column(table.schema.get_field_index("second"), "second", words), part)


def empty_values(run: Path) -> None:
    part = sorted((run / "latency.parquet").glob("*.parquet"))[0]
    table = pq.read_table(part)
    nothing = pa.nulls(len(table), pa.int64())
    pq.write_table(table.set_column(table.schema.get_field_index("count"), "count", nothing), part)


def truncate_part(run: Path) -> None:
    part = sorted((run / "sessions.parquet").glob("*.parquet"))[0]
    part.write_bytes(part.read_bytes()[:100])


def edit_info(**changes: object) -> Callable[[Path], None]:
    def edit(run: Path) -> None:
        file = run / "run.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    return edit


def make_file(run: Path) -> None:
    shutil.rmtree(run)
    run.write_text("not a folder")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (shutil.rmtree, "no such folder"),
        (make_file, "a file, not a run directory"),
        (lambda run: (run / "run.json").unlink(), "no run.json"),
        (lambda run: (run / "run.json").write_text("{"), "cannot be read"),
        (lambda run: (run / "run.json").write_text("[]"), "format None"),
        (edit_info(format=2), "upgrade doorbuster"),
        (edit_info(clock=None), "clock.warm_up_s must be seconds"),
        (edit_info(clock={"warm_up_s": 5, "duration_s": "long"}), "clock.duration_s must be seconds, not 'long'"),
        (edit_info(conservation=[1]), "conservation must be whole numbers"),
        (drop_column, "no column count"),
        (mistype_column, "cannot be read"),
        (empty_values, "column count has empty values"),
        (truncate_part, "delete this part or restore it"),
    ],
)
def test_a_spoilt_run_directory_is_answered_with_one_sentence(
    tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    run = make_run(tmp_path / "run")
    spoil(run)
    with pytest.raises(RunDirectoryError) as refused:
        open_run(run)
    assert said in str(refused.value)
    assert str(run) in str(refused.value)
    assert "\n" not in str(refused.value)
