"""How long a report takes: two hours of load beside each other, 15 steps, charts, page and all.

python bench/report_speed.py

Two simulated runs of an hour at 20 sessions a second, in memory but for what a report writes. Needs a quiet machine for
its seconds; those of the processor hold on a busy one too.
"""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from bench.simulated_shop import peaked, service_mean_s, simulate, weather

from doorbuster.analysis import judge, write_report
from doorbuster.analysis.gate_file import load_gate
from doorbuster.cards import find_gate
from doorbuster.record.directory import RunDirectory

SECONDS, SESSIONS_PER_S = 3600, 20.0
REPORT_S, MEMORY_MB = 10.0, 1000.0


def main() -> None:
    rng = np.random.default_rng(7)
    rate = peaked(SECONDS, SESSIONS_PER_S)
    mean_s = service_mean_s(float(rate.max()), 0.7)
    with tempfile.TemporaryDirectory() as folder:
        runs = []
        for name in ("this-year", "last-year"):
            path = Path(folder) / name
            path.mkdir()
            run = simulate(rng, rate, weather(rng, SECONDS, 0.05), mean_s, name=name)
            arrivals = run.arrivals.assign(dropped=0, dropped_limit=0, dropped_worker_lost=0, not_reached=0)
            sessions = run.sessions.assign(order_id=None, total_minor=None, currency=None, intent=None)
            tables = {**run.tables, "arrivals": arrivals, "sessions": sessions}
            runs.append(replace(run, directory=RunDirectory(path), tables=tables))
        ours, theirs = runs
        began, worked = time.perf_counter(), time.process_time()
        verdict = judge([ours], [theirs], [], load_gate(find_gate(None)))
        judged, judging = time.perf_counter(), time.process_time()
        page = write_report([ours], [theirs], verdict)
        ended, reported = time.perf_counter(), time.process_time()
        charts = len(list((page.parent / "charts").glob("*.svg")))
        size_kb = page.stat().st_size / 1000
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"judged in {judged - began:.1f} s ({judging - worked:.1f} s of processor)")
    print(
        f"reported in {ended - judged:.1f} s ({reported - judging:.1f} s of processor), at most {REPORT_S:g} s; "
        f"{charts} charts, page of {size_kb:.0f} kB"
    )
    print(f"memory at most {memory_mb:.0f} MB with the simulation, at most {MEMORY_MB:g} MB")


if __name__ == "__main__":
    main()
