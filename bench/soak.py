"""Twenty minutes at 100 session starts a second: does anything grow that should not?

    python bench/soak.py [--minutes 20] [--runs FOLDER]

`doorbuster run --workers 2` on the embedded staging shop, think times of at most five seconds. The resident memory of
the master and of each worker is sampled every few seconds; afterwards the run directory is weighed and reported on.
Exits 1 when a bar is missed: memory in the last third within 5 % of the first (medians, by process; not judged under
ten minutes, where warming up is all there is to see), the directory under 60 MB (scaled to the minutes), the report
under 20 s, nobody dropped.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil

from doorbuster.record.directory import RunDirectory

STARTS_PER_S, WORKERS = 100, 2
MEMORY_WITHIN, DIRECTORY_MB, REPORT_S = 0.05, 60.0, 20.0
BARS_MINUTES, JUDGE_MEMORY_FROM_MINUTES = 20.0, 10.0
SAMPLE_EVERY_S = 5.0
LOAD, WORKER = "doorbuster.swarm", "doorbuster.swarm.worker_process"
SCENARIO = """
name = "soak"
[traffic]
curve = "curve.csv"
buffer = 1.0
seed = 20
[journeys]
browse = 0.77
cart = 0.19
native_checkout = 0.028
express_wallet = 0.012
[shopper]
double_submit = 0.01
coupon_share = 0.2
[shopper.think]                 # log-normal: one in 30,000 is above five seconds
default = { median_s = 1.5, p90_s = 2.2 }
[limits]
warm_up_s = 10
drain_s = 120
"""

Samples = dict[tuple[str, int], list[tuple[float, float]]]
"""(master or worker, process id) -> seconds since the first sample, resident megabytes."""


def write_scenario(folder: Path) -> Path:
    """A flat minute, which `--minutes` stretches."""
    rows = [f"2025-11-28 10:00:{second:02d},{STARTS_PER_S}" for second in range(60)]
    (folder / "curve.csv").write_text("\n".join(["time,sessions", *rows]) + "\n")
    scenario = folder / "soak.toml"
    scenario.write_text(SCENARIO)
    return scenario


def sample(parent: psutil.Process, samples: Samples, at_s: float) -> None:
    """The resident memory of the load process and of its workers, as far as they live."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in parent.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                command = process.cmdline()
                kind = "worker" if WORKER in command else "master" if LOAD in command else None
                if kind:
                    samples[kind, process.pid].append((at_s, process.memory_info().rss / 1e6))


def soaked(scenario: Path, minutes: float, runs: Path) -> tuple[RunDirectory, int, Samples]:
    """One run, watched: its directory, its exit code, what it held."""
    command = [sys.executable, "-m", "doorbuster", "run", str(scenario), "--runs", str(runs), "--minutes", str(minutes),
               "--workers", str(WORKERS)]  # fmt: skip
    samples: Samples = defaultdict(list)
    with (scenario.parent / "said.txt").open("w+") as said:
        with subprocess.Popen(command, stdout=said) as run:
            parent, begun_s = psutil.Process(run.pid), time.monotonic()
            while run.poll() is None:
                sample(parent, samples, time.monotonic() - begun_s)
                time.sleep(SAMPLE_EVERY_S)
        said.seek(0)
        lines = said.read().splitlines()
    if not lines:
        raise SystemExit(f"no run: exit code {run.returncode}")
    print("\n".join(lines[-5:]), flush=True)
    return RunDirectory(Path(lines[-1])), run.returncode, samples


def thirds(values: list[tuple[float, float]]) -> tuple[float, float]:
    """Median megabytes of the first and of the last third of the samples."""
    third = max(1, len(values) // 3)
    return statistics.median(mb for _, mb in values[:third]), statistics.median(mb for _, mb in values[-third:])


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def timed_report(run: Path) -> tuple[float, int]:
    """Seconds that `doorbuster report RUN` takes, its start included, and its exit code."""
    begun_s = time.monotonic()
    said = subprocess.run([sys.executable, "-m", "doorbuster", "report", str(run)], check=False)
    return time.monotonic() - begun_s, said.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=BARS_MINUTES)
    parser.add_argument("--runs", type=Path, help="keep the run directory in this folder")
    options = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("DOORBUSTER_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        scenario = write_scenario(Path(folder))
        directory, code, samples = soaked(scenario, options.minutes, options.runs or Path(folder))
        size_mb = megabytes(directory.path)
        tables = {path.stem: megabytes(path) for path in sorted(directory.path.glob("*.parquet"))}
        report_s, report_code = timed_report(directory.path)
        counts = directory.read_run()["conservation"]
    held = [code == 0, report_code == 0]
    dropped = counts["planned"] - counts["started"]
    held.append(dropped == 0)
    print(f"planned {counts['planned']:,}, started {counts['started']:,}, dropped {dropped:,}; run exit code {code}")
    judged = options.minutes >= JUDGE_MEMORY_FROM_MINUTES
    print("\n| process | samples | first third, MB | last third, MB | ratio |\n|---|--:|--:|--:|--:|")
    for (kind, pid), values in sorted(samples.items()):
        first_mb, last_mb = thirds(values)
        print(f"| {kind} {pid} | {len(values)} | {first_mb:.1f} | {last_mb:.1f} | {last_mb / first_mb:.3f} |")
        held.append(not judged or abs(last_mb / first_mb - 1) <= MEMORY_WITHIN)
    print(f"memory within {MEMORY_WITHIN:.0%}: {'judged' if judged else 'not judged, the run is too short'}")
    limit_mb = DIRECTORY_MB * options.minutes / BARS_MINUTES
    held += [size_mb <= limit_mb, report_s <= REPORT_S]
    by_table = ", ".join(f"{name} {mb:.1f}" for name, mb in tables.items())
    print(f"run directory: {size_mb:.1f} MB, bar {limit_mb:.1f} MB ({by_table})")
    print(f"report: {report_s:.1f} s, bar {REPORT_S:g} s")
    print("all bars met" if all(held) else "a bar is MISSED")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
