"""The bars of this release that take minutes to prove, run for real; prints what it saw, fails when one is missed.

python bench/bars.py lateness [N]      N (5) runs at 60 session starts a second: drops, p99 of started - due
python bench/bars.py demo [N]          N (10) demos that must PASS and N with a slow checkout that must FAIL
python bench/bars.py starved           a generator without processor time: the run must be INVALID
"""

import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
LATE_P99_LIMIT_MS = 25
DEFAULT_TIMES = {"lateness": (5,), "demo": (10,)}


def doorbuster(*arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*prefix, sys.executable, "-m", "doorbuster", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def lateness(folder: str, times: int) -> bool:
    p99s, dropped = [], 0
    for number in range(times):
        said = doorbuster("run", str(ROOT / "bench/flat60.toml"), "--runs", folder, "--seed", str(number))
        run = Path(said.stdout.splitlines()[-1])
        sessions = pd.read_parquet(run / "sessions.parquet")
        arrivals = pd.read_parquet(run / "arrivals.parquet")
        late_ms = (sessions.started_us - sessions.due_us) / 1000
        p99s.append(float(late_ms.quantile(0.99)))
        dropped += int(arrivals.dropped.sum())
        print(f"run {number}: exit {said.returncode}, {len(sessions)} sessions, late p99 {p99s[-1]:.1f} ms", flush=True)
    median = statistics.median(p99s)
    spread = f"from {min(p99s):.1f} to {max(p99s):.1f}"
    print(f"late p99: median {median:.1f} ms, limit {LATE_P99_LIMIT_MS}, {spread}; dropped {dropped}")
    return dropped == 0 and median <= LATE_P99_LIMIT_MS


def demo(folder: str, times: int) -> bool:
    """Both demos of a pair at once: neither may mind the other."""
    good = []
    for number in range(times):
        with ThreadPoolExecutor() as both:
            as_it_is = both.submit(doorbuster, "demo", "--runs", folder)
            slower = both.submit(doorbuster, "demo", "--slow-checkout", "150", "--runs", f"{folder}/slow")
            said, slow = as_it_is.result(), slower.result()
        failing = [line for line in slow.stdout.splitlines() if re.search(r"checkout\.complete p95 is .* limit", line)]
        good += [said.returncode == 0, slow.returncode == 1 and bool(failing)]
        named = failing[0] if failing else ""
        print(f"{number}: demo exit {said.returncode}; slow checkout exit {slow.returncode}:{named}", flush=True)
        if not all(good[-2:]):
            print(said.stdout, said.stderr, slow.stdout, slow.stderr)
    print(f"{sum(good)} of {len(good)} as they should be")
    return all(good)


def starved(folder: str) -> bool:
    """Nice 19, pinned to one core with three busy loops. The shop keeps the other core."""
    busy = ["python3", "-c", "while True: pass"]
    with contextlib.ExitStack() as stack:
        shop = stack.enter_context(
            subprocess.Popen([sys.executable, "-m", "doorbuster", "staging"], stdout=subprocess.PIPE, text=True)
        )
        stack.callback(shop.terminate)
        assert shop.stdout is not None
        url = shop.stdout.readline().split()[1]
        for _ in range(3):
            loop = stack.enter_context(subprocess.Popen(["taskset", "-c", "0", *busy]))
            stack.callback(loop.kill)
        said = doorbuster(
            "run", str(ROOT / "bench/flat60.toml"), "--runs", folder, "--target", url,
            prefix=("taskset", "-c", "0", "nice", "-n", "19"),
        )  # fmt: skip
        print(said.stdout)
    verdict = doorbuster("gate", said.stdout.splitlines()[-1])
    print(f"run exit {said.returncode}, gate exit {verdict.returncode}")
    return said.returncode == 4 and verdict.returncode == 4


if __name__ == "__main__":
    for name in [name for name in os.environ if name.startswith("DOORBUSTER_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as runs:
        which, *number = sys.argv[1:]
        if which == "starved":
            held = starved(runs)
        else:
            held = {"lateness": lateness, "demo": demo}[which](runs, *(int(n) for n in number or DEFAULT_TIMES[which]))
    sys.exit(0 if held else 1)
