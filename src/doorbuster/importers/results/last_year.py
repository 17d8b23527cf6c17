"""analysis/baselines/NAME/: another tool's results as a run directory, with what they lack marked as absent.

Times go onto the service clock alone, because every tool measures from sending; on the response clock the same answers
stand without a time, so that they count in error rates and in no latency. Figures that a tool summed up go into a table
of their own, which nothing compares.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from doorbuster.importers.results.importer import Results
from doorbuster.importers.results.steps import NOT_TOLD, Mapped, journey_of
from doorbuster.importers.results.steps_file import StepsFile
from doorbuster.importers.results.tally import BASES, NO_BUCKET, SERVER, Name
from doorbuster.record.directory import FORMAT_VERSION, RunDirectory
from doorbuster.record.histogram import BOUNDS_US
from doorbuster.record.tables import SUMMARIES
from doorbuster.vocabulary import MONEY_STEPS, OUTCOMES, STEPS

_PART: Final = "000000"
_ALWAYS_ABSENT: Final = ("facts", "catalogue", "conservation", "generator", "lateness of arrivals", "planned arrivals")
_MOST_LISTED: Final = 100


def write_last_year(results: Results, name: str, steps: StepsFile, warm_up_s: float, directory: RunDirectory) -> None:
    """Write the run directory into an empty folder. Raises RunDirectoryError."""
    zero_s, end_s = span_of(results)
    directory.begin_tables()
    rows = _rows(results, zero_s)
    directory.write_part("latency", rows, _PART)
    directory.write_part("sessions", _sessions(results, steps, zero_s), _PART)
    if results.notes.summaries:
        directory.write_table("summaries", pa.Table.from_pydict(_summaries(results, zero_s), schema=SUMMARIES), _PART)
    directory.write_run(_info(results, name, steps, warm_up_s, zero_s, end_s, int(sum(rows["count"])) // 2))


def span_of(results: Results) -> tuple[int, float]:
    """First second and end of the run, both since 1970; zero where nobody says when it was."""
    seconds = [int(results.counted.second.min())] if len(results.counted.second) else []
    stamps = [one for one in results.notes.summaries if one.start_s > 0]
    seconds += [int(min(one.start_s for one in stamps))] if stamps and not seconds else []
    longest = max((one.over_s for one in results.notes.summaries if one.start_s == 0), default=0.0)
    if not seconds:
        last_s = results.notes.tally.last_us / 1e6
        return (int(last_s - longest), last_s) if last_s else (0, longest)
    end_s = max(results.notes.tally.last_us / 1e6, seconds[0] + 1.0)
    return seconds[0], end_s


def _rows(results: Results, zero_s: int) -> dict[str, Any]:
    """Columns of the latency table: the service clock with times, the response clock without."""
    counted = results.counted
    step = np.array([STEPS.index(one.step) if one.step else -1 for one in results.mapped] or [-1], dtype=np.int64)
    journeys = sorted({one.journey for one in results.mapped} or {NOT_TOLD})
    journey = np.array([journeys.index(one.journey) for one in results.mapped] or [0], dtype=np.int64)
    if not len(counted.count):
        return {"second": [], "count": []}
    keep = step[counted.name] >= 0
    of_step, of_journey = step[counted.name][keep], journey[counted.name][keep]
    outcome = _outcomes(counted.base[keep], of_step)
    second, bucket, count = counted.second[keep] - zero_s, counted.bucket[keep], counted.count[keep]
    service = _summed((second, of_journey, of_step, outcome, bucket), count)
    response = _summed((second, of_journey, of_step, outcome, np.full_like(bucket, NO_BUCKET)), count)
    both = [np.concatenate(pair) for pair in zip(service, response, strict=True)]
    at_bucket = both[4].astype(np.int64)
    # A null, and not a nan: pandas would not know the one from the other, DuckDB does.
    bounds = pa.array(BOUNDS_US[np.maximum(at_bucket, 0)], mask=at_bucket == NO_BUCKET)
    return {
        "second": both[0],
        "journey": np.array(journeys)[both[1]],
        "step": np.array(STEPS)[both[2]],
        "outcome": np.array(OUTCOMES)[both[3]],
        "clock": np.repeat(["service", "response"], [len(service[0]), len(response[0])]),
        "bucket_us": bounds,
        "count": both[5],
    }


def _outcomes(base: NDArray[np.int64], step: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of a money step nobody knows what came of a 5xx or of waiting in vain."""
    money = np.isin(step, [STEPS.index(one) for one in MONEY_STEPS])
    waits = np.isin(base, [SERVER, BASES.index("abandoned")])
    plain = np.array([OUTCOMES.index("error" if one == "server" else one) for one in BASES])
    return np.where(money & waits, OUTCOMES.index("unknown"), plain[base])


def _summed(columns: tuple[NDArray[np.int64], ...], count: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    table = pa.table({str(place): column for place, column in enumerate(columns)} | {"n": count})
    keys = [str(place) for place in range(len(columns))]
    summed = table.group_by(keys).aggregate([("n", "sum")]).sort_by([(key, "ascending") for key in keys])
    return tuple(summed[key].to_numpy() for key in (*keys, "n_sum"))


def _sessions(results: Results, steps: StepsFile, zero_s: int) -> dict[str, Any]:
    """Virtual users or iterations: when they started and ended, and nothing that their tool does not say."""
    visits = sorted(results.notes.visits, key=lambda one: one.started_us)
    zero_us = zero_s * 1_000_000
    return {
        "session": list(range(len(visits))),
        "journey": [journey_of(one.group, steps) for one in visits],
        "started_us": [one.started_us - zero_us for one in visits],
        "ended_us": [None if one.ended_us is None else one.ended_us - zero_us for one in visits],
        "outcome": ["in_flight" if one.ended_us is None else None for one in visits],
    }


def _summaries(results: Results, zero_s: int) -> dict[str, list[Any]]:
    """Columns of the summaries table; one of the whole run begins at its first second."""
    step = {(one.name.name, one.name.method): one.step for one in results.mapped}
    found = results.notes.summaries
    return {
        "second": [max(0, int(one.start_s) - zero_s) if one.start_s else 0 for one in found],
        "over_s": [one.over_s for one in found],
        "name": [one.name for one in found],
        "step": [step.get((one.name, one.method)) for one in found],
        "metric": [one.metric for one in found],
        "value": [one.value_ms for one in found],
        "unit": ["requests" if one.metric == "failed" else "ms" for one in found],
        "count": [one.count for one in found],
        "how": [one.how for one in found],
    }


def _info(
    results: Results, name: str, steps: StepsFile, warm_up_s: float, zero_s: int, end_s: float, answers: int
) -> dict[str, Any]:
    known = zero_s > 0
    return {
        "format": FORMAT_VERSION,
        "id": name,
        "scenario": name,
        "platform": steps.platform or None,
        "started_at": datetime.fromtimestamp(zero_s, UTC).isoformat() if known else None,
        "ended_at": datetime.fromtimestamp(end_s, UTC).isoformat() if known else None,
        "clock": {
            "warm_up_s": warm_up_s,
            "duration_s": max(warm_up_s, round(float(end_s - zero_s), 3)),
            "squeeze": 1.0,
        },
        "complete": True,
        "stopped_because": "last year's test ended",
        "steps": answers,
        "telemetry": telemetry_of(results),
    }


def telemetry_of(results: Results) -> dict[str, Any]:
    """What was read, what it is worth, and what is not there: docs/run-directory.md describes each key."""
    kind, notes = results.kind, results.notes
    timed = kind.latency is not None
    return {
        "source": "load_test" if kind.tool != "a monitor" else "measurements",
        "tool": kind.tool,
        "made_from": [kind.words],
        "files": list(results.files),
        "samples": timed,
        "clock": "service" if timed else None,
        "latency": kind.latency,
        "resolution_s": None if kind.whole_run else kind.resolution_s,
        "arrivals": None,
        "sessions_are": kind.visits if notes.visits else None,
        "summaries": sorted({one.how for one in notes.summaries}),
        "transactions": results.transactions,
        "zone": "as written" if notes.written_clock else "UTC",
        "steps": [
            {
                "request": one.name.name,
                "method": one.name.method,
                "step": one.step,
                "count": one.count,
                "told_by": one.why,
            }
            for one in _most(results, taken=True)
        ],
        "no_step": [
            {"request": one.name.name, "method": one.name.method, "count": one.count, "why": one.why}
            for one in _most(results, taken=False)
        ],
        "rows": notes.rows,
        "bad_rows": notes.bad,
        "left_out": [{"what": one.what, "rows": one.rows, "why": one.why} for one in notes.all_dropped()],
        "script_errors": notes.script_errors.total(),
        "script_errors_first": _listed(notes.script_errors),
        "failures_first": _listed(notes.failures),
        "dropped_arrivals": notes.dropped_arrivals,
        "absent": [*_ALWAYS_ABSENT, *kind.absent],
    }


def _most(results: Results, taken: bool) -> list[Mapped]:
    """Names with their scenarios added up, most samples first."""
    chosen: Counter[tuple[Name, str | None, str]] = Counter()
    for one in results.mapped:
        if (one.step is not None) is taken:
            chosen[Name(one.name.name, one.name.method, ""), one.step, one.why] += one.count
    return [Mapped(name, count, step, "", why) for (name, step, why), count in chosen.most_common(_MOST_LISTED)]


def _listed(counts: Counter[str]) -> list[dict[str, Any]]:
    return [{"message": message, "count": count} for message, count in counts.most_common(5)]
