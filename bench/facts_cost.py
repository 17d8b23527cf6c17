"""What it costs the generator to record facts: its processor time a session, with them and without.

    python bench/facts_cost.py [--rounds 9] [--seconds 10] [--rate 100]

The load process of a rehearsal on the staging shop, `doorbuster.swarm`, in which everybody buys: each session leaves a
fact, which is more than at any real shop. With and without take turns; without, shoppers note no facts, which only this
bench can switch. The shop has the first core to itself, the generator the last. Its processor time is taken from after
its imports to the end of its record. Exits 1 when the medians differ by more than 5 %, or a run went wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from doorbuster.record.reading import read_table
from doorbuster.rehearsal.prepare import RunOptions, prepare
from doorbuster.settings import Settings
from doorbuster.staging.environment import staging_environment

LIMIT = 1.05
CORES = sorted(os.sched_getaffinity(0))
SCENARIO = """
name = "facts-cost"
[traffic]
curve = "curve.csv"
buffer = 1.0
arrivals = "even"
[journeys]
native_checkout = 0.6
express_wallet = 0.4
[shopper.think]
default = { median_s = 0.05, p90_s = 0.1 }
[limits]
warm_up_s = 0
drain_s = 20
"""


def load(run_directory: str, facts: bool) -> None:
    """The load process, which says on its last line how much processor time it used."""
    os.sched_setaffinity(0, {CORES[-1]})
    import doorbuster.swarm.__main__ as swarm
    from doorbuster.storefronts import staging_noticing
    from doorbuster.storefronts.base import OK
    from doorbuster.storefronts.staging_noticing import Noticing
    from doorbuster.swarm.floor import ShopFloor
    from doorbuster.swarm.walk import Walk

    if not facts:
        Walk._fact = lambda *_: None  # type: ignore[method-assign]
        ShopFloor.sign_of_life = lambda *_: None  # type: ignore[method-assign]
        Noticing.took = lambda *_: None  # type: ignore[method-assign]
        Noticing.shown = lambda *_: OK  # type: ignore[method-assign]
        staging_noticing.with_fact = lambda answer, *_: answer
    said = os.dup(1)  # its main gives standard output to the progress
    before = sum(os.times()[:2])
    code = swarm.main(argparse.Namespace(run_directory=run_directory, workers=1, expect_workers=0))
    os.write(said, b"\n%s\n" % json.dumps({"cpu_s": sum(os.times()[:2]) - before}).encode())
    os._exit(code)


def one_round(shop_url: str, folder: Path, seed: int, facts: bool) -> float:
    """Milliseconds of processor time a session."""
    directory = prepare(RunOptions(folder / "facts.toml", shop_url, folder / "runs", seed=seed), Settings())
    command = [sys.executable, __file__, "--load", str(directory.path), *(["--facts"] if facts else [])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdin is not None
    said = process.stdout.read()
    process.stdin.close()
    run = directory.read_run() if process.wait() == 0 else {}
    counts = run.get("conservation")
    if not counts or run["bugs"]["count"] or counts["finished"] != counts["planned"]:
        raise SystemExit(f"the run went wrong (exit {process.returncode}): {counts} {run.get('bugs')}")
    noted = read_table(directory, "facts").num_rows
    if (noted >= 0.9 * counts["planned"]) != facts or (not facts and noted):
        raise SystemExit(f"{noted} facts of {counts['planned']} sessions, facts {'on' if facts else 'off'}")
    return 1000 * float(json.loads(said.splitlines()[-1])["cpu_s"]) / int(counts["planned"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rate", type=int, default=100, help="Sessions a second.")
    parser.add_argument("--load", help=argparse.SUPPRESS)
    parser.add_argument("--facts", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.load:
        load(asked.load, asked.facts)
    ms: dict[bool, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "facts.toml").write_text(SCENARIO)
        rows = [f"2025-11-28 10:{at // 60:02d}:{at % 60:02d},{asked.rate}" for at in range(asked.seconds)]
        (folder / "curve.csv").write_text("\n".join(["time,sessions", *rows]) + "\n")
        os.sched_setaffinity(0, {CORES[0]})  # inherited by the services
        with staging_environment(waits=False) as addresses:
            for number in range(asked.rounds):
                for facts in (True, False) if number % 2 else (False, True):
                    ms[facts].append(one_round(addresses.shop_url, folder, number, facts))
                print(f"round {number + 1}: {ms[True][-1]:.3f} ms with, {ms[False][-1]:.3f} ms without", flush=True)
    ratio = statistics.median(ms[True]) / statistics.median(ms[False])
    spread = f"rounds from {min(a / b for a, b in zip(ms[True], ms[False], strict=True)):.3f}"
    spread += f" to {max(a / b for a, b in zip(ms[True], ms[False], strict=True)):.3f}"
    print(f"facts: {ratio:.3f} times the processor time a session, limit {LIMIT}; {spread}")
    sys.exit(ratio > LIMIT)


if __name__ == "__main__":
    main()
