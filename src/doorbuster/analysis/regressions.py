"""Is this release slower, or does it fail more often, than last year's by more than is fine? In sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from doorbuster.analysis.change import Change
from doorbuster.analysis.compare import Comparison
from doorbuster.analysis.entries import Entry, EntryVerdict
from doorbuster.analysis.estimates import Estimates, Sides
from doorbuster.analysis.gate_file import Regression
from doorbuster.analysis.measure import Selection
from doorbuster.analysis.shares import Share
from doorbuster.analysis.wording import nothing_of, percent, points, times

_MOST_RUNS: Final = 50  # beyond it "repeat the runs" is no advice


def judge_regression(
    regression: Regression, comparison: Comparison, sides: Sides, without: str, estimates: Estimates
) -> Entry:
    """Judge one declared regression.

    FAIL, PASS or INCONCLUSIVE where repeats (or a noise profile) say how far runs lie apart by chance; else FAIL, or
    what it is with nothing to compare with (`without` says why): INCONCLUSIVE if required, else ADVICE.
    """
    if not sides.baselines or comparison.forbidden:
        return _open(regression, f"{regression.name} cannot be compared: {comparison.forbidden or without}")
    change = comparison.of(regression.selection, regression.metric)
    if change is None or not change.verdict:
        return _open(regression, f"{regression.name} cannot be compared: {_missing(regression, sides, estimates)}")
    sentence = change_sentence(change)
    if change.selection == Selection() and change.verdict == "FAIL" and not change.is_errors:
        sentence += _along_words(len(along_with_shop(comparison, change.metric)))
    elif change.verdict == "PASS":
        # The interval shown has two ends at 95 %; what passes is asked about its upper end alone.
        sentence += ": within it" if change.high < change.limit else ": within it, as sure as the gate asks of one end"
    elif change.verdict == "INCONCLUSIVE":
        sentence += f": cannot tell; {_more_runs(change)}"
    elif change.verdict == "ADVICE":
        sentence += f": {'cannot tell' if regression.required else 'advice only'}, {_advice(change)}"
        return _open(regression, sentence, numbers_of(change))
    return Entry("regression", regression.name, change.verdict, regression.required, sentence, numbers_of(change))


def undeclared(comparison: Comparison, declared: Sequence[Regression]) -> list[Entry]:
    """What nobody declared and is worse all the same: an entry for each slower step, and one for all error rates.

    Where the whole shop is slower, steps that are so with it are counted and not listed. Error rates that rose beyond
    chance, but by less than their limits, are advice.
    """
    known = {(one.selection, one.metric) for one in declared}
    told_there = {one.metric for one in declared if one.selection == Selection()}
    changes = [one for one in comparison.judged if (one.selection, one.metric) not in known]
    failed = [one for one in changes if one.verdict == "FAIL" and not one.is_errors]
    shop_wide = {one.metric for one in comparison.judged if one.verdict == "FAIL" and one.selection == Selection()}
    slower: dict[Selection, list[Change]] = {}
    along: set[Selection] = set()
    for one in failed:
        if one.metric in shop_wide and one.selection != Selection() and math.isnan(one.at_least_beside_the_rest):
            if one.metric not in told_there:
                along.add(one.selection)
        else:
            slower.setdefault(one.selection, []).append(one)
    along -= slower.keys()
    entries = [_slower(each, len(along) if selection == Selection() else 0) for selection, each in slower.items()]
    return [*entries, *_error_entries([one for one in changes if one.is_errors])]


def along_with_shop(comparison: Comparison, metric: str) -> set[Selection]:
    """Steps and journeys that are slower by this metric, and not beside the rest of the shop."""
    return {
        one.selection
        for one in comparison.judged
        if one.metric == metric
        and one.verdict == "FAIL"
        and one.selection != Selection()
        and math.isnan(one.at_least_beside_the_rest)
    }


def _along_words(along: int) -> str:
    return f"; {along} steps and journeys are slower along with it" if along else ""


def _slower(changes: Sequence[Change], along: int) -> Entry:
    """One entry for the quantiles of one step; the one that is furthest beyond its limit leads."""
    first, *others = sorted(changes, key=lambda one: one.low / one.limit, reverse=True)
    sentence = change_sentence(first)
    if others:
        sentence += f" ({', '.join(f'{one.metric} {times(one.size)}' for one in others)} as well)"
    sentence += _along_words(along)
    return Entry("regression", f"{first.selection.name} against last year", "FAIL", False, sentence, numbers_of(first))


def _error_entries(changes: Sequence[Change]) -> list[Entry]:
    failed = [one for one in changes if one.verdict == "FAIL"]
    risen = [one for one in changes if one.beyond_chance and one.verdict != "FAIL"]
    entries = []
    verdict: EntryVerdict
    for verdict, name, these, tail in (
        ("FAIL", "error rates", failed, ""),
        ("ADVICE", "rising error rates", risen, ": a rise beyond chance, but not surely beyond the limit"),
    ):
        if these:
            first, *others = sorted(these, key=lambda one: one.low - one.limit, reverse=True)
            also = f"; the same of {', '.join(one.selection.name for one in others)}" if others else ""
            sentence = change_sentence(first) + tail + also
            entries.append(
                Entry("regression", f"{name} against last year", verdict, False, sentence, numbers_of(first))
            )
    return entries


def change_sentence(change: Change) -> str:
    """E.g. `checkout.complete p95 is 1.18x last year's (1.12 to 1.24), limit 1.10`."""
    about = subject(change) + (" at equal load" if change.at_equal_load else "")
    if change.is_errors:
        return (
            f"{about} is {percent(change.candidate)} where last year's was {percent(change.baseline)}: "
            f"{points(change.size)} ({change.low * 100:+.2f} to {change.high * 100:+.2f}), limit {points(change.limit)}"
        )
    sentence = (
        f"{about} is {times(change.size)} last year's ({change.low:.2f} to {change.high:.2f}), limit {change.limit:.2f}"
    )
    if change.at_least_beside_the_rest > 1 and change.low <= change.limit:
        sentence += f"; at least {times(change.at_least_beside_the_rest)} beside the rest of the shop"
    return sentence


def subject(change: Change) -> str:
    """E.g. `checkout.complete p95`."""
    return f"{change.selection.name} {change.metric.replace('_', ' ')}"


def numbers_of(change: Change) -> dict[str, float]:
    return {"value": change.size, "low": change.low, "high": change.high, "limit": change.limit}


def _advice(change: Change) -> str:
    """What one run a side cannot tell, what it could have seen, and what would settle it."""
    seen = points(change.smallest_seen) if change.is_errors else times(change.smallest_seen)
    return (
        f"because no repeat says how far runs of one shop lie apart; a change of less than {seen} "
        f"would have gone unseen; if nothing changed, {_more_runs(change)}"
    )


def _more_runs(change: Change) -> str:
    if change.runs_to_settle > _MOST_RUNS:
        return "it sits so close to the limit that more runs will hardly settle it"
    return f"about {max(2, round(change.runs_to_settle))} runs on each side would settle it"


def _open(regression: Regression, sentence: str, numbers: Mapping[str, float] | None = None) -> Entry:
    """What is required and cannot be told keeps a release from passing, however it comes that it cannot."""
    verdict: EntryVerdict = "INCONCLUSIVE" if regression.required else "ADVICE"
    return Entry("regression", regression.name, verdict, regression.required, sentence, numbers or {})


def _missing(regression: Regression, sides: Sides, estimates: Estimates) -> str:
    """Which side has too little of what the entry asks for."""
    for runs, whose in ((sides.candidates, "this year"), (sides.baselines, "last year")):
        fewest = min((estimates.share(run, regression.selection) for run in runs), key=_samples)
        if not fewest.samples:
            return f"{nothing_of(regression.selection.name)} {whose}"
        if all(run.from_telemetry and run.latency["bucket_us"].isna().all() for run in runs):
            tools = {run.other_tool for run in runs if run.other_tool}
            if tools:
                return f"{' and '.join(sorted(tools))}'s files of {whose} hold figures, and no request's own time"
            return f"the log of {whose} holds no request times"
    return f"too few {regression.selection.name} were measured for a {regression.metric}"


def _samples(share: Share) -> int:
    return share.samples
