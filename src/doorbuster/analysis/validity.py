"""Was this a rehearsal at all? A run judges itself before it judges the shop."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from doorbuster.analysis.books import book_mistakes
from doorbuster.analysis.gate_file import ValidityRules
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection, chosen_rows
from doorbuster.analysis.wording import NOT_MEASURED, clock_text, milliseconds, percent, whole

MOST_SCRIPT_ERRORS: Final = 0.01
"""Exceptions of another tool's script to an answer; more than that, and its shoppers did not walk to the end."""


@dataclass(frozen=True)
class Reading:
    """One number of the run's own health, shown even when it is fine."""

    name: str
    value: float
    """nan where it was not measured."""
    shown: str
    limit: str
    fine: bool


@dataclass(frozen=True)
class Validity:
    """Whether the run was a rehearsal; if not, why, in sentences."""

    valid: bool
    reasons: tuple[str, ...]
    numbers: tuple[Reading, ...]


def judge_validity(run: Run, rules: ValidityRules) -> Validity:
    """Judge one run by its own books and by the generator's health, warm-up left out where a table knows seconds."""
    if run.from_telemetry:
        return Validity(
            False, (f"it was made from {_source(run)}, and can only be the side that is compared with",), ()
        )
    reasons = [*_completeness(run), *_own_bugs(run), *book_mistakes(run)]
    readings = [*_arrivals(run, rules), *_generator(run, rules)]
    if run.control is not None:
        # A control that was not walked as planned is nothing to be compared with, and it is the same generator's.
        readings += [replace(one, name=f"the control: {one.name}") for one in _arrivals(run.control, rules)]
    reasons += [
        f"{reading.name}: {reading.shown}, allowed: {reading.limit}" for reading in readings if not reading.fine
    ]
    return Validity(not reasons, tuple(reasons), tuple(readings))


def judge_last_year(run: Run, rules: ValidityRules) -> Validity:
    """Whether a run can stand for last year: a rehearsal of ours, or telemetry with any answer in it."""
    if not run.from_telemetry:
        return judge_validity(run, rules)
    steps = int(chosen_rows(run, Selection(), "response")["count"].sum())
    if run.other_tool is not None:
        return _other_tools(run, run.other_tool, steps)
    reading = Reading("answers in the log", steps, whole(steps), "at least 1", steps > 0)
    return Validity(reading.fine, () if reading.fine else ("its log holds no answer",), (reading,))


def _other_tools(run: Run, tool: str, steps: int) -> Validity:
    """Figures over a whole run are no samples; and where a script broke, few requests fail because few are made."""
    telemetry = run.info["telemetry"]
    broke, first = int(telemetry.get("script_errors") or 0), telemetry.get("script_errors_first") or []
    most = steps * MOST_SCRIPT_ERRORS
    readings = (
        Reading(f"answers in {tool}'s files", steps, whole(steps), "at least 1", steps > 0),
        Reading(f"exceptions of {tool}'s script", broke, whole(broke), f"at most {whole(int(most))}", broke <= most),
    )
    reasons = []
    if not steps:
        reasons.append(f"{tool}'s files hold figures over many requests and no samples: they are drawn, never compared")
    elif not readings[1].fine:
        said = f', most often "{first[0]["message"]}"' if first else ""
        reasons.append(f"its script broke {whole(broke)} times beside {whole(steps)} answers{said}: shoppers broke off")
    return Validity(not reasons, tuple(reasons), readings)


def _source(run: Run) -> str:
    return f"{run.other_tool}'s result files" if run.other_tool else "last year's logs"


def _completeness(run: Run) -> list[str]:
    because = str(run.info.get("stopped_because") or "nobody noted why")
    complete = run.info.get("complete") is True
    if because.startswith("recorder broke"):
        return [f"the record is not to be trusted: {because}"]
    if complete:
        unclosed = run.info.get("closed", True) is not True
        return ["the run was cut off while the shop's books were read back"] if unclosed else []
    if because in ("prepared", "running"):
        return ["the run was killed, or is still going: it never noted its end"]
    return [f"the run did not reach its end: {because}"]


def _own_bugs(run: Run) -> list[str]:
    """Exceptions in our own shoppers: whatever the shop did then, it was not measured."""
    bugs = run.info.get("bugs")
    if not isinstance(bugs, dict) or not bugs.get("count"):
        return []
    first = next(iter(bugs.get("first") or ()), "not noted")
    return [f"{whole(bugs['count'])} shoppers met a mistake in our own code, not the shop's; the first: {first}"]


def _arrivals(run: Run, rules: ValidityRules) -> list[Reading]:
    arrivals = run.arrivals[run.arrivals["second"] >= run.warm_up_s]
    sessions = run.sessions[run.sessions["due_us"] >= run.warm_up_s * 1e6]
    planned, started = int(arrivals["planned"].sum()), len(sessions)
    late_ms = (sessions["started_us"] - sessions["due_us"]).dropna().to_numpy(dtype=float) / 1000
    late_p99_ms = float(np.quantile(late_ms, 0.99)) if len(late_ms) else math.nan
    by_limit, by_worker = int(arrivals["dropped_limit"].sum()), int(arrivals["dropped_worker_lost"].sum())
    dropped = by_limit + by_worker
    why = f" ({whole(by_limit)} over the in-flight limit, {whole(by_worker)} with a lost worker)" if dropped else ""
    steps = int(chosen_rows(run, Selection(), "response")["count"].sum())
    lost = int((sessions["outcome"] == "lost").sum())
    cut_off = int((sessions["outcome"] == "in_flight").sum())
    return [
        Reading("shoppers planned after the warm-up", planned, whole(planned), "at least 1", planned > 0),
        Reading("shoppers started after the warm-up", started, whole(started), "at least 1", started > 0),
        Reading("steps measured after the warm-up", steps, whole(steps), "at least 1", steps > 0),
        _limited(
            "lateness of shoppers' starts (p99)", late_p99_ms, milliseconds, rules.late_p99_ms, needed=started > 0
        ),
        Reading("arrivals dropped", dropped, whole(dropped) + why, _at_most(rules.dropped), dropped <= rules.dropped),
        Reading(
            "sessions lost with a worker",
            lost,
            whole(lost) + _who_was_lost(run),
            _at_most(rules.lost),
            lost <= rules.lost,
        ),
        Reading(
            "shoppers still inside when the drain time was over",
            cut_off,
            whole(cut_off) + ("; raise limits.drain_s" if cut_off else ""),
            _at_most(rules.in_flight),
            cut_off <= rules.in_flight,
        ),
        _throttling(run, rules),
    ]


def _who_was_lost(run: Run) -> str:
    """E.g. ` (w2 fell silent (1.6 s) at 0:41)`."""
    gone = [
        f"{worker['worker']} {worker['lost']} at {clock_text(worker['lost_at_us'] / 1e6)}"
        for worker in run.info.get("by_worker") or ()
        if worker.get("lost")
    ]
    return f" ({'; '.join(gone)})" if gone else ""


def _throttling(run: Run, rules: ValidityRules) -> Reading:
    rows = chosen_rows(run, Selection(), "response")
    steps = int(rows["count"].sum())
    throttled = int(rows.loc[rows["outcome"] == "throttled", "count"].sum())
    share = throttled / steps if steps else math.nan
    return _limited("steps turned away by rate limits", share, percent, rules.throttled_share)


def _generator(run: Run, rules: ValidityRules) -> list[Reading]:
    """The generator's own health; of several workers the worst counts, and is named."""
    ours = "workers" in run.info  # nothing is needed of a run that noted no generator
    return [
        _worst(run, "loop_stall_ms_p99", "generator event-loop stalls (p99)", milliseconds, rules.loop_stall_ms, ours),
        _worst(run, "loop_stall_ms_max", "generator event-loop stalls (longest)", milliseconds),
        _worst(run, "cpu_share_p95", "generator processor use (p95, of one core)", percent, rules.cpu_share, ours),
        _worst(run, "gc_pause_ms_max", "generator garbage collection (longest pause)", milliseconds, rules.gc_pause_ms),
        _worst(
            run,
            "descriptors_share",
            "generator open files and sockets (of the limit)",
            percent,
            rules.descriptors_share,
        ),
        _worst(run, "ports_share", "generator ephemeral ports in use", percent, rules.ports_share),
        _worst(run, "memory_mb_max", "generator memory (peak)", _megabytes, rules.memory_mb),
        _worst(run, "clock_error_ms", "workers' clocks against the master's", milliseconds, rules.clock_error_ms),
    ]


def _worst(
    run: Run, key: str, name: str, show: Callable[[float], str], limit: float | None = None, needed: bool = False
) -> Reading:
    entries = run.info.get("by_worker") or [{"worker": "", "generator": run.info.get("generator")}]
    figures = {
        str(entry.get("worker")): float(entry["generator"][key])
        for entry in entries
        if isinstance(entry.get("generator"), dict) and isinstance(entry["generator"].get(key), int | float)
    }
    worst = max(figures, key=figures.__getitem__, default=None)
    value = math.nan if worst is None else figures[worst]
    if len(figures) > 1:
        name += f", worst of {len(figures)} workers: {worst}"
    return _informative(name, value, show) if limit is None else _limited(name, value, show, limit, needed)


def _megabytes(megabytes: float) -> str:
    return f"{megabytes:.0f} MB"


def _limited(name: str, value: float, show: Callable[[float], str], limit: float, needed: bool = False) -> Reading:
    fine = not needed if math.isnan(value) else value <= limit
    return Reading(name, value, NOT_MEASURED if math.isnan(value) else show(value), f"at most {show(limit)}", fine)


def _informative(name: str, value: float, show: Callable[[float], str]) -> Reading:
    return Reading(name, value, NOT_MEASURED if math.isnan(value) else show(value), "for information", True)


def _at_most(count: int) -> str:
    return "none" if count == 0 else f"at most {whole(count)}"
