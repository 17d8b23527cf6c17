"""The proof's own arithmetic: what counts as caught, as an alarm, as nothing, and what so many clean runs support."""

from __future__ import annotations

import sys

import pytest

from doorbuster.rehearsal.planning import plan_of
from doorbuster.staging.faults import list_faults
from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "bench"))
from proof import in_doubt, second_look
from proof_bugs import BESIDE, bugs, faults_of
from proof_page import Proof, at_most, page, verdict
from proof_run import MOST_SESSIONS, SCENARIO, Job, Told, amiss

OVERSOLD = "stock is never oversold"


def told(
    bug: str | None,
    seed: int,
    broken: dict[str, int] | None = None,
    unfinished: str | None = None,
    cannot_tell: dict[str, str] | None = None,
) -> Told:
    job = Job(bug, bugs()[bug] if bug else None, seed)
    return Told(
        job,
        unfinished,
        broken or {},
        dict.fromkeys(broken or {}, "so many units"),
        cannot_tell or {},
        40 + seed if broken else None,
        300,
        1.0,
    )


def proof(*runs: Told) -> Proof:
    return Proof(runs, "python bench/proof.py", "abc1234", 600.0)


def test_a_bug_may_be_missed_once_in_twenty() -> None:
    caught = [told("oversell", seed, {OVERSOLD: 3}) for seed in range(1, 20)]
    assert verdict(proof(*caught, told("oversell", 20)))[0]
    held, said = verdict(proof(*caught, told("oversell", 20), told("oversell", 21)))
    assert not held
    assert "oversell: missed with seed 20, 21" in said
    assert not verdict(proof(*caught[:2], told("oversell", 3)))[0]


def test_a_slice_looks_again_with_other_seeds_at_what_went_wrong_and_only_at_that() -> None:
    right = [told("oversell", 1, {OVERSOLD: 3}), told(None, 1001)]
    assert [one for one in right if in_doubt(one)] == []
    wrong = [told("double_order", 1), told(None, 1002, {OVERSOLD: 1})]
    assert all(map(in_doubt, wrong)) and in_doubt(told(None, 1003, unfinished="cut off"))
    jobs = second_look(wrong)
    assert [job.bug for job in jobs] == ["double_order"] * 2 + [None] * 3
    assert len({job.seed for job in jobs} - {1, 1001, 1002}) == 5


def test_another_promise_is_not_the_one_that_must_name_the_bug() -> None:
    other = told("oversell", 1, {"totals add up and agree": 2})
    assert not other.caught
    assert not verdict(proof(other))[0]
    assert "| 0 of 1 | - | - | totals add up and agree (1) |" in page(proof(other))


def test_a_clean_run_may_neither_alarm_nor_leave_a_promise_untold() -> None:
    assert verdict(proof(told(None, 1)))[0]
    alarm = proof(told(None, 1), told(None, 2, {OVERSOLD: 1}))
    assert not verdict(alarm)[0]
    assert "1 of 2 clean runs raised an alarm" in page(alarm)
    assert f"- seed 2, {OVERSOLD}: so many units" in page(alarm)
    untold = proof(told(None, 1, cannot_tell={OVERSOLD: f"{OVERSOLD}: cannot tell, why"}))
    assert not verdict(untold)[0]
    assert f"- seed 1: {OVERSOLD}: cannot tell, why" in page(untold)


def test_an_unfinished_run_is_neither_caught_nor_clean() -> None:
    runs = proof(
        told("oversell", 1, {OVERSOLD: 3}, unfinished="was cut off"), told("oversell", 2, {OVERSOLD: 5}),
        told(None, 3, unfinished="was cut off"), told(None, 4),
    )  # fmt: skip
    assert "| 1 of 1 | 5 | 42 | none |" in page(runs)
    assert "0 of 1 clean runs" in page(runs)
    assert "2 of 4 runs did not reach their end" in page(runs)
    assert not verdict(runs)[0]
    assert "No clean run reached its end." in page(proof(told(None, 3, unfinished="was cut off")))
    assert not verdict(proof(told("oversell", 1, {OVERSOLD: 3}, unfinished="was cut off")))[0]


def test_what_so_many_clean_runs_support() -> None:
    assert at_most(0, 100) == pytest.approx(0.0295, abs=5e-5)
    assert at_most(1, 100) == pytest.approx(0.0466, abs=5e-5)  # Clopper and Pearson's own kind of table
    assert at_most(5, 20) == pytest.approx(0.4556, abs=5e-5)
    assert at_most(3, 3) == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, None),
        ({"read_back": {"done": False, "why": "down"}}, "not read back: down"),
        ({"bugs": {"count": 1, "first": ["x"]}}, "a mistake of ours"),
        ({"conservation": {"planned": 300, "started": 299}}, "300 sessions planned, 299 started"),
        ({"conservation": {"planned": 301, "started": 301}}, "301 sessions planned"),
    ],
)  # fmt: skip
def test_a_run_that_counts_walked_all_its_sessions_and_was_read_back(
    changed: dict[str, object], says: str | None
) -> None:
    counts: dict[str, int] = {"planned": 300, "started": 300}
    run: dict[str, object] = {"read_back": {"done": True}, "bugs": {"count": 0}, "conservation": counts, **changed}
    sessions = [{"outcome": "ok", "last_step": "home"}] * (301 if "301" in (says or "") else 300)
    found = amiss(run, 0, sessions, 20.0)
    assert found is None if says is None else says in (found or "")
    assert "ended with 70" in (amiss(run, 70, sessions, 20.0) or "")


def test_only_who_looks_for_an_order_may_be_cut_off() -> None:
    run = {"read_back": {"done": True}, "bugs": {"count": 0}, "conservation": {"planned": 1, "started": 1}}
    assert amiss(run, 0, [{"outcome": "in_flight", "last_step": "order.read"}], 20.0) is None
    assert "cut off, the first at cart.add" in (
        amiss(run, 0, [{"outcome": "in_flight", "last_step": "cart.add"}], 20.0) or ""
    )


def test_a_run_on_a_machine_that_stands_still_counts_for_nothing() -> None:
    run = {"read_back": {"done": True}, "bugs": {"count": 0}, "conservation": {"planned": 1, "started": 1}}
    went_home = [{"outcome": "ok", "last_step": "home"}]
    assert amiss(run, 0, went_home, 249.0) is None
    assert "too crowded" in (amiss(run, 0, went_home, 251.0) or "")


def test_300_sessions_whatever_the_seed() -> None:
    for seed in (1, 20, 1001):
        assert plan_of(SCENARIO, seed=seed).due_us.size == MOST_SESSIONS


def test_what_is_on_beside_a_bug_wrongs_nobody_by_itself() -> None:
    known = {fault.name: fault.breaks for fault in list_faults()}
    for bug, beside in BESIDE.items():
        assert known[bug]
        assert {known[name] for name in beside.faults} == {""}
    assert faults_of("lost_events") == [{"name": "lost_events"}]
    assert faults_of("oversell") == [{"name": "oversell"}, {"name": "gateway_slow", "value": 400}]
    assert faults_of(None) == []
