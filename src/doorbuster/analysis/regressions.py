"""Is this release slower, or does it fail more often, than last year's by more than is fine?"""

from __future__ import annotations

import math
from typing import Final

from doorbuster.analysis.between_runs import LogRatio, share_difference
from doorbuster.analysis.entries import Entry, EntryVerdict
from doorbuster.analysis.estimates import Estimates, Sides
from doorbuster.analysis.gate_file import Regression
from doorbuster.analysis.intervals import Share, normal_deviate
from doorbuster.analysis.wording import more_data, nothing_of, percent, points, times

ALARM: Final = 0.05  # chance of any false FAIL over all declared regressions of a gate
PASS_CONFIDENCE: Final = 0.95


def judge_regression(regression: Regression, sides: Sides, declared: int, without: str, estimates: Estimates) -> Entry:
    """Judge one declared regression; `declared` is how many the gate has, which share the chance of a false alarm.

    With repeats: FAIL, PASS or INCONCLUSIVE. With one run a side: FAIL or ADVICE, because whole runs differ by more
    than the margins shops care for. With nothing to compare with (`without` says why): INCONCLUSIVE if required, else
    ADVICE.
    """
    if not sides.baselines:
        return _open(regression, f"{regression.name} cannot be compared: {without}")
    fail_confidence = 1 - ALARM / max(1, declared)
    if regression.metric == "error_rate":
        return _judge_errors(regression, sides, fail_confidence, estimates)
    ratio = estimates.ratio(sides, regression.selection, regression.metric)
    if ratio is None:
        return _open(regression, f"{regression.name} cannot be compared: {_missing(regression, sides, estimates)}")
    return _judge_latency(regression, sides, ratio, fail_confidence)


def _judge_latency(regression: Regression, sides: Sides, ratio: LogRatio, fail_confidence: float) -> Entry:
    limit = 1 + regression.allowance
    low, high = ratio.low(fail_confidence), ratio.high(PASS_CONFIDENCE)
    sentence = (
        f"{_subject(regression)} is {times(ratio.ratio)} last year's ({low:.2f} to {high:.2f}), limit {limit:.2f}"
    )
    distance = abs(math.log(limit) - ratio.change)
    factor = (math.log(high / ratio.ratio) / distance) ** 2 if distance else math.inf
    numbers = {"value": ratio.ratio, "low": low, "high": high, "limit": limit}
    return _decide(regression, sides.single_baseline, sentence, factor, numbers)


def _judge_errors(regression: Regression, sides: Sides, fail_confidence: float, estimates: Estimates) -> Entry:
    candidate = estimates.share_of(sides.candidates, regression.selection)
    baseline = estimates.share_of(sides.baselines, regression.selection)
    if not candidate.samples or not baseline.samples:
        return _open(regression, f"{regression.name} cannot be compared: {_missing(regression, sides, estimates)}")
    low, high = share_difference(candidate, baseline, normal_deviate(fail_confidence), normal_deviate(PASS_CONFIDENCE))
    difference = candidate.value - baseline.value
    limit = regression.allowance
    sentence = (
        f"{_subject(regression)} is {percent(candidate.value)} where last year's was {percent(baseline.value)}: "
        f"{points(difference)} ({low * 100:+.2f} to {high * 100:+.2f}), limit {points(limit)}"
    )
    factor = ((high - difference) / (limit - difference)) ** 2 if limit != difference else math.inf
    numbers = {"value": difference, "low": low, "high": high, "limit": limit}
    return _decide(regression, sides.single_baseline, sentence, factor, numbers)


def _decide(regression: Regression, single: bool, sentence: str, factor: float, numbers: dict[str, float]) -> Entry:
    """`factor`: how many times the runs would settle it."""
    beyond, within = numbers["low"] > numbers["limit"], numbers["high"] < numbers["limit"]
    verdict: EntryVerdict
    if beyond:
        verdict = "FAIL"
    elif single:
        verdict = "ADVICE"
        sentence += ": advice only, a single run of last year cannot pass it; repeat the runs"
    elif within:
        verdict = "PASS"
    else:
        verdict = "INCONCLUSIVE"
        sentence += f": cannot tell; {more_data(factor, 'runs')}"
    return Entry("regression", regression.name, verdict, regression.required, sentence, numbers)


def _open(regression: Regression, sentence: str) -> Entry:
    verdict: EntryVerdict = "INCONCLUSIVE" if regression.required else "ADVICE"
    return Entry("regression", regression.name, verdict, regression.required, sentence)


def _subject(regression: Regression) -> str:
    return f"{regression.selection.name} {regression.metric.replace('_', ' ')}"


def _missing(regression: Regression, sides: Sides, estimates: Estimates) -> str:
    """Which side has too little of what the entry asks for."""
    for runs, whose in ((sides.candidates, "this year"), (sides.baselines, "last year")):
        fewest = min((estimates.share(run, regression.selection) for run in runs), key=_samples)
        if not fewest.samples:
            return f"{nothing_of(regression.selection.name)} {whose}"
        if all(run.from_telemetry and run.latency["bucket_us"].isna().all() for run in runs):
            return f"the log of {whose} holds no request times"
    return f"too few {regression.selection.name} were measured for a {regression.metric}"


def _samples(share: Share) -> int:
    return share.samples
