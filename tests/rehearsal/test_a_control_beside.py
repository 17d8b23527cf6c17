"""Last release's deployment walked beside the candidate: each shopper goes to one of the two, by a fair draw."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from doorbuster.analysis.books import book_mistakes
from doorbuster.analysis.load import open_run
from doorbuster.analysis.release import judge_release
from doorbuster.audit.audit import audit_run
from doorbuster.errors import TargetError
from doorbuster.record.directory import RunDirectory
from doorbuster.rehearsal.cleanup import clean_up_all
from doorbuster.rehearsal.control import check_control, same_catalogue, share_books
from doorbuster.rehearsal.planning import plan_of
from doorbuster.rehearsal.prepare import RunOptions, prepare
from doorbuster.scenario import WitnessCard
from doorbuster.settings import Settings
from doorbuster.staging.environment import staging_environment
from doorbuster.storefronts.base import Product
from doorbuster.traffic.arrivals import arms_of
from doorbuster.vocabulary import ARMS
from tests.conftest import write_scenario
from tests.rehearsal.conftest import run_to_end

PLANNED = ["session", "journey", "due_us", "products", "coupon", "patience_s", "arm"]


@dataclass(frozen=True)
class Walked:
    path: Path
    scenario: Path
    candidate_url: str
    control_url: str


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    """The candidate is slow at the checkout; the control takes money without an order."""
    folder = tmp_path_factory.mktemp("beside")
    scenario = write_scenario(folder, [20.0] * 6)
    with (
        staging_environment(faults=["slow_checkout=400"]) as candidate,
        staging_environment(faults=["charge_without_order=0.5"]) as control,
    ):
        said = run_to_end(folder, scenario, "--target", candidate.shop_url, "--control", control.shop_url)
        assert said.returncode in (0, 4), said.stderr  # a busy machine may be late, which is not what is tested
        path = folder / said.stdout.splitlines()[-1]
        yield Walked(path, scenario, candidate.shop_url, control.shop_url)


def table(run: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(run / f"{name}.parquet")


def test_the_draw_is_fair_and_depends_on_seed_and_session_alone() -> None:
    arms = arms_of(100_000, seed=7)
    assert abs(arms.mean() - 0.5) < 4 * 0.5 / np.sqrt(arms.size)
    assert abs(np.corrcoef(arms[1:], arms[:-1])[0, 1]) < 4 / np.sqrt(arms.size)
    assert np.array_equal(arms[:1000], arms_of(1000, seed=7))
    assert not np.array_equal(arms[:1000], arms_of(1000, seed=8))


def test_a_control_changes_no_shopper(walked: Walked) -> None:
    alone, beside = plan_of(walked.scenario), plan_of(walked.scenario, control=True)
    assert np.array_equal(alone.due_us, beside.due_us)
    assert np.array_equal(alone.journey_index, beside.journey_index)
    assert alone.fingerprint() != beside.fingerprint()


def test_each_shopper_is_recorded_where_the_draw_sent_them(walked: Walked) -> None:
    arms = [ARMS[arm] for arm in plan_of(walked.scenario, control=True).arm_index]
    sessions = table(walked.path, "sessions").sort_values("session")
    assert sessions.arm.tolist() == arms
    facts = table(walked.path, "facts")
    told = facts[facts.session.notna()]
    assert told.arm.tolist() == [arms[int(session)] for session in told.session]
    shop = facts[(facts.witness == "shop") & (facts.kind == "order") & facts.intent.notna()]
    assert set(shop.arm) == set(ARMS)
    assert shop.arm.tolist() == [arms[int(intent.rpartition("-")[2])] for intent in shop.intent]
    assert table(walked.path, "catalogue").groupby("arm").size().nunique() == 1


def test_every_shopper_is_accounted_for_in_each_arm(walked: Walked) -> None:
    info = json.loads((walked.path / "run.json").read_text())
    arrivals, sessions, latency = (table(walked.path, name) for name in ("arrivals", "sessions", "latency"))
    for arm in ARMS:
        counts = info["arms"][arm]["conservation"]
        assert counts["planned"] == arrivals[arrivals.arm == arm].planned.sum() > 0
        assert counts["started"] == (sessions.arm == arm).sum() == counts["finished"] + counts["abandoned"]
        steps = latency[(latency.arm == arm) & (latency.clock == "service")]["count"].sum()
        assert info["arms"][arm]["steps"] == steps
    for key, total in info["conservation"].items():
        assert total == sum(info["arms"][arm]["conservation"][key] for arm in ARMS)
    assert info["control"]["target_host"] in walked.control_url
    assert info["control"]["read_back"]["done"]


def test_a_hole_in_the_controls_books_is_found(walked: Walked, tmp_path: Path) -> None:
    assert book_mistakes(open_run(walked.path)) == []
    copy = Path(shutil.copytree(walked.path, tmp_path / "copy"))
    info = json.loads((copy / "run.json").read_text())
    info["arms"]["control"]["steps"] += 1
    (copy / "run.json").write_text(json.dumps(info))
    (mistake,) = book_mistakes(open_run(copy))
    assert mistake.startswith("the control: ")


def test_what_the_control_broke_is_not_the_candidates(walked: Walked) -> None:
    audit = audit_run(walked.path)
    assert audit.broken() == (), [finding.sentence for finding in audit.broken()]
    control = open_run(walked.path).control
    assert control is not None
    charged = control.facts[control.facts.kind == "captured"]
    ordered = control.facts[(control.facts.witness == "shop") & (control.facts.kind == "order")]
    assert len(charged) > len(ordered)  # it did break


def test_two_workers_send_the_same_shoppers_to_the_same_arms(walked: Walked, tmp_path: Path) -> None:
    said = run_to_end(
        tmp_path, walked.scenario, "--target", walked.candidate_url, "--control", walked.control_url, "--workers", "2"
    )
    assert said.returncode in (0, 4), said.stderr  # a busy machine may be late, which is not what is tested
    again = tmp_path / said.stdout.splitlines()[-1]
    one, two = (table(run, "sessions").sort_values("session").reset_index(drop=True) for run in (walked.path, again))
    assert one[PLANNED].astype(str).equals(two[PLANNED].astype(str))


def test_cleanup_lists_the_orders_of_both(walked: Walked, tmp_path: Path) -> None:
    cleaned = clean_up_all(walked.path, Settings(), None, really=False)
    sessions = table(walked.path, "sessions")
    for arm, one in zip(ARMS, cleaned, strict=True):
        seen = set(sessions[(sessions.arm == arm) & sessions.order_id.notna()].order_id)
        assert seen <= {left.order_id for left in one.ours}


def refused(walked: Walked, tmp_path: Path, control: str) -> str:
    scenario = write_scenario(tmp_path, [2.0, 2.0])
    with pytest.raises(TargetError) as sentence:
        prepare(RunOptions(scenario, walked.candidate_url, tmp_path / "runs", control=control), Settings())
    assert not (tmp_path / "runs").exists()
    return str(sentence.value)


def test_a_control_that_cannot_be_told_apart_is_refused(walked: Walked, tmp_path: Path) -> None:
    assert "is the candidate itself" in refused(walked, tmp_path, walked.candidate_url)
    assert "limits.allowed_hosts" in refused(walked, tmp_path, "http://elsewhere.example")
    assert "does not answer" in refused(walked, tmp_path, "http://127.0.0.1:1")
    witnesses = SimpleNamespace(name="peak", witnesses=WitnessCard(gateway="http://127.0.0.1:2"))
    with pytest.raises(TargetError, match="cannot say of which"):
        check_control("http://a", "http://b", witnesses)  # type: ignore[arg-type]  # all that it looks at


def product(name: str, price_minor: int = 100, variant: str = "v", weight: float = 1.0) -> Product:
    return Product(name, variant, name, price_minor, "EUR", 5, weight)


def test_both_arms_pick_the_same_products_by_their_own_identifiers() -> None:
    candidate = [product("lamp", weight=2.0), product("rug")]
    control = [product("rug", variant="other-1"), product("lamp", variant="other-2")]
    assert same_catalogue(candidate, control, "http://b") == [
        product("lamp", variant="other-2", weight=2.0),
        product("rug", variant="other-1"),
    ]
    with pytest.raises(TargetError, match=r"does not sell what the candidate does.*lamp at 100"):
        same_catalogue(candidate, [product("rug"), product("lamp", 90)], "http://b")


def test_deployments_with_one_set_of_books_are_found_out(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "run")
    directory.path.mkdir()
    order = {"witness": "shop", "kind": "order", "at_us": 5, "amount_minor": 100, "detail": "{}"}

    def read_back(arm: str, ids: range) -> None:
        directory.write_rows("facts", [{**order, "order_id": str(one), "arm": arm} for one in ids], arm)

    read_back("candidate", range(10))
    read_back("control", range(8, 18))
    assert not share_books(directory)
    read_back("control", range(10))
    assert share_books(directory)


GATE = """
[[objective]]
step = "*"
metric = "error_rate"
max = 0.9
[[regression]]
step = "checkout.complete"
metric = "p50"
worse_than_last_year = "10%"
[[regression]]
step = "*"
metric = "error_rate"
worse_than_last_year = "90pp"
[validity]
late_p99_ms = 60000
loop_stall_ms = 60000
cpu_share = 99
[comparison]
margin = "900%"
error_margin = "90pp"
"""


def test_the_gate_names_the_step_that_is_slower_than_the_controls(walked: Walked, tmp_path: Path) -> None:
    gate = tmp_path / "gate.toml"
    gate.write_text(GATE)
    release = judge_release([walked.path], gate_file=gate)
    assert release.exit_code == 1, release.text()
    failed = [one for one in release.verdict.entries if one.verdict == "FAIL"]
    assert [one.name for one in failed] == ["checkout.complete p50 against the control"], release.text()
    assert "the control's" in failed[0].sentence
    others = {one.verdict for one in release.verdict.of_kind("regression")} - {"FAIL"}
    assert others <= {"PASS", "ADVICE"}
    assert "checkout.complete" in release.comparison_text()
    assert "the candidate beside the control" in release.write_report().read_text()
