"""A user gates a release: which verdict comes out, and what does it say?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic import Recipe, make_killed_run, make_run

from doorbuster.analysis import PromiseResult, Run, Verdict, judge, open_run, verdict_to_json
from doorbuster.analysis.gate_file import Gate
from doorbuster.analysis.headline import three_sentences
from doorbuster.analysis.noise import NoiseProfile
from doorbuster.analysis.spread import Spread
from doorbuster.record.directory import RunDirectory

BUSY = Recipe(sessions_per_s=15)
SLOW = replace(BUSY, seed=7, factor={"checkout.complete": 1.9})
CHECKOUT: dict[str, Any] = {"step": "checkout.complete", "metric": "p95", "max_ms": 320}
ERRORS: dict[str, Any] = {"step": "*", "metric": "error_rate", "max": 0.005}
SLOWER: dict[str, Any] = {"journey": "native_checkout", "metric": "p95", "worse_than_last_year": "10%"}

Make = Callable[[Recipe], Run]


@pytest.fixture
def made(tmp_path: Path) -> Make:
    count = iter(range(100))
    return lambda recipe: open_run(make_run(tmp_path / f"run-{next(count)}", recipe))


def gate(objective: list[dict[str, Any]] | None = None, **parts: Any) -> Gate:
    return Gate.model_validate({"objective": [CHECKOUT, ERRORS] if objective is None else objective, **parts})


def gated(run: Run, asked: Gate, *baselines: Run, promises: tuple[PromiseResult, ...] = ()) -> Verdict:
    return judge([run], baselines, [], asked, promises)


def test_a_fast_release_passes_and_says_by_how_much(made: Make) -> None:
    verdict = gated(made(BUSY), gate())
    assert (verdict.verdict, verdict.exit_code) == ("PASS", 0)
    assert "checkout.complete p95 is 2" in verdict.sentences[0]
    assert verdict.sentences[0].endswith("limit 320 ms")


def test_a_slow_checkout_fails_and_is_named_first(made: Make) -> None:
    verdict = gated(made(SLOW), gate())
    assert (verdict.verdict, verdict.exit_code) == ("FAIL", 1)
    assert verdict.sentences[0].startswith("checkout.complete p95 is 4")


def test_errors_beyond_the_limit_fail(made: Make) -> None:
    assert gated(made(replace(BUSY, error_share=0.03)), gate()).verdict == "FAIL"


def test_a_business_rejection_is_not_an_error(made: Make) -> None:
    verdict = gated(made(replace(BUSY, error_share=0.03, error_outcome="rejected")), gate())
    assert verdict.verdict == "PASS"


def test_a_number_on_the_limit_cannot_be_told_and_says_how_much_more_it_takes(made: Make) -> None:
    verdict = gated(made(BUSY), gate([{**CHECKOUT, "max_ms": 235}]))
    assert (verdict.verdict, verdict.exit_code) == ("INCONCLUSIVE", 3)
    assert "cannot tell" in verdict.sentences[0]
    assert "would settle it" in verdict.sentences[0] or "hardly settle it" in verdict.sentences[0]


def test_an_open_question_that_is_not_required_does_not_block(made: Make) -> None:
    asked = gate([{**CHECKOUT, "max_ms": 235, "required": False}, ERRORS])
    assert gated(made(BUSY), asked).verdict == "PASS"


def test_a_step_that_never_happened_cannot_be_told(made: Make) -> None:
    verdict = gated(made(replace(BUSY, journeys=("browse",))), gate([CHECKOUT]))
    assert verdict.verdict == "INCONCLUSIVE"
    assert "no checkout.complete was measured" in verdict.sentences[0]


def test_too_few_samples_cannot_be_told(made: Make) -> None:
    verdict = gated(made(BUSY), gate([{**CHECKOUT, "metric": "p99"}]))
    assert verdict.verdict == "INCONCLUSIVE"
    assert "it takes 300 in each run" in verdict.sentences[0]


def test_few_samples_that_are_nearly_all_too_slow_fail(made: Make) -> None:
    rare = replace(SLOW, sessions_per_s=2, factor={"checkout.complete": 5.0})
    verdict = gated(made(rare), gate([CHECKOUT]))
    assert verdict.verdict == "FAIL"
    assert "were slower" in verdict.sentences[0]


TWO_WORKERS = [
    {"worker": "w1", "lost": None, "generator": {"gc_pause_ms_max": 9.0}},
    {"worker": "w2", "lost": "fell silent (1.6 s)", "lost_at_us": 41_000_000, "generator": {"gc_pause_ms_max": 1900.0}},
]


def test_the_worker_that_was_lost_is_named(made: Make) -> None:
    validity = gated(made(replace(BUSY, info={"by_worker": TWO_WORKERS})), gate()).validity
    assert any("w2 fell silent (1.6 s) at 41 s" in reading.shown for reading in validity.numbers)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dropped": 30}, "over the in-flight limit, 0 with a lost worker)"),
        ({"late_ms": 400.0}, "lateness of shoppers' starts"),
        ({"complete": False, "stopped_because": "interrupted"}, "did not reach its end: interrupted"),
        ({"complete": False, "stopped_because": "recorder broke: disk full"}, "not to be trusted: recorder broke"),
        ({"error_share": 0.1, "error_outcome": "throttled"}, "steps turned away by rate limits"),
        ({"info": {"generator": {"loop_stall_ms_p99": 900.0}}}, "event-loop stalls (p99): 900 ms"),
        ({"info": {"generator": {"cpu_share_p95": 0.99}}}, "processor use (p95, of one core): 99 %"),
        ({"info": {"generator": {"gc_pause_ms_max": 1900.0}}}, "garbage collection (longest pause): 1.90 s"),
        ({"info": {"generator": {"descriptors_share": 0.97}}}, "open files and sockets (of the limit): 97 %"),
        ({"info": {"generator": {"ports_share": 0.95}}}, "ephemeral ports in use: 95 %"),
        ({"info": {"generator": {"memory_mb_max": 3000.0}}}, "memory (peak): 3000 MB"),
        ({"info": {"generator": {"clock_error_ms": 30.0}}}, "clocks against the master's: 30 ms"),
        (
            {"info": {"by_worker": TWO_WORKERS}},
            "(longest pause), worst of 2 workers: w2: 1.90 s, allowed: at most 1.00 s",
        ),
        ({"info": {"bugs": {"count": 3, "first": ["home: KeyError"]}}}, "a mistake in our own code"),
        ({"info": {"conservation": {}}}, "kept no books"),
        ({"sessions_per_s": 0.0}, "shoppers planned after the warm-up: 0"),
    ],
)
def test_what_was_no_rehearsal_is_invalid_even_when_the_shop_was_slow(
    made: Make, change: dict[str, Any], said: str
) -> None:
    verdict = gated(made(replace(SLOW, **change)), gate())
    assert (verdict.verdict, verdict.exit_code) == ("INVALID", 4)
    assert any(said in reason for reason in verdict.validity.reasons)
    assert {entry.verdict for entry in verdict.entries} == {"INVALID"}


@pytest.mark.parametrize("key", ["planned", "started", "finished", "not_reached", "dropped_limit"])
def test_books_that_are_off_by_one_are_invalid(tmp_path: Path, key: str) -> None:
    directory = RunDirectory(make_run(tmp_path / "run", BUSY))
    counts = directory.read_run()["conservation"]
    directory.update_run(conservation={**counts, key: counts[key] + 1})
    assert gated(open_run(directory.path), gate()).verdict == "INVALID"


def test_a_lost_row_of_the_sessions_table_is_noticed(tmp_path: Path) -> None:
    path = make_run(tmp_path / "run", BUSY)
    RunDirectory(path).write_rows("sessions", [{"session": -1, "due_us": 0, "outcome": "ok"}], part="extra")
    assert any("sessions table" in reason for reason in gated(open_run(path), gate()).validity.reasons)


def test_a_killed_run_is_readable_and_invalid(tmp_path: Path) -> None:
    verdict = gated(open_run(make_killed_run(tmp_path / "run")), gate())
    assert verdict.verdict == "INVALID"
    assert "killed" in verdict.validity.reasons[0]


def test_a_run_killed_before_its_first_table_is_invalid(tmp_path: Path) -> None:
    full = make_run(tmp_path / "full")
    bare = RunDirectory(tmp_path / "bare")
    bare.path.mkdir()
    info = {**RunDirectory(full).read_run(), "id": "bare", "complete": False, "stopped_because": "prepared"}
    bare.write_run({key: value for key, value in info.items() if key not in ("conservation", "sessions", "generator")})
    assert gated(open_run(bare.path), gate(), open_run(full)).verdict == "INVALID"


def test_one_run_against_one_run_only_advises(made: Make) -> None:
    verdict = gated(made(BUSY), gate(regression=[SLOWER]), made(replace(BUSY, seed=2)))
    assert verdict.verdict == "PASS"
    (advice,) = verdict.of_kind("regression")
    assert advice.verdict == "ADVICE"
    assert "advice only" in advice.sentence


def test_a_required_regression_that_one_run_a_side_cannot_tell_keeps_a_release_from_passing(made: Make) -> None:
    verdict = gated(made(BUSY), gate(regression=[{**SLOWER, "required": True}]), made(replace(BUSY, seed=2)))
    assert verdict.verdict == "INCONCLUSIVE"
    (entry,) = verdict.of_kind("regression")
    assert entry.verdict == "INCONCLUSIVE"
    assert "cannot tell, because no repeat says" in entry.sentence
    assert "advice" not in entry.sentence


def test_repeats_that_know_nothing_of_a_quantile_let_nothing_pass_by_it(made: Make) -> None:
    ours, theirs = made(BUSY), made(replace(BUSY, seed=2))
    steady = Spread(4, *(np.full((1, 1), 0.0002),) * 2, np.full(1, 0.0002))
    generous = gate(regression=[{**SLOWER, "worse_than_last_year": "100%"}])
    other_metric = NoiseProfile(("native_checkout",), ("p50",), steady, 5)
    (entry,) = judge([ours], [theirs], [], generous, noise=other_metric).of_kind("regression")
    assert entry.verdict == "ADVICE"
    told = judge([ours], [theirs], [], generous, noise=other_metric).comparison.judged
    assert {one.verdict for one in told if one.metric == "p99"} <= {"ADVICE", ""}


def test_one_rare_step_alone_is_no_slower_shop(made: Make) -> None:
    """With one step in common the whole shop is that step, and no surer than it: chance within a run counts too."""
    rare = Recipe(seconds=120, sessions_per_s=30, journeys=("express_wallet",), shares={"express_wallet": 0.1})
    runs = [made(replace(rare, seed=seed)) for seed in (1, 2)]
    for one, slow in zip(runs, (1.6, 1.0), strict=True):
        rows = one.latency[one.latency["step"] == "wallet.complete"].reset_index(drop=True)
        # A tail that comes in one burst: p99 of a run rests on a few seconds.
        burst = (rows["second"] % 60 < 3) & (rows["second"] > 30)
        rows.loc[burst, "bucket_us"] = rows.loc[burst, "bucket_us"] * (4 * slow)
        one.__dict__["latency"] = rows
    comparison = judge([runs[0]], [runs[1]], [], gate([ERRORS])).comparison
    changes = {one.selection.name: one for one in comparison.judged if one.metric == "p99"}
    shop, step = changes["all steps"], changes["wallet.complete"]
    assert shop.size == pytest.approx(step.size)
    assert shop.high / shop.low >= 0.85 * step.high / step.low


def test_one_run_against_one_run_can_still_fail(made: Make) -> None:
    asked = gate([ERRORS], regression=[SLOWER])
    verdict = gated(made(SLOW), asked, made(replace(BUSY, seed=2)))
    assert verdict.verdict == "FAIL"
    assert "last year's" in verdict.sentences[0]
    assert verdict.sentences[0].endswith("limit 1.10")


def test_repeats_that_cannot_tell_keep_a_required_regression_from_passing(made: Make) -> None:
    runs = [made(replace(BUSY, seed=seed)) for seed in (1, 2, 3, 4)]
    required = gate(regression=[{**SLOWER, "required": True}])
    assert judge(runs[:2], runs[2:], [], required).verdict == "INCONCLUSIVE"
    optional = gate(regression=[SLOWER])
    assert judge(runs[:2], runs[2:], [], optional).verdict == "PASS"


def test_enough_repeats_pass_a_generous_regression(made: Make) -> None:
    runs = [made(replace(BUSY, seed=seed)) for seed in range(1, 7)]
    verdict = judge(runs[:3], runs[3:], [], gate(regression=[{**SLOWER, "worse_than_last_year": "40%"}]))
    assert verdict.of_kind("regression")[0].verdict == "PASS"


def test_one_run_against_one_run_says_what_it_could_not_see_and_what_would_settle_it(made: Make) -> None:
    verdict = gated(made(BUSY), gate(regression=[SLOWER]), made(replace(BUSY, seed=2)))
    sentence = verdict.of_kind("regression")[0].sentence
    assert "would have gone unseen" in sentence
    assert "runs on each side would settle it" in sentence


@pytest.mark.parametrize("many", [False, True])
def test_a_slow_step_that_nobody_declared_fails_once_and_is_named(made: Make, many: bool) -> None:
    slow = made(replace(BUSY, seed=7, factor={"checkout.complete": 1.9}))
    theirs = [made(replace(BUSY, seed=seed)) for seed in ((2, 3, 4) if many else (2,))]
    verdict = judge([slow], theirs, [], gate([ERRORS]))
    failed = [entry.name for entry in verdict.of_kind("regression") if entry.verdict == "FAIL"]
    assert verdict.verdict == "FAIL"
    assert sum(name.startswith("checkout.complete") for name in failed) == 1
    assert not any(name.startswith("all steps") for name in failed)
    (sentence,) = (one for one in verdict.sentences if one.startswith("checkout.complete"))
    assert "last year's (" in sentence
    assert "limit 1.10" in sentence


def test_a_shop_that_is_slower_as_a_whole_is_said_once(made: Make) -> None:
    verdict = gated(made(replace(BUSY, seed=7, factor={"*": 2.2})), gate([ERRORS]), made(replace(BUSY, seed=2)))
    (entry,) = (entry for entry in verdict.of_kind("regression") if entry.verdict == "FAIL")
    assert entry.name.startswith("all steps")
    assert "slower along with it" in entry.sentence


def test_a_margin_of_its_own_is_kept_and_the_others_have_the_common_one(made: Make) -> None:
    own = {"step": "checkout.complete", "metric": "p95", "worse_than_last_year": "150%"}
    asked = gate([ERRORS], regression=[own], comparison={"margin": "20%"})
    verdict = gated(made(SLOW), asked, made(replace(BUSY, seed=2)))
    margins = verdict.comparison.table.set_index(["name", "metric"])["margin"]
    assert margins["checkout.complete", "p95"] == 1.5
    assert margins["checkout.complete", "p50"] == margins["all steps", "p95"] == 0.2
    assert verdict.of_kind("regression")[0].verdict == "ADVICE"


def test_the_whole_shop_may_be_declared(made: Make) -> None:
    whole = {"step": "*", "metric": "p90", "worse_than_last_year": "40%"}
    runs = [made(replace(BUSY, seed=seed)) for seed in range(1, 7)]
    verdict = judge(runs[:3], runs[3:], [], gate(regression=[whole]))
    (entry,) = verdict.of_kind("regression")
    assert (entry.verdict, entry.name) == ("PASS", "all steps p90 against last year")


def test_a_step_that_fails_more_often_is_found_though_nobody_declared_it(made: Make) -> None:
    runs = [made(replace(BUSY, seed=seed)) for seed in (2, 3, 4)]
    failing = made(replace(BUSY, seed=7, error_share=0.1, error_step="cart.add"))
    verdict = judge([failing], runs, [], gate([CHECKOUT]))
    (failed,) = (entry for entry in verdict.of_kind("regression") if entry.verdict == "FAIL")
    assert failed.name == "error rates against last year"
    assert failed.sentence.startswith("cart.add error rate is ")


def test_a_noise_profile_lets_one_run_against_one_run_pass(made: Make) -> None:
    ours, theirs = made(BUSY), made(replace(BUSY, seed=2))
    steady = Spread(4, *(np.full((1, 1), 0.0002),) * 2, np.full(1, 0.0002))
    noise = NoiseProfile(("native_checkout",), ("p95",), steady, 5)
    generous = gate(regression=[{**SLOWER, "worse_than_last_year": "60%"}])
    assert judge([ours], [theirs], [], generous).of_kind("regression")[0].verdict == "ADVICE"
    assert judge([ours], [theirs], [], generous, noise=noise).of_kind("regression")[0].verdict == "PASS"


def test_an_invalid_baseline_is_said_and_not_compared_with(made: Make) -> None:
    verdict = gated(made(SLOW), gate([ERRORS], regression=[SLOWER]), made(replace(BUSY, complete=False)))
    assert verdict.of_kind("regression")[0].verdict == "ADVICE"
    assert any("was no rehearsal" in warning for warning in verdict.warnings)


def test_of_a_run_that_was_no_rehearsal_no_line_of_the_comparison_is_a_result(made: Make) -> None:
    verdict = gated(made(replace(SLOW, complete=False)), gate([ERRORS]), made(replace(BUSY, seed=2)))
    assert verdict.verdict == "INVALID"
    assert {row["verdict"] for row in json.loads(verdict_to_json(verdict))["comparisons"]} == {""}
    assert three_sentences(verdict, ["last"])[1] == "Beside last year nothing may be concluded: this was no rehearsal."


def test_a_required_regression_without_any_baseline_cannot_be_told(made: Make) -> None:
    verdict = gated(made(BUSY), gate(regression=[{**SLOWER, "required": True}]))
    assert verdict.verdict == "INCONCLUSIVE"
    assert "no run of last year was given" in verdict.sentences[0]


def test_more_errors_than_last_year_fail_in_percentage_points(made: Make) -> None:
    more = {"step": "*", "metric": "error_rate", "worse_than_last_year": "0.2pp"}
    run = made(replace(BUSY, error_share=0.02))
    verdict = gated(run, gate([CHECKOUT], regression=[more]), made(replace(BUSY, seed=2)))
    assert verdict.verdict == "FAIL"
    assert "percentage points" in verdict.sentences[0]


@pytest.mark.parametrize(("word", "expected"), [("PASS", "PASS"), ("FAIL", "FAIL"), ("INCONCLUSIVE", "INCONCLUSIVE")])
def test_promises_count(made: Make, word: Any, expected: str) -> None:
    promise = PromiseResult("no oversell", word, "stock was checked", {"checked": 3.0})
    assert gated(made(BUSY), gate(), promises=(promise,)).verdict == expected


def test_failing_outranks_not_being_able_to_tell(made: Make) -> None:
    promise = PromiseResult("one charge", "INCONCLUSIVE", "the gateway could not be asked")
    verdict = gated(made(SLOW), gate(), promises=(promise,))
    assert verdict.verdict == "FAIL"
    assert "gateway could not be asked" in verdict.sentences[1]


def test_differences_between_the_sides_are_said(made: Make) -> None:
    other = made(replace(BUSY, seed=2, sessions_per_s=8, journeys=("browse", "cart"), info={"platform": "magento"}))
    warnings = " ".join(gated(made(BUSY), gate(), other).warnings)
    for said in ("planned load differs", "platform differs", "checkout.complete was measured this year only"):
        assert said in warnings


def test_the_same_directory_gives_the_same_verdict_to_the_byte(made: Make, tmp_path: Path) -> None:
    run, last_year = made(BUSY), made(replace(BUSY, seed=2))
    asked = gate(regression=[SLOWER])
    again = judge([open_run(run.directory.path)], [open_run(last_year.directory.path)], [], asked)
    assert verdict_to_json(gated(run, asked, last_year)) == verdict_to_json(again)


def test_verdict_json_holds_numbers_and_no_nan(made: Make) -> None:
    written = verdict_to_json(gated(made(BUSY), gate(regression=[SLOWER]), made(replace(BUSY, seed=2))))
    content = json.loads(written, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert content["exit_code"] == 0
    assert content["objectives"][0]["numbers"]["limit"] == 320
    assert {row["metric"] for row in content["comparisons"]} == {"p50", "p95", "p99", "error_rate"}
