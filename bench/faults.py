"""Runs short rehearsals on two workers and harms each in one way: the verdict must be right, and nothing may be left.

python bench/faults.py [--count N] [--seed S] [--at-once K]

Every case is drawn from its seed: what happens (a worker killed, or stopped for up to 20 s and back; the master killed;
doorbuster itself killed; Ctrl-C once or twice; the disk full; nothing at all) and when. Prints a line a case; exits 1
when an exit code or verdict is wrong, a process is left, a part cannot be read, or the books do not add up.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

ARRIVALS_S = 12
SCENARIO = """
name = "harmed"
[traffic]
curve = "harmed.csv"
buffer = 1.0
growth = 1.0
seed = {seed}
[journeys]
browse = 0.4
cart = 0.2
native_checkout = 0.2
express_wallet = 0.2
[shopper.think]
default = {{ median_s = 0.3, p90_s = 0.8 }}
[limits]
warm_up_s = 1
drain_s = 20
"""
HARMS = ("nothing", "worker killed", "worker stopped", "master killed", "killed", "Ctrl-C", "Ctrl-C twice", "disk full")
RIGHT = {"nothing": {0}, "killed": {-signal.SIGKILL}, "Ctrl-C": {130}, "Ctrl-C twice": {130}}
MARK = "FAULTS_MARK"
FULL_DISK = "mount -t tmpfs -o size={kb}k tmpfs runs && {{ {command}; code=$?; cp -r runs kept; exit $code; }}"


@dataclass
class Case:
    """One harmed run."""

    number: int
    seed: int
    harm: str
    at_s: float
    for_s: float
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        when = "" if self.harm == "nothing" else f" at {self.at_s:.1f} s"
        how_long = f" for {self.for_s:.1f} s" if self.harm == "worker stopped" else ""
        return f"{self.number:3d} {self.harm}{when}{how_long}"


def drawn(number: int, seed: int) -> Case:
    draw = random.Random(f"{seed}:{number}")
    harm = HARMS[number % len(HARMS)]  # each as often as the others; when and how long is left to chance
    return Case(number, draw.randrange(10**6), harm, draw.uniform(1.5, ARRIVALS_S - 2), draw.uniform(3.0, 20.0))


def harmed(case: Case) -> Case:
    """Run one case in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="harmed-") as name:
        folder = Path(name)
        rows = [f"2025-11-28 20:00:{second:02d},10" for second in range(ARRIVALS_S)]
        (folder / "harmed.csv").write_text("\n".join(["time,sessions", *rows]) + "\n")
        (folder / "harmed.toml").write_text(SCENARIO.format(seed=case.seed))
        mark = uuid.uuid4().hex
        try:
            run_harmed(case, folder, {**os.environ, MARK: mark})
        finally:
            for left in marked(mark):
                case.wrong.append(f"left running: {' '.join(left.cmdline()[:5])}")
                left.kill()
    return case


def run_harmed(case: Case, folder: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "doorbuster", "run", "harmed.toml", "--workers", "2"]
    kept = folder / "runs"
    if case.harm == "disk full":
        kept = folder / "kept"
        (folder / "runs").mkdir()
        script = FULL_DISK.format(kb=random.Random(case.seed).randrange(96, 172, 4), command=" ".join(command))
        command = [
            "unshare",
            *([] if os.geteuid() == 0 else ["--map-root-user", "--user"]),
            "--mount",
            "sh",
            "-c",
            script,
        ]
    run = subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with ThreadPoolExecutor(1) as reader:
        said = reader.submit(run.communicate, timeout=120)
        if case.harm not in ("nothing", "disk full"):
            if wait_for_start(folder / "runs", run):
                time.sleep(max(0.0, began_at(folder / "runs") + case.at_s - time.time()))
                harm(case, run)
            else:
                case.wrong.append("never began")
        out, err = said.result()
    gone(environment[MARK], 15.0)
    # A disk that is full before the first shopper is a usage error; one that is full after the last, a record to doubt.
    right = RIGHT.get(case.harm, {2, 4} if case.harm == "disk full" else {4})
    if run.returncode not in right:
        case.wrong.append(f"exit code {run.returncode}, not {right}; {out[-300:]} {err[-600:]}")
    if "Traceback" in err:
        case.wrong.append(f"traceback: {err[-600:]}")
    judge_directory(case, kept)


def run_jsons(runs: Path) -> list[Path]:
    return list(runs.glob("*/run.json"))


def started_at(runs: Path) -> str | None:
    for path in run_jsons(runs):
        started = json.loads(path.read_text())["started_at"]
        return str(started) if started else None
    return None


def began_at(runs: Path) -> float:
    return datetime.fromisoformat(started_at(runs) or "").timestamp()


def wait_for_start(runs: Path, run: subprocess.Popen[str]) -> bool:
    """Until run.json says when the clock's zero is; False when the run ended before."""
    while started_at(runs) is None:
        if run.poll() is not None:
            return False
        time.sleep(0.05)
    return True


def harm(case: Case, run: subprocess.Popen[str]) -> None:
    (master,) = [one for one in psutil.Process(run.pid).children() if "doorbuster.swarm" in one.cmdline()]
    unlucky = random.Random(case.seed).choice(master.children())
    if case.harm == "worker killed":
        unlucky.kill()
    elif case.harm == "worker stopped":
        unlucky.suspend()
        give_up_s = time.monotonic() + case.for_s
        while time.monotonic() < give_up_s and unlucky.is_running():
            time.sleep(0.05)
        if unlucky.is_running():
            unlucky.resume()
    elif case.harm == "master killed":
        master.kill()
    elif case.harm == "killed":
        run.kill()
    else:
        run.send_signal(signal.SIGINT)
        if case.harm == "Ctrl-C twice":
            time.sleep(0.3)
            run.send_signal(signal.SIGINT)


def marked(mark: str) -> list[psutil.Process]:
    found = []
    for one in psutil.process_iter():
        try:
            if one.environ().get(MARK) == mark and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
        except psutil.Error:
            continue
    return found


def gone(mark: str, seconds: float) -> None:
    """Give what is on its way out the time to go."""
    give_up_s = time.monotonic() + seconds
    while marked(mark) and time.monotonic() < give_up_s:
        time.sleep(0.2)


def judge_directory(case: Case, runs: Path) -> None:
    """The directory must be readable, its books right, and the gate of one mind with the run."""
    directories = [path.parent for path in run_jsons(runs)]
    if case.harm == "disk full" and not list(runs.glob("*")):
        return  # refused, and nothing left behind
    if len(directories) != 1:
        case.wrong.append(f"{len(directories)} run directories")
        return
    (directory,) = directories
    for part in directory.glob("*.parquet/*"):
        try:
            pq.read_table(part)
        except (OSError, pa.ArrowException) as broken:
            case.wrong.append(f"{part.name}: {broken}")
    leftovers = [path for path in (*directory.glob(".*"), *directory.glob("*.parquet/.*")) if path.name != ".reserve"]
    if leftovers:
        case.wrong.append(f"half-written: {leftovers}")
    gate = subprocess.run(
        [sys.executable, "-m", "doorbuster", "gate", str(directory)], capture_output=True, text=True, check=False
    )
    right = {0, 1, 3} if case.harm == "nothing" else {4}
    if gate.returncode not in right:
        case.wrong.append(f"gate ended with {gate.returncode}, not {right}: {gate.stdout[-400:]} {gate.stderr[-400:]}")
    info = json.loads((directory / "run.json").read_text())
    sessions = pq.read_table(directory / "sessions.parquet").column("session").to_pylist()
    if len(sessions) != len(set(sessions)):
        case.wrong.append("a session is there twice")
    counts = info.get("conservation")
    if counts and case.harm != "disk full":
        dropped = counts["dropped_limit"] + counts["dropped_worker_lost"]
        if (
            counts["planned"] != counts["started"] + dropped + counts["not_reached"]
            or len(sessions) != counts["started"]
        ):
            case.wrong.append(f"the books do not add up: {counts}, {len(sessions)} sessions")
    shutil.rmtree(directory)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=2)
    chosen = parser.parse_args()
    for inherited in [variable for variable in os.environ if variable.startswith("DOORBUSTER_")]:
        del os.environ[inherited]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    wrong = 0
    with ThreadPoolExecutor(chosen.at_once) as several:
        for done in several.map(harmed, (drawn(number, chosen.seed) for number in range(chosen.count))):
            wrong += bool(done.wrong)
            print(done, "WRONG: " + "; ".join(done.wrong) if done.wrong else "right", flush=True)
    print(f"{chosen.count - wrong} of {chosen.count} right")
    sys.exit(1 if wrong else 0)
