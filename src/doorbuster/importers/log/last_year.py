"""analysis/baselines/NAME/: the rehearsed window of last year as a run directory, made from a log.

Real shoppers had no plan, no seed and no generator, and nobody read the shop's books: those tables are empty, those
keys absent, and `telemetry` in run.json says so. docs/run-directory.md describes it for readers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from doorbuster.importers.imported import Imported
from doorbuster.importers.log.answers import in_window
from doorbuster.importers.log.result import LogImport
from doorbuster.record.directory import FORMAT_VERSION, RunDirectory
from doorbuster.vocabulary import CLOCKS, JOURNEYS

_ABSENT: Final = ("sessions", "facts", "catalogue", "conservation", "generator", "lateness of arrivals")
_SERVER_TIMES: Final = "the server's own request times, on both clocks: real shoppers are never late"
_PART: Final = "000000"


def baseline_path(name: str) -> Path:
    """Where last year's side goes, in the working directory."""
    return Path("analysis/baselines") / name


def held(log: LogImport) -> str:
    """What the directory holds, in words."""
    return "errors and latency by step and minute" if log.has_latency else "errors by step and minute; no latency"


def write_last_year(log: LogImport, imported: Imported, folder: Path) -> None:
    """Write the run directory into an empty folder. Raises RunDirectoryError.

    Counts are by the minute, so each stands at its minute's first second: the log's resolution, not ours.
    """
    directory = RunDirectory(folder)
    directory.begin_tables()
    directory.write_part("arrivals", _arrivals(log, imported), _PART)
    rows = in_window(log, imported.curve, imported.window)
    directory.write_part("latency", _latency(rows), _PART)
    directory.write_run(_info(log, imported, pc.sum(rows["count"]).as_py() or 0))


def _arrivals(log: LogImport, imported: Imported) -> dict[str, Any]:
    """Who came was, in hindsight, what was planned; nobody was dropped by us, and lateness means nothing."""
    curve, window = imported.curve, imported.window
    start_s = int(curve.start_s[window.first])
    second = log.minutes["minute"].to_numpy() - start_s
    here = (second >= 0) & (second < (window.last - window.first) * curve.step_s)
    came = np.concatenate([log.minutes[journey].to_numpy()[here] for journey in JOURNEYS])
    some = came > 0
    nobody = np.zeros(int(some.sum()), dtype=np.int64)
    return {
        "second": np.tile(second[here], len(JOURNEYS))[some],
        "journey": np.repeat(np.array(JOURNEYS), int(here.sum()))[some],
        "planned": came[some],
        "started": came[some],
        **dict.fromkeys(("dropped_limit", "dropped_worker_lost", "not_reached", "dropped"), nobody),
    }


def _latency(rows: pa.Table) -> dict[str, Any]:
    """Both clocks; `bucket_us` is null where the log does not say how long an answer took."""
    names = ("second", "journey", "step", "outcome", "bucket_us")
    by_bucket = rows.group_by(list(names)).aggregate([("count", "sum")])
    by_bucket = by_bucket.sort_by([(name, "ascending") for name in names])
    both = pa.concat_tables([by_bucket] * len(CLOCKS))
    columns: dict[str, Any] = {name: both[name].combine_chunks() for name in names}
    clock = np.repeat(np.array(CLOCKS), by_bucket.num_rows)
    return {**columns, "count": both["count_sum"].combine_chunks(), "clock": clock}


def _info(log: LogImport, imported: Imported, steps: int) -> dict[str, Any]:
    curve, window = imported.curve, imported.window
    start_s = int(curve.start_s[window.first])
    duration_s = (window.last - window.first) * curve.step_s
    return {
        "format": FORMAT_VERSION,
        "id": imported.name,
        "scenario": imported.name,
        "platform": log.platform,
        "started_at": datetime.fromtimestamp(start_s, UTC).isoformat(),
        "ended_at": datetime.fromtimestamp(start_s + duration_s, UTC).isoformat(),
        "clock": {"warm_up_s": 0.0, "duration_s": float(duration_s), "squeeze": 1.0},
        "complete": True,
        "stopped_because": "last year ended",
        "steps": steps,
        "telemetry": {
            "made_from": sorted({words for _, words in log.files}),
            "sessions_told_by": log.session.by.partition(":")[0],
            "resolution_s": curve.step_s,
            "absent_minutes": int(np.isnan(curve.count[window.first : window.last]).sum()),
            "latency": _SERVER_TIMES if log.has_latency else None,
            "journeys_not_told": [journey for journey in JOURNEYS if log.journeys[journey] is None],
            "absent": list(_ABSENT),
        },
    }
