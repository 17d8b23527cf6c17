"""Conducts one run in this process: door, recorder and health, from the first shopper to the last closed part."""

from __future__ import annotations

import gc
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import gevent
import numpy as np
from gevent.event import Event

from doorbuster.errors import DoorbusterError, RunDirectoryError
from doorbuster.record.directory import RunDirectory
from doorbuster.record.histogram import dense, quantile_us
from doorbuster.record.writer import RunWriter
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.door import Door
from doorbuster.swarm.ending import ending
from doorbuster.swarm.health import Health
from doorbuster.swarm.load_run import load_run
from doorbuster.swarm.locust_page import listener
from doorbuster.swarm.user import ShopperUser
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
    """One run, one process. Locust tells it when to start and to stop; it tells Locust when all is over."""

    def __init__(self, environment: Any, directory: RunDirectory, user_class: type[ShopperUser]) -> None:
        """Raises DoorbusterError when the run directory cannot be used."""
        self.directory = directory
        self.stopped_because: str | None = None
        self._runner = environment.runner
        has_faults = bool(directory.read_run()["faults"])
        clock = RunClock.starting_in(_LEAD_WITH_FAULTS_S if has_faults else _LEAD_S)
        self._plan, self._floor = load_run(directory, "local", clock, listener(environment))
        planned = self._plan.planned_by_second()
        self._writer = RunWriter(directory, planned)
        self._writer.warm_up()
        # Loading a long plan takes time of its own: the zero comes after it.
        self._floor.clock = RunClock.starting_in(_LEAD_WITH_FAULTS_S if has_faults else _LEAD_S)
        self._door = Door(self._floor, self._plan, self._runner, user_class)
        self._health = Health()
        self._greenlets: list[Any] = []
        self._recorder: Any = None
        self._closing = Event()
        if has_faults:
            self._steer_faults()

    def open(self) -> None:
        """Start the clock."""
        zero = datetime.fromtimestamp(self._floor.clock.zero_unix_s(), UTC)
        self.directory.update_run(started_at=zero.isoformat(), stopped_because="running")
        # What is loaded now lives as long as the run: keep the collector from walking it again and again.
        gc.collect()
        gc.freeze()
        self._recorder = gevent.spawn(self._record)
        self._greenlets = [gevent.spawn(self._door.run), gevent.spawn(self._health.watch)]
        self._greenlets[0].link_exception(lambda broken: self._stop(f"the door broke: {broken.exception!r}"))

    def over(self) -> bool:
        """Whether the run has reached its end, as `ending` has it."""
        if self.stopped_because is None:
            self.stopped_because = ending(
                now_s=self._floor.clock.now_us() / 1e6,
                next_due_s=self._door.next_due_us / 1e6,
                door_closed=self._door.closed,
                in_shop=len(self._runner.user_greenlets),
                duration_s=self._plan.duration_s,
                drain_s=self._floor.scenario.limits.drain_s,
            )
        return self.stopped_because is not None

    def shut_door(self) -> None:
        """Nobody else comes in; before Locust stops the shoppers inside, or a late one would be missed."""
        gevent.killall(self._greenlets[:1])

    def close(self) -> None:
        """After Locust has stopped the shoppers: write the rest and say how complete the run is."""
        self._closing.set()
        if self._recorder is not None:
            self._recorder.join(_LAST_WRITE_LIMIT_S)  # a part that is being written is written whole
        gevent.killall(self._greenlets)
        reason = self.stopped_because or "interrupted"
        counted: dict[str, Any] = {}
        if not reason.startswith("recorder broke"):
            try:
                self._writer.accept(self._floor.tally.take())
                counted = self._writer.finish()
            except Exception as failed:  # noqa: BLE001  (whatever broke the record, the run must say so)
                reason = f"recorder broke: {type(failed).__name__}: {failed}"
        not_reached = counted.get("conservation", {}).get("not_reached", 0)
        self.directory.update_run(
            ended_at=datetime.now(UTC).isoformat(),
            complete=reason == "finished" and not_reached == 0,
            stopped_because=reason,
            generator=self._health.summary(),
            bugs={"count": len(self._floor.bugs), "first": self._floor.bugs[:5]},
            **counted,
        )
        self.stopped_because = reason

    def progress(self) -> Progress:
        second = max(0.0, self._floor.clock.now_us() / 1e6)
        tally = self._floor.tally
        phase = "last shoppers" if self._door.closed else "rehearsal"
        return Progress(
            phase="warm-up" if second < self._plan.warm_up_s else phase,
            second=round(second, 1),
            duration_s=self._plan.duration_s,
            planned=int(np.searchsorted(self._plan.due_us, second * 1e6)),
            started=tally.late_us.total(),
            in_shop=len(self._runner.user_greenlets),
            failed=tally.failed,
            late_ms_p99=round(quantile_us(dense(tally.late_us), 0.99) / 1000, 1) if tally.late_us else 0.0,
        )

    def _record(self) -> None:
        """Hand over what was tallied every few seconds; written by a thread, so that no shopper waits for the disk."""
        write: Callable[..., Any] = gevent.get_hub().threadpool.apply
        while not self._closing.wait(_WRITE_EVERY_S):
            try:
                closed_second = self._door.next_due_us // 1_000_000
                write(self._writer.accept, (self._floor.tally.take(),))
                write(self._writer.close_seconds, (closed_second,))
            except Exception as failed:  # noqa: BLE001  (a record with a hole is no record: the run ends and says why)
                self._stop(f"recorder broke: {type(failed).__name__}: {failed}")
                return

    def _stop(self, reason: str) -> None:
        self.stopped_because = self.stopped_because or reason

    def _steer_faults(self) -> None:
        """Tell the staging services when to break; a process of its own, because httpx stays off the load path."""
        zero = str(self._floor.clock.zero_unix_s())
        command = [sys.executable, "-m", "doorbuster.rehearsal", "steer", str(self.directory.path), zero]
        try:
            steer = subprocess.run(
                command, capture_output=True, text=True, check=False, start_new_session=True, timeout=30
            )
        except subprocess.TimeoutExpired:
            raise RunDirectoryError("the staging services did not take the faults within 30 s") from None
        if steer.returncode:
            raise RunDirectoryError(steer.stderr.strip() or "the staging services did not take the faults")


def refused(environment: Any, error: Exception) -> None:
    """A run that cannot begin ends at once: one sentence and exit code 2, or for a bug of ours its traceback and 70."""
    if isinstance(error, DoorbusterError):
        print(f"doorbuster: {error}", file=sys.stderr, flush=True)
        environment.process_exit_code = EXIT_USAGE
    else:
        traceback.print_exception(error)
        environment.process_exit_code = EXIT_INTERNAL
    gevent.spawn(environment.runner.quit)
