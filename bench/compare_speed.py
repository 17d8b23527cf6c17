"""How long do a comparison and a report of two hours of load take, and how much memory? One hour a side, 15 steps.

python bench/compare_speed.py

Writes two simulated one-hour runs as run directories, then reads them, compares them with 2,000 resamples and writes
the report, in processes of their own. Ends with 1 when the comparison of what was read takes 3 s, the whole report with
its reading 10 s, or either 1 GB.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
import pandas as pd
from simulated_shop import SimulatedRun, peaked, service_mean_s, simulate, weather

from doorbuster.record.directory import RunDirectory
from doorbuster.vocabulary import CONSERVATION

SECONDS, SESSIONS_PER_S, RESAMPLES = 3600, 13.0, 2000
"""About 340,000 requests a run, each recorded on both clocks."""
PART_S: Final = 5  # as the recorder closes its parts
COMPARISON_S, REPORT_S, MEMORY_MB = 3.0, 10.0, 1000.0


def write_run(folder: Path, seed: int) -> Path:
    """A simulated run as the recorder would have left it."""
    rng = np.random.default_rng(seed)
    rate = peaked(SECONDS, SESSIONS_PER_S)
    run = simulate(rng, rate, weather(rng, SECONDS, 0.05), service_mean_s(rate.max(), 0.7), name=folder.name)
    directory = RunDirectory(folder)
    folder.mkdir(parents=True)
    for first_s in range(0, SECONDS + 60, PART_S):
        _write_part(directory, run, first_s)
    started = {
        str(name): int(count) for name, count in run.arrivals.groupby("journey", observed=True)["started"].sum().items()
    }
    books = {name: _books(count) for name, count in started.items()}
    directory.write_run(
        {**_INFO, "id": folder.name, "seed": seed, "conservation": _books(sum(started.values())), "sessions": books}
    )
    return folder


def _write_part(directory: RunDirectory, run: SimulatedRun, first_s: int) -> None:
    """What the recorder closes every few seconds; each step on both clocks."""
    name = f"{first_s:06d}"
    rows = _within(run.latency, "second", first_s)
    names = ("second", "worker", "journey", "step", "outcome", "bucket_us", "count")
    both = {key: rows[key].tolist() * 2 for key in names}
    directory.write_part("latency", {**both, "clock": ["service"] * len(rows) + ["response"] * len(rows)}, name)
    rows = _within(run.arrivals, "second", first_s)
    zeros = [0] * len(rows)
    dropped = dict.fromkeys(("dropped_limit", "dropped_worker_lost", "not_reached", "dropped"), zeros)
    directory.write_part("arrivals", {**{key: rows[key].tolist() for key in rows.columns}, **dropped}, name)
    rows = _within(run.sessions, "due_us", first_s, 1e6)
    directory.write_part("sessions", {key: rows[key].tolist() for key in rows.columns}, name)


def _within(table: pd.DataFrame, column: str, first_s: int, unit: float = 1.0) -> pd.DataFrame:
    return table[(table[column] >= first_s * unit) & (table[column] < (first_s + PART_S) * unit)]


def _books(count: int) -> dict[str, int]:
    return {**dict.fromkeys(CONSERVATION, 0), "planned": count, "started": count, "finished": count}


_INFO: Final[dict[str, Any]] = {
    "format": 1,
    "scenario": "simulated",
    "scenario_sha256": "0" * 64,
    "curve_sha256": "0" * 64,
    "scale": 1.0,
    "target_host": "127.0.0.1",
    "platform": "staging",
    "started_at": "2026-11-20T10:00:00Z",
    "versions": {},
    "workers": 1,
    "machine": {},
    "clock": {"warm_up_s": 0, "duration_s": SECONDS, "squeeze": 1.0},
    "complete": True,
    "stopped_because": "finished",
    "generator": {"loop_stall_ms_p99": 4.0, "cpu_share_p95": 0.4},
}


def compare(ours: str, theirs: str) -> dict[str, float]:
    """Seconds to read two run directories, and to compare what was read."""
    from doorbuster.analysis import compare_runs, open_run
    from doorbuster.analysis.comparison_rules import ComparisonRules

    began_s = perf_counter()
    runs = [open_run(path) for path in (ours, theirs)]
    read_s = perf_counter()
    comparison = compare_runs(runs[:1], runs[1:], rules=ComparisonRules(resamples=RESAMPLES))
    done_s = perf_counter()
    if comparison.table["ratio"].notna().sum() < 3 * 15:
        raise SystemExit("too little was compared")
    return {"reading": read_s - began_s, "comparison": done_s - read_s}


def report(ours: str, theirs: str) -> dict[str, float]:
    """Seconds for the whole command: reading, verdict and page, charts and all."""
    from doorbuster.analysis.release import judge_release

    with tempfile.TemporaryDirectory() as folder:
        gate = Path(folder, "gate.toml")
        gate.write_text(f"{_GATE}[comparison]\nresamples = {RESAMPLES}\n")
        began_s = perf_counter()
        judge_release([Path(ours)], [Path(theirs)], gate_file=gate).write_report()
        return {"report": perf_counter() - began_s}


_GATE: Final = '[[regression]]\nstep = "*"\nmetric = "p95"\nworse_than_last_year = "10%"\n'
_MOST_S: Final = {"comparison": COMPARISON_S, "report": REPORT_S}


def main() -> None:
    if len(sys.argv) == 4:
        took_s = {"compare": compare, "report": report}[sys.argv[1]](sys.argv[2], sys.argv[3])
        print(json.dumps([took_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
        return
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        runs = [str(write_run(Path(folder, name), seed)) for seed, name in enumerate(("ours", "theirs"))]
        for command in ("compare", "report"):
            done = subprocess.run([sys.executable, __file__, command, *runs], stdout=subprocess.PIPE, check=True)
            took_s, memory_mb = json.loads(done.stdout)
            missed |= memory_mb >= MEMORY_MB
            for what, seconds in took_s.items():
                bar = f" (bar {_MOST_S[what]:.0f} s)" if what in _MOST_S else ""
                missed |= bool(bar) and seconds >= _MOST_S[what]
                print(f"{what}: {seconds:.1f} s{bar}")
            print(f"memory: {memory_mb:.0f} MB (bar {MEMORY_MB:.0f} MB)")
    sys.exit(missed)


if __name__ == "__main__":
    main()
