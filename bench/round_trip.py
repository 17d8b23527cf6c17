"""From a log to a rehearsal and back: does the shop's log of the rehearsal say what last year's log said?

    python bench/round_trip.py [--minutes 5] [--think 1.0]

A log with known truth is imported, the scenario is run on the staging shop, whose own access log is imported again.
Compared: sessions (every one that started, minute by minute), the mix of journeys, and the median think time of each
step, each within the interval that the second import states. `--think 0.1` divides think times by ten on the way, for
a short run. Exits 1 where more disagree than one in twenty, or any by more than twice its interval.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.result import LogImport
from doorbuster.importers.log.to_imported import to_imported
from doorbuster.scenario import Scenario, load_scenario
from doorbuster.staging.environment import staging_environment

HERE = Path(__file__).resolve().parent
LINES, SCALE = 300_000, 3.0
LEAST_PAUSES = 100
Row = tuple[str, float, float, float, float]
"""What, as rehearsed, as imported again, and the ends of the interval that the import states."""


def doorbuster(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "doorbuster", *arguments]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if said.returncode:
        raise SystemExit(f"doorbuster {' '.join(arguments)} ended with {said.returncode}: {said.stderr[-2000:]}")
    return said.stdout


def rehearsed(folder: Path, minutes: float, think: float) -> tuple[Scenario, pd.DataFrame, Path]:
    """(scenario as run, its sessions, the shop's log)."""
    subprocess.run(
        [sys.executable, str(HERE / "make_access_log.py"), "last.log", "--lines", str(LINES)],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    doorbuster(folder, "import", "log", "last.log", "--platform", "staging", "--session", "cookie:sid", "-o", "last")
    path = folder / "scenarios/last.toml"
    shorter = re.sub(r"(?m)^(median_s|p90_s) = ([\d.]+)", lambda m: f"{m[1]} = {float(m[2]) * think}", path.read_text())
    path.write_text(shorter)
    log = folder / "staging.log"
    with staging_environment(access_log=log) as shop:
        said = doorbuster(
            folder, "run", "last", "--target", shop.shop_url, "--minutes", str(minutes), "--scale", str(SCALE)
        )
    # An import leaves rehearsals out, as it does all robots: these shoppers have to look like people.
    log.write_text(log.read_text().replace("compatible; doorbuster", "X11; Linux x86_64; rv:140.0"))
    run = folder / said.splitlines()[-1]
    return load_scenario(path), pd.read_parquet(run / "sessions.parquet"), log


def compared(scenario: Scenario, sessions: pd.DataFrame, log: LogImport) -> Iterator[Row]:
    """Every number that both sides have."""
    again = to_imported(log, "again")
    yield "sessions", len(sessions), log.sessions, len(sessions) * 0.995, len(sessions) * 1.005
    ours = sessions.groupby("journey").size() / len(sessions)
    for journey, figure in again.mix.items():
        if figure.low is not None and figure.high is not None:
            yield f"share of {journey}", float(ours.get(journey, 0)), figure.value, figure.low, figure.high
    for step, fit in log.thinks.items():
        think = scenario.shopper.think.get(step)
        if step != "default" and think is not None and fit.count >= LEAST_PAUSES:
            yield f"think before {step} (s)", think.median_s, fit.median_s, fit.median_low_s, fit.median_high_s


def minutes_apart(sessions: pd.DataFrame, log: LogImport) -> float:
    """Sum of the differences by minute, as a share of all sessions, at the shift that fits best.

    A run begins at any moment of a wall clock's minute: in steps of a whole second the shift alone could be 2 % of a
    short run's sessions.
    """
    theirs = log.minutes.to_pandas().sort_values("minute").sessions.to_numpy()
    best = 1.0
    for tenth in range(600):
        ours = ((sessions.started_us / 1e6 + tenth / 10) // 60).astype(int)
        counts = ours.value_counts().reindex(range(ours.min(), ours.min() + len(theirs)), fill_value=0).to_numpy()
        best = min(best, float(abs(counts - theirs).sum() / len(sessions)))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--think", type=float, default=1.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scenario, sessions, path = rehearsed(Path(name), options.minutes, options.think)
        log = import_log([path], "staging", session="header:http_doorbuster_session")
    outside, far = 0, 0
    rows = list(compared(scenario, sessions, log))
    for what, ours, theirs, low, high in rows:
        reach = max(high - theirs, theirs - low, 1e-12)
        outside += not low <= ours <= high
        far += abs(ours - theirs) > 2 * reach
        verdict = "" if low <= ours <= high else "   outside"
        print(f"{what:36} rehearsed {ours:10.4f}   imported {theirs:10.4f} ({low:.4f} to {high:.4f}){verdict}")
    apart = minutes_apart(sessions, log)
    print(f"session starts by minute differ by {apart:.2%} of all (limit 2 %)")
    print(f"{outside} of {len(rows)} outside their interval, {far} by more than twice")
    sys.exit(int(apart > 0.02 or far > 0 or outside > max(1, len(rows) / 20)))


if __name__ == "__main__":
    main()
