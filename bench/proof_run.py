"""One run of the proof on one lane: prepared, walked, read back and audited as any rehearsal is."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.compute as pc
from proof_bugs import faults_of

from doorbuster.analysis.gate_file import load_gate
from doorbuster.audit.audit import Audit, audit_run
from doorbuster.audit.told import one_offence
from doorbuster.cards import find_gate
from doorbuster.promises.fact import Finding, Offence
from doorbuster.record.directory import RunDirectory
from doorbuster.record.reading import read_table
from doorbuster.rehearsal.finish import finish
from doorbuster.rehearsal.prepare import RunOptions, prepare
from doorbuster.settings import Settings
from doorbuster.staging.environment import staging_environment
from doorbuster.storefronts.base import Shop
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.staging_backstage import StagingBackstage

HERE = Path(__file__).resolve().parent
SCENARIO = HERE / "proof.toml"
MOST_SESSIONS = 300
MOST_LATE_MS = 250.0
"""Ten times what is usual here. Beyond it the machine stands still for seconds, and so do carts."""
RULES = load_gate(find_gate(None)).promises
"""The numbers that a shop promises by default, as `doorbuster audit` has them."""


@dataclass(frozen=True)
class Job:
    """A bug (or none) and a seed."""

    bug: str | None
    breaks: str | None
    seed: int


@dataclass(frozen=True)
class Told:
    """What one run's audit said."""

    job: Job
    unfinished: str | None
    """Why the run neither catches nor clears anything; None for one that counts."""
    broken: dict[str, int]
    """Promise to the number of offences."""
    sentences: dict[str, str]
    """Of the promises that are broken."""
    cannot_tell: dict[str, str]
    """Promise to its sentence."""
    after_sessions: int | None
    """How many sessions had begun by the first offence of the promise that must name the bug, if known."""
    late_ms_p99: float
    """Of shoppers' starts: how crowded the machine was."""
    took_s: float

    @property
    def caught(self) -> bool:
        return self.unfinished is None and self.job.breaks in self.broken


@dataclass
class Lane:
    """A staging environment and a process that forks loads, for one run after another."""

    shop_url: str
    load: subprocess.Popen[bytes]
    folder: Path

    def run(self, job: Job) -> Told:
        """Walk it; again, once, where the run did not reach its end or was not read back."""
        told = self._once(job)
        return self._once(job) if told.unfinished else told

    def _once(self, job: Job) -> Told:
        began_s = time.monotonic()
        settings = Settings()
        directory = prepare(RunOptions(SCENARIO, self.shop_url, self.folder / "runs", seed=job.seed), settings)
        self._switch_on(job.bug)
        code = self._walk(directory)
        finish(directory, settings)  # what it thinks of our lateness is not asked: the audit is what is proved
        audit = audit_run(directory.path, limits=RULES.limits, optional=frozenset(RULES.optional))
        told = judged(job, audit, directory, code, time.monotonic() - began_s)
        shutil.rmtree(directory.path)
        return told

    def _switch_on(self, bug: str | None) -> None:
        """Until the next reset. Not by the scenario's [[faults]]: they are given to the shop three seconds ahead."""
        with httpx.Client() as http:
            StagingBackstage(HttpxClient(http), Shop(self.shop_url)).steer(faults_of(bug))

    def _walk(self, directory: RunDirectory) -> int:
        assert self.load.stdin is not None and self.load.stdout is not None
        self.load.stdin.write(f"{directory.path}\n".encode())
        self.load.stdin.flush()
        return int(self.load.stdout.readline())


@contextlib.contextmanager
def lane(folder: Path) -> Iterator[Lane]:
    """A lane that works in this folder, for as long as the block runs."""
    folder.mkdir()
    with (
        staging_environment() as addresses,
        (folder / "load.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, HERE / "proof_load.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        ) as load,
    ):
        yield Lane(addresses.shop_url, load, folder)


def judged(job: Job, audit: Audit, directory: RunDirectory, code: int, took_s: float) -> Told:
    """What the audit says of this run, if it says anything."""
    run = directory.read_run()
    sessions = read_table(directory, "sessions")
    broken = {finding.promise: finding for finding in audit.broken()}
    named = broken.get(job.breaks or "")
    return Told(
        job=job,
        unfinished=audit.unfinished
        or amiss(run, code, sessions.select(["outcome", "last_step"]).to_pylist(), late_ms_p99(sessions)),
        broken={promise: len(finding.offences) for promise, finding in broken.items()},
        sentences={promise: said_of(finding) for promise, finding in broken.items()},
        cannot_tell={
            finding.promise: finding.sentence
            for finding in audit.findings
            if finding.kept is None and finding.promise not in audit.optional
        },
        after_sessions=after_sessions(named.offences, sessions) if named else None,
        late_ms_p99=late_ms_p99(sessions),
        took_s=took_s,
    )


def said_of(finding: Finding) -> str:
    """The promise's sentence, and the first that offended."""
    return f"{finding.sentence}; first {one_offence(finding.offences[0]).strip()}"


def amiss(run: dict[str, object], code: int, sessions: list[dict[str, str]], late_ms: float) -> str | None:
    """Why a run that reached its end counts for nothing all the same."""
    read_back, bugs, counts = run["read_back"], run["bugs"], run["conservation"]
    assert isinstance(read_back, dict) and isinstance(bugs, dict) and isinstance(counts, dict)
    if code:
        return f"the load process ended with {code}"
    if not read_back["done"]:
        return f"the shop's books were not read back: {read_back['why']}"
    if bugs["count"]:
        return f"a mistake of ours: {bugs['first']}"
    if not counts["planned"] == counts["started"] == len(sessions) <= MOST_SESSIONS:
        return f"{counts['planned']} sessions planned, {counts['started']} started, {len(sessions)} recorded"
    # Whoever only looks for an order may be cut off; what another was about to do, the books do not tell.
    cut_off = [
        one["last_step"] for one in sessions if one["outcome"] == "in_flight" and one["last_step"] != "order.read"
    ]
    if cut_off:
        return f"{len(cut_off)} sessions were cut off, the first at {cut_off[0]}"
    return f"the machine was too crowded: shoppers came {late_ms:.0f} ms late (p99)" if late_ms > MOST_LATE_MS else None


def late_ms_p99(sessions: pa.Table) -> float:
    """How late the latest in a hundred shoppers came."""
    return float(pc.quantile(pc.subtract(sessions["started_us"], sessions["due_us"]), 0.99)[0].as_py()) / 1000


def after_sessions(offences: tuple[Offence, ...], sessions: pa.Table) -> int | None:
    """How many sessions had begun by the first offence of which the time, or else the session, is known."""
    times = [one.at_us for one in offences if one.at_us is not None]
    if times:
        return int(pc.sum(pc.less_equal(sessions["started_us"], min(times))).as_py() or 0)
    known = [one.session for one in offences if one.session is not None]
    return min(known) + 1 if known else None
