"""Conducts one run: its crew of workers, its clock and its record, from the first shopper to the last closed part."""

from __future__ import annotations

import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import gevent
import numpy as np
from gevent.event import Event

from doorbuster.errors import DoorbusterError, RunDirectoryError
from doorbuster.record.directory import RunDirectory
from doorbuster.record.fates import Fates
from doorbuster.record.histogram import quantile_us
from doorbuster.record.writer import Batch, RunWriter
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.crew import Crew, Member
from doorbuster.swarm.ending import ending
from doorbuster.swarm.load_run import load_run
from doorbuster.swarm.lost_sessions import lost_sessions
from doorbuster.swarm.team import Team
from doorbuster.vocabulary import EXIT_INTERNAL, EXIT_USAGE

_WRITE_EVERY_S = 4.0
_LAST_WRITE_LIMIT_S = 20.0
_LEAD_S = 0.5
_LEAD_WITH_FAULTS_S = 3.0


@dataclass(frozen=True)
class Progress:
    """Where a run stands, for the person who watches it."""

    phase: str
    second: float
    duration_s: float
    planned: int
    started: int
    in_shop: int
    failed: int
    late_ms_p99: float


class Conductor:
    """One run. Locust tells it when to start and to stop; it tells Locust when all is over."""

    def __init__(self, directory: RunDirectory, team: Team) -> None:
        """`team` is where the workers are. Raises DoorbusterError when the run directory cannot be used."""
        self.directory = directory
        self.stopped_because: str | None = None
        self.opened = False
        self.clock = RunClock.starting_in(_LEAD_S)
        self._plan, self._floor = load_run(directory, self.clock, lambda *_: None)
        self.plan_fingerprint = self._plan.fingerprint()
        self._team = team
        self.crew = Crew(self._plan.due_us, team.grant_s)
        self._fates = Fates(self._plan)
        self._writer = RunWriter(directory, self._fates)
        self._writer.warm_up()
        self._recorder: Any = None
        self._closing = Event()

    def open(self) -> None:
        """Have the workers get ready, then start the clock. Raises DoorbusterError."""
        self._team.prepare(self)
        has_faults = bool(self.directory.read_run()["faults"])
        # Loading a long plan takes time of its own: the zero comes after it.
        self.clock = RunClock.starting_in((_LEAD_WITH_FAULTS_S if has_faults else _LEAD_S) + self._team.lead_s)
        if has_faults:
            self._steer_faults()
            if self.clock.now_us() > 0:
                raise RunDirectoryError("the staging services took the faults too late; free the machine and run again")
        zero = datetime.fromtimestamp(self.clock.zero_unix_s(), UTC)
        self.directory.update_run(started_at=zero.isoformat(), stopped_because="running")
        for member in self.crew.working():
            member.heard_s = monotonic()
        self.opened = True
        self._deal(self.clock.now_us())
        self._team.begin(self.clock)
        self._recorder = gevent.spawn(self._record)

    def join(self, client_id: str, about: dict[str, Any]) -> Member:
        """A worker that is ready. Under way it is dealt in at once."""
        member = self.crew.join(client_id, about, monotonic(), self.clock.now_us() if self.opened else 0)
        if self.opened:
            self._deal(self.clock.now_us())
        return member

    def hear(self, member: Member, report: dict[str, Any]) -> None:
        """Book one worker's report."""
        member.heard_s = monotonic()
        member.next_due_us, member.closed, member.in_shop = (
            report[key] for key in ("next_due_us", "closed", "in_shop")
        )
        member.health, member.bugs, member.failed = report["health"], report["bugs"], report["tally"]["failed"]
        if report["broken"] is not None:
            self.stop(report["broken"])
        try:
            self._writer.accept(member.name, report["tally"], member.term)
        except Exception as failed:  # noqa: BLE001  (a record with a hole is no record: the run ends and says why)
            self._record_broke(failed)

    def lose(self, member: Member, why: str) -> None:
        """A worker is gone: count what went with it, and deal its share to the others."""
        now_us = self.clock.now_us()
        inside = self._fates.lose(member.term, self.crew.lose(member, why, now_us))
        visits = [floor.visits for floor in self._floor.floors()]
        self._writer.add_sessions(member.name, lost_sessions(self._plan, visits, inside))
        member.in_shop = 0
        # The same instant as above: between two of them arrivals would be nobody's and uncounted.
        self._deal(now_us)

    def over(self) -> bool:
        """Whether the run has reached its end, as `ending` has it."""
        working = self.crew.working()
        if self.stopped_because is None:
            self.stopped_because = ending(
                now_s=self.clock.now_us() / 1e6,
                next_due_s=min((member.next_due_us for member in working), default=self.clock.now_us()) / 1e6,
                door_closed=bool(working) and all(member.closed for member in working),
                in_shop=sum(member.in_shop for member in working),
                duration_s=self._plan.duration_s,
                drain_s=self._floor.scenario.limits.drain_s,
                alone_s=self.crew.alone_s(self.clock.now_us()),
            )
        return self.stopped_because is not None

    def shut_door(self) -> None:
        """Nobody else comes in."""
        self._team.shut_door()

    def close(self) -> None:
        """After Locust has stopped the shoppers: hear the last, write the rest and say how complete the run is."""
        if self.opened:
            self._hear_the_last()
        self._closing.set()
        if self._recorder is not None:
            self._recorder.join(_LAST_WRITE_LIMIT_S)  # a part that is being written is written whole
        # Locust itself ends a test that has no worker left, and does not say why.
        alone = bool(self.crew.members) and not self.crew.working()
        reason = self.stopped_because or ("every worker was lost" if alone else "interrupted")
        counted: dict[str, Any] = {}
        if not reason.startswith("recorder broke"):
            try:
                counted = self._writer.finish()
            except Exception as failed:  # noqa: BLE001  (whatever broke the record, the run must say so)
                reason = _broken(failed)
        not_reached = counted.get("conservation", {}).get("not_reached", 0)
        if reason == "finished" and not_reached:
            reason = f"{not_reached} planned shoppers were never reached"
        self.stopped_because = reason
        members = list(self.crew.members.values())
        self.directory.update_run(
            ended_at=datetime.now(UTC).isoformat(),
            complete=reason == "finished",
            stopped_because=reason,
            workers=len(members),
            by_worker=self.crew.summary(),
            generator=self.crew.worst_health(),
            bugs={
                "count": sum(member.bugs["count"] for member in members),
                "first": [bug for member in members for bug in member.bugs["first"]][:5],
            },
            **counted,
        )

    def _hear_the_last(self) -> None:
        self._team.last_reports()
        for member in self.crew.working():
            if not member.last_words:
                self.lose(member, "did not say how its shoppers ended")
        self._fates.lose(0, self.crew.unowned(min(self.clock.now_us(), int(self._plan.duration_s * 1e6))))

    def progress(self) -> Progress:
        second = max(0.0, self.clock.now_us() / 1e6) if self.opened else 0.0
        working = self.crew.working()
        closed = bool(working) and all(member.closed for member in working)
        phase = "warm-up" if second < self._plan.warm_up_s else "last shoppers" if closed else "rehearsal"
        late_us = self._fates.late_us
        return Progress(
            phase=phase if self.opened else "waiting for workers",
            second=round(second, 1),
            duration_s=self._plan.duration_s,
            planned=int(np.searchsorted(self._plan.due_us, second * 1e6)),
            started=self._fates.started_count,
            in_shop=sum(member.in_shop for member in working),
            failed=sum(member.failed for member in self.crew.members.values()),
            late_ms_p99=round(quantile_us(late_us, 0.99) / 1000, 1) if late_us.any() else 0.0,
        )

    def stop(self, reason: str) -> None:
        """End the run at Locust's next look; the first reason stands."""
        self.stopped_because = self.stopped_because or reason

    def _deal(self, now_us: int) -> None:
        self._fates.lose(0, self.crew.deal(now_us))

    def _record(self) -> None:
        """Write what was booked every few seconds, on a thread, so that nobody waits for the disk."""
        on_a_thread: Callable[..., Any] = gevent.get_hub().threadpool.apply
        while not self._closing.wait(_WRITE_EVERY_S):
            due_us = min((member.next_due_us for member in self.crew.working()), default=self.clock.now_us())
            failed = on_a_thread(self._write, (self._writer.take(), due_us // 1_000_000))
            if failed is not None:
                self._record_broke(failed)
                return

    def _write(self, batch: Batch, closed_second: int) -> Exception | None:
        """What went wrong is returned: gevent's threads would print it."""
        try:
            self._writer.write(batch, closed_second)
        except Exception as failed:  # noqa: BLE001  (a record with a hole is no record: the run ends and says why)
            return failed
        return None

    def _record_broke(self, failed: Exception) -> None:
        self.stop(_broken(failed))

    def _steer_faults(self) -> None:
        """Tell the staging services when to break; a process of its own, because httpx stays off the load path."""
        zero = str(self.clock.zero_unix_s())
        command = [sys.executable, "-m", "doorbuster.rehearsal", "steer", str(self.directory.path), zero]
        try:
            steer = subprocess.run(
                command, capture_output=True, text=True, check=False, start_new_session=True, timeout=30
            )
        except subprocess.TimeoutExpired:
            raise RunDirectoryError("the staging services did not take the faults within 30 s") from None
        if steer.returncode:
            raise RunDirectoryError(steer.stderr.strip() or "the staging services did not take the faults")


def _broken(failed: Exception) -> str:
    name = "" if isinstance(failed, DoorbusterError) else f"{type(failed).__name__}: "
    return f"recorder broke: {name}{failed}"


def refused(environment: Any, error: Exception) -> None:
    """A run that cannot go on: one sentence and exit code 2, or for a bug of ours its traceback and 70."""
    if isinstance(error, DoorbusterError):
        print(f"doorbuster: {error}", file=sys.stderr, flush=True)
        environment.process_exit_code = EXIT_USAGE
    else:
        traceback.print_exception(error)
        environment.process_exit_code = EXIT_INTERNAL
