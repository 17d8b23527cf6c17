"""Can we freeze? One answer, three sentences, one chart: all that most readers of a report will read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from doorbuster.analysis.entries import Entry
from doorbuster.analysis.paired import TYPICAL
from doorbuster.analysis.ratios import Ratio, ratios_of, where_compared
from doorbuster.analysis.verdict import Verdict, ranked_entries
from doorbuster.analysis.wording import times
from doorbuster.vocabulary import Verdict as Word

ANSWER: Final[dict[Word, str]] = {
    "PASS": "Yes, by all that the gate asks.",
    "FAIL": "No.",
    "INCONCLUSIVE": "Not yet: something that the gate requires cannot be told.",
    "INVALID": "This run cannot say: it was no rehearsal.",
}
_NAMED: Final = 3


def three_sentences(verdict: Verdict, beside: Sequence[str]) -> tuple[str, str, str]:
    """What decided, what last year says, and what became of the promises. `beside`: names of last year's runs."""
    return _what_decided(verdict), _last_year(verdict, beside), _promises(verdict)


def leading_charts(verdict: Verdict) -> list[str]:
    """Names of charts that could stand on the first screen, the most telling first; not all of them are drawn."""
    if verdict.verdict == "INVALID":
        return ["arrivals"]
    telling = [entry for entry in ranked_entries(verdict.entries) if entry.verdict in ("FAIL", "INCONCLUSIVE")]
    named = [_chart_of(entry) for entry in telling[:1]]
    return [*named, "latency-checkout.complete", "latency-wallet.complete", "latency-native_checkout", "arrivals"]


def _chart_of(entry: Entry) -> str:
    if entry.kind == "promise":
        return "offences"
    subject = entry.name.split(" ", maxsplit=1)[0]
    return "outcomes" if "error_rate" in entry.name else f"latency-{subject}"


def _what_decided(verdict: Verdict) -> str:
    if not verdict.validity.valid:
        return _with_more(verdict.validity.reasons, "reason")
    failed = [entry.sentence for entry in ranked_entries(verdict.entries) if entry.verdict == "FAIL"]
    if failed:
        return _with_more(failed, "limit or promise", "is broken", "are broken")
    required = [entry for entry in verdict.entries if entry.required]
    untold = [entry.sentence for entry in required if entry.verdict == "INCONCLUSIVE"]
    if untold:
        return _with_more(untold, "requirement", "cannot be told", "cannot be told")
    limits = [entry for entry in verdict.entries if entry.kind != "promise" and entry.verdict == "PASS"]
    closest = max(limits, key=_closeness, default=None)
    if closest is None:
        return "The gate sets no limit that could be broken." if not required else "Everything required holds."
    return f"Every limit that is required holds; closest to its own is {closest.sentence}"


def _closeness(entry: Entry) -> float:
    """How much of its limit was used up: shares below nothing for what cannot be put so."""
    value, limit = entry.numbers.get("value"), entry.numbers.get("limit")
    return value / limit if value is not None and limit else -1.0


def _last_year(verdict: Verdict, beside: Sequence[str]) -> str:
    paired = verdict.comparison.paired
    if not beside and not paired:
        return "There is no run of last year beside it."
    comparison = verdict.comparison
    if not verdict.validity.valid:
        other = "the control" if paired else "last year"
        return f"Beside {other} nothing may be concluded: this was no rehearsal."
    if comparison.forbidden:
        return f"Beside last year nothing may be concluded: {comparison.forbidden}."
    if comparison.equal_load and comparison.equal_load.refused:
        return f"Beside last year nothing is judged: {comparison.equal_load.sentence}."
    metric, other = ("typical time", "the control") if paired else ("p95", "last year")
    steps = [one for one in ratios_of(comparison, TYPICAL if paired else metric) if one.kind == "step"]
    told = [one for one in steps if one.against != "untold"]
    if not told:
        return f"Beside {other} nothing can be told: no step was measured often enough on both sides."
    slower = sorted((one for one in told if one.against == "beyond"), key=lambda one: -one.ratio)
    parts = [f"{len(slower)} slower by more than allowed{_names(slower)}" if slower else "none slower beyond doubt"]
    parts += [
        f"{count} {words}"
        for kind, words in (("within", "within the limit"), ("open", "open"), ("unjudged", "not judged"))
        if (count := sum(one.against == kind for one in told))
    ]
    parts += [f"{len(steps) - len(told)} measured too rarely"] if len(told) < len(steps) else []
    return f"Of {len(steps)} steps, {metric} beside {other}{where_compared(comparison)}: {', '.join(parts)}."


def _names(ratios: Sequence[Ratio]) -> str:
    said = ", ".join(f"{one.name} {times(one.ratio)}" for one in ratios[:_NAMED])
    return f" ({said}{', ...' if len(ratios) > _NAMED else ''})"


def _promises(verdict: Verdict) -> str:
    promises = verdict.promises
    if not promises:
        return "No promise was checked: nobody read back the shop's books."
    if not verdict.validity.valid:
        return f"{len(promises)} promises were looked at, for information only."
    counted = {word: [one.name for one in promises if one.verdict == word] for word in ("FAIL", "PASS", "INCONCLUSIVE")}
    broken, untold = counted["FAIL"], counted["INCONCLUSIVE"]
    said = f"Of {len(promises)} promises {len(counted['PASS'])} are kept"
    said += f", {len(broken)} broken ({_listed(broken)})" if broken else ""
    return f"{said}{f', {len(untold)} cannot be told ({_listed(untold)})' if untold else ''}."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")


def _with_more(sentences: Iterable[str], what: str, one: str = "", many: str = "") -> str:
    first, *others = sentences
    if not others:
        return first
    plural = {"limit or promise": "limits or promises"}.get(what, f"{what}s")
    said = f"{len(others)} more {what if len(others) == 1 else plural}"
    return f"{first} ({' '.join(part for part in (said, one if len(others) == 1 else many) if part)})"
