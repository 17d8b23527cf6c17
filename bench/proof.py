"""The proof: every bug that we claim to catch is switched on and must be named by its promise; and clean runs by none.

    python bench/proof.py [--seeds 3] [--clean 10] [--lanes 3] [--only BUG ...] [--again] [--write docs/proof.md]

A run is 300 sessions of bench/proof.toml on the staging shop, through the same code as `doorbuster run` and `audit`:
prepared, walked by a load process, read back, audited. Each lane keeps a staging environment up and resets it before
each run. Exits 1 when a bug is missed in more than one of 20 runs, when a clean run breaks a promise or leaves one
untold, and when a run did not reach its end. One seed says little of one run in twenty: with --again, for a slice, what
went wrong is walked again with other seeds, all of which must then be right.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Barrier

from proof_bugs import bugs
from proof_page import Proof, page, verdict
from proof_run import Job, Told, lane

ROOT = Path(__file__).resolve().parents[1]
WITHIN_S = 60.0
AGAIN_SEED = 500
FIRST_CLEAN_SEED = 1001
"""Clean runs have seeds of their own, so that no bug is proved on the shoppers that the alarms were tuned on."""


def jobs_of(chosen: list[str], seeds: int, clean: int) -> Iterator[Job]:
    """Clean runs first, then seed by seed: whoever stops it early has seen a bit of everything."""
    known = bugs()
    yield from (Job(None, None, FIRST_CLEAN_SEED + number) for number in range(clean))
    yield from (Job(bug, known[bug], seed) for seed in range(1, seeds + 1) for bug in chosen)


def proved(jobs: list[Job], lanes: int, folder: Path) -> list[Told]:
    """Every job's run, on so many lanes at once."""
    folder.mkdir()
    waiting: SimpleQueue[Job] = SimpleQueue()
    for job in jobs:
        waiting.put(job)
    all_up = Barrier(lanes)  # a shop whose neighbours are only starting has no processor time for its shoppers

    def work(number: int) -> list[Told]:
        done: list[Told] = []
        with lane(folder / f"lane-{number}") as mine:
            all_up.wait(WITHIN_S)
            while True:
                try:
                    told = mine.run(waiting.get_nowait())
                except Empty:
                    return done
                print(line(told), flush=True)
                done.append(told)

    with ThreadPoolExecutor(lanes) as several:
        return [told for done in several.map(work, range(lanes)) for told in done]


def in_doubt(told: Told) -> bool:
    """A run that does not say what it should."""
    missed = not told.caught if told.job.bug else bool(told.broken or told.cannot_tell)
    return missed or told.unfinished is not None


def second_look(doubted: list[Told]) -> list[Job]:
    """Two further seeds of each bug in doubt, and three further clean runs where one was."""
    bugs_again = {told.job.bug: told.job for told in doubted if told.job.bug}
    clean = any(told.job.bug is None for told in doubted)
    again = [Job(job.bug, job.breaks, AGAIN_SEED + number) for job in bugs_again.values() for number in range(2)]
    return [*again, *(Job(None, None, FIRST_CLEAN_SEED + AGAIN_SEED + number) for number in range(3) if clean)]


def line(told: Told) -> str:
    """One run in one line."""
    what = f"{told.took_s:5.1f} s, late {told.late_ms_p99:4.0f} ms  {told.job.bug or 'clean'}, seed {told.job.seed}: "
    broken = ", ".join(f"{promise} {count}" for promise, count in told.broken.items())
    if told.unfinished:
        return f"{what}COUNTS FOR NOTHING: {told.unfinished}"
    untold = f"; cannot tell: {', '.join(told.cannot_tell)}" if told.cannot_tell else ""
    if told.job.bug is None:
        return f"{what}{'ALARM: ' + '; '.join(told.sentences.values()) if broken else 'no alarm'}{untold}"
    first = "" if told.after_sessions is None else f" after {told.after_sessions} sessions"
    return f"{what}{'caught' + first if told.caught else 'MISSED'}{f' ({broken})' if broken else ''}{untold}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--clean", type=int, default=10)
    parser.add_argument("--lanes", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=sorted(bugs()), metavar="BUG", help="These bugs; none for none.")
    parser.add_argument("--again", action="store_true", help="Walk what went wrong again, with other seeds.")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Replace this page by what was seen.")
    asked = parser.parse_args()
    if asked.write and (asked.only is not None or asked.again):
        parser.error(
            "a page is about every bug, and every run that was walked: leave --write out, or --only and --again"
        )
    for inherited in [variable for variable in os.environ if variable.startswith("DOORBUSTER_")]:
        del os.environ[inherited]
    chosen = sorted(bugs()) if asked.only is None else asked.only
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="proof-") as folder:
        told = proved(list(jobs_of(chosen, asked.seeds, asked.clean)), asked.lanes, Path(folder) / "first")
        doubted = [one for one in told if in_doubt(one)] if asked.again else []
        if doubted:
            print(f"{len(doubted)} runs in doubt; again, with other seeds:", flush=True)
            sound = [one for one in told if one not in doubted]
            told = [*sound, *proved(second_look(doubted), asked.lanes, Path(folder) / "again")]
    proof = Proof(
        tuple(told), " ".join(["python bench/proof.py", *sys.argv[1:]]), revision(), time.monotonic() - began_s
    )
    if asked.write:
        unfinished = asked.write.with_name(f".{asked.write.name}.new")
        unfinished.write_text(page(proof), encoding="utf-8")
        unfinished.replace(asked.write)
    held, said = verdict(proof)
    print(said)
    return 0 if held else 1


def revision() -> str:
    """The commit, and whether the checkout is more than that."""
    git = ("git", "-C", str(ROOT))
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    dirty = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "src", "bench"], check=False).returncode
    return (commit.strip() or "an unknown commit") + (" with changes of its own" if dirty else "")


if __name__ == "__main__":
    sys.exit(main())
