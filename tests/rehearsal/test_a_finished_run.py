"""A rehearsal that went well: conservation, due times, tables, secrets."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from doorbuster.analysis.release import judge_release
from doorbuster.errors import RunDirectoryError
from doorbuster.promises import PROMISES
from doorbuster.record.tables import TABLES
from doorbuster.rehearsal.planning import plan_of
from doorbuster.staging.environment import Addresses
from doorbuster.vocabulary import JOURNEYS
from tests.conftest import assert_conserved, write_scenario
from tests.rehearsal.conftest import SECRETS, Finished, run_to_end


def test_every_planned_shopper_came_once_at_the_planned_instant(finished: Finished) -> None:
    sessions = pd.read_parquet(finished.path / "sessions.parquet").sort_values("session")
    plan = plan_of(finished.scenario)
    assert sessions.session.tolist() == list(range(plan.due_us.size))
    assert np.array_equal(sessions.due_us.to_numpy(), plan.due_us)
    assert sessions.journey.tolist() == [JOURNEYS[j] for j in plan.journey_index]
    assert (sessions.started_us >= sessions.due_us).all()


def test_conservation_holds_exactly(finished: Finished) -> None:
    assert_conserved(finished.path)
    run = json.loads((finished.path / "run.json").read_text())
    assert run["complete"]
    assert run["conservation"]["lost"] == 0


def test_every_table_has_the_documented_columns(finished: Finished) -> None:
    for name, schema in TABLES.items():
        table = pq.read_table(finished.path / f"{name}.parquet")
        assert table.schema.equals(schema), name
        assert table.num_rows > 0, name
        assert set(table["arm"].to_pylist()) == {"candidate"}


def test_both_clocks_count_the_same_steps_and_response_is_never_shorter(finished: Finished) -> None:
    latency = pd.read_parquet(finished.path / "latency.parquet")
    counts = latency.groupby(["clock", "journey", "step", "outcome"])["count"].sum().unstack("clock")
    assert counts["service"].equals(counts["response"])
    mean = latency.assign(us=latency.bucket_us * latency["count"]).groupby("clock")["us"].sum()
    assert mean["response"] >= mean["service"]


def test_what_shoppers_saw_is_what_the_shop_the_gateway_and_analytics_say(finished: Finished) -> None:
    facts = pd.read_parquet(finished.path / "facts.parquet")
    seen = set(facts[facts.kind == "order_seen"].order_id)
    assert seen
    assert seen == set(facts[(facts.witness == "shop") & (facts.kind == "order")].order_id)
    assert seen == set(facts[facts.kind == "purchase_event"].order_id)
    assert (facts.kind == "captured").sum() == len(seen)


def test_planted_secrets_are_nowhere(finished: Finished) -> None:
    planted = [value.encode() for name, value in SECRETS.items() if name != "DOORBUSTER_EXTRA_HEADER"]
    planted += [b"planted-Passw0rd", b"cGxhbnRlZC11c2Vy"]  # and the password alone, and base64 of the user
    texts = [finished.said.stdout.encode(), finished.said.stderr.encode()]
    texts += [path.read_bytes() for path in finished.path.rglob("*") if path.is_file()]
    # Parquet pages are compressed: look at the values too.
    texts += [str(pq.read_table(finished.path / f"{name}.parquet").to_pydict()).encode() for name in TABLES]
    for secret in planted:
        assert not any(secret in text for text in texts)


def test_same_seed_same_shoppers(finished: Finished, staging: Addresses, tmp_path: Path) -> None:
    again = run_to_end(tmp_path, finished.scenario, "--target", staging.shop_url)
    assert_conserved(tmp_path / again.stdout.splitlines()[-1])
    columns = ["session", "journey", "due_us", "coupon", "patience_s"]
    one, two = (
        pd.read_parquet(path / "sessions.parquet").sort_values("session").reset_index(drop=True)
        for path in (finished.path, tmp_path / again.stdout.splitlines()[-1])
    )
    assert one[columns].equals(two[columns])
    assert [list(p) for p in one.products] == [list(p) for p in two.products]


def test_arrivals_over_the_limit_are_dropped_counted_and_invalid(staging: Addresses, tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path, [40.0, 40.0], name="crowded", in_flight=3)
    said = run_to_end(tmp_path, scenario, "--target", staging.shop_url)
    assert said.returncode == 4, said.stderr
    assert "dropped" in said.stdout
    assert_conserved(tmp_path / said.stdout.splitlines()[-1])
    counts = json.loads((tmp_path / said.stdout.splitlines()[-1] / "run.json").read_text())["conservation"]
    assert counts["dropped_limit"] > 0
    assert counts["planned"] == counts["started"] + counts["dropped_limit"]


def test_faults_break_the_staging_shop_on_the_scenarios_clock(staging: Addresses, tmp_path: Path) -> None:
    fault = '[[faults]]\nname = "error_burst"\nvalue = 1.0\nat = "3s"\nfor = "2s"\n'
    scenario = write_scenario(tmp_path, [10.0] * 7, name="broken", more=fault)
    said = run_to_end(tmp_path, scenario, "--target", staging.shop_url)
    assert said.returncode == 0, said.stderr
    assert_conserved(tmp_path / said.stdout.splitlines()[-1])
    latency = pd.read_parquet(tmp_path / said.stdout.splitlines()[-1] / "latency.parquet")
    failed = latency[latency.outcome.isin(["error", "unknown"]) & (latency.step != "order.read")]
    assert failed.second.between(2, 5).all()
    assert set(failed.second) & {3, 4}


@pytest.mark.parametrize("table", ["sessions", "latency", "arrivals"])
def test_no_half_written_part_is_left(finished: Finished, table: str) -> None:
    assert all(path.name.startswith("part-") for path in (finished.path / f"{table}.parquet").iterdir())


def copied(finished: Finished, folder: Path) -> Path:
    return Path(shutil.copytree(finished.path, folder / "copy"))


def test_a_run_cut_off_before_its_books_were_read_back_is_invalid(finished: Finished, tmp_path: Path) -> None:
    run = copied(finished, tmp_path)
    info = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**info, "closed": False, "read_back": {"done": False, "why": "cut off"}}))
    release = judge_release([run])
    assert release.exit_code == 4
    assert "read back" in release.text()
    assert [promise.verdict for promise in release.verdict.promises] == ["INVALID"] * len(PROMISES)


def test_a_run_with_a_lost_part_is_invalid(finished: Finished, tmp_path: Path) -> None:
    run = copied(finished, tmp_path)
    next((run / "latency.parquet").iterdir()).unlink()
    release = judge_release([run])
    assert release.exit_code == 4
    assert "a part of it is missing" in release.text()


def test_a_run_is_not_its_own_last_year(finished: Finished) -> None:
    with pytest.raises(RunDirectoryError, match="same run"):
        judge_release([finished.path], [finished.path])


def test_shoppers_whom_the_shop_keeps_waiting_are_not_forgotten(staging: Addresses, tmp_path: Path) -> None:
    """A shop that hangs must not look fast, or well, because the run ended before it answered."""
    fault = '[[faults]]\nname = "slow_checkout"\nvalue = 60000\nat = "0s"\nfor = "1h"\n'
    scenario = write_scenario(tmp_path, [15.0] * 4, name="hanging", more=fault, drain_s=2)
    said = run_to_end(tmp_path, scenario, "--target", staging.shop_url)
    assert said.returncode == 4, said.stderr
    assert "drain" in said.stdout
    run = tmp_path / said.stdout.splitlines()[-1]
    assert_conserved(run)
    latency = pd.read_parquet(run / "latency.parquet")
    waited = latency[(latency.step == "checkout.complete") & (latency.clock == "service")]
    assert set(waited.outcome) == {"unknown"}
    assert waited.bucket_us.max() > 1e6
