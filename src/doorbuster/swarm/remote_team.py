"""The master's end of the line: has workers prepare, tells them how far they may go, notices who falls silent."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event

from doorbuster import __version__
from doorbuster.errors import WorkerError
from doorbuster.settings import load_settings
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.crew import GRANT_S, Member
from doorbuster.swarm.line import Message, listen, tell
from doorbuster.swarm.load_run import pack_run
from doorbuster.swarm.orders import as_message

if TYPE_CHECKING:
    from doorbuster.swarm.conductor import Conductor

_LOOK_EVERY_S = 0.1
_STOOD_STILL_S = 0.2
_COME_LIMIT_S = 120.0
_READY_LIMIT_S = 60.0
_LAST_WORDS_LIMIT_S = 8.0
_OTHER_PLAN = "came to another plan from the same files; install the same versions of doorbuster and numpy"


class RemoteTeam:
    """Workers at the end of a line (`team.Team`); one for each master, whatever runs it conducts."""

    lead_s = 0.5
    grant_s = GRANT_S

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self._conductor: Conductor | None = None
        self._clock: RunClock | None = None
        self._members: dict[str, Member] = {}
        self._preparing: dict[str, int] = {}  # client id to the number of what it was asked last
        self._asked = 0
        self._unable: dict[str, str] = {}
        self._changed = Event()
        self._watcher: Any = None
        listen(runner, self._hear)

    def prepare(self, conductor: Conductor) -> None:
        self._conductor, self._clock = conductor, None
        self._files = pack_run(conductor.directory)
        self._members, self._preparing, self._unable = {}, {}, {}
        for client in [*self._runner.clients.ready, *self._runner.clients.spawning, *self._runner.clients.running]:
            self._ask(client.id)
        give_up_s = monotonic() + _READY_LIMIT_S
        while self._preparing and not self._unable and (left_s := give_up_s - monotonic()) > 0:
            self._changed.clear()
            self._changed.wait(left_s)
        if self._unable:
            raise WorkerError("; ".join(f"worker {who}: {why}" for who, why in self._unable.items()))
        if self._preparing:
            late = ", ".join(self._preparing)
            raise WorkerError(f"not ready within {_READY_LIMIT_S:.0f} s: {late}; look at that worker's own output")
        if not self._members:
            raise WorkerError("there is no worker; start some with `doorbuster worker`, or use --workers N")

    def begin(self, clock: RunClock) -> None:
        self._clock = clock
        for member in list(self._members.values()):
            self._order(member)
        self._watcher = gevent.spawn(self._watch)
        self._watcher.link_exception(self._watch_broke)

    def shut_door(self) -> None:
        self._tell_all("shut")

    def last_reports(self) -> None:
        assert self._conductor is not None
        self._tell_all("home")
        give_up_s = monotonic() + _LAST_WORDS_LIMIT_S
        while any(not member.last_words for member in self._conductor.crew.working()) and monotonic() < give_up_s:
            self._changed.clear()
            self._changed.wait(max(0.0, give_up_s - monotonic()))
        if self._watcher is not None:
            self._watcher.kill()
        self._conductor = None

    def _hear(self, client_id: str, message: Message) -> None:
        """One message from a worker. Whatever breaks here has broken the record."""
        conductor = self._conductor
        try:
            if message["kind"] == "ping":
                tell(self._runner, {"kind": "pong", **self._stamp(message)}, client_id)
            elif conductor is None and message["kind"] == "report":
                tell(self._runner, {"kind": "dismissed", "term": message["term"]}, client_id)
            elif conductor is None or (conductor.stopped_because is not None and message["kind"] != "report"):
                return
            elif message["kind"] == "here":
                self._here(client_id)
            elif message["kind"] == "unable":
                self._preparing.pop(client_id, None)
                self._unable[client_id] = message["why"]
                print(f"doorbuster: worker {client_id}: {message['why']}", file=sys.stderr, flush=True)
            elif message["kind"] == "ready" and self._preparing.get(client_id) == message["asked"]:
                del self._preparing[client_id]
                if message["plan"] != conductor.plan_fingerprint:
                    self._hear(client_id, {"kind": "unable", "why": _OTHER_PLAN})
                    return
                self._members[client_id] = member = conductor.join(client_id, message["about"])
                if self._clock is not None:
                    self._order(member)
            elif message["kind"] == "report":
                self._report(client_id, message)
        except Exception as failed:  # noqa: BLE001  (Locust would only log it)
            if conductor is not None:
                conductor.stop(f"the master broke on a message from {client_id}: {type(failed).__name__}: {failed}")
        self._changed.set()

    def _here(self, client_id: str) -> None:
        assert self._conductor is not None
        before = self._members.pop(client_id, None)
        if before is not None and before.lost is None:
            self._conductor.lose(before, "started anew")
        self._ask(client_id)

    def _ask(self, client_id: str) -> None:
        self._asked += 1
        self._preparing[client_id] = self._asked
        tell(
            self._runner,
            {
                "kind": "prepare",
                "asked": self._asked,
                "files": self._files,
                "version": __version__,
                "settings": load_settings().told_apart_by(),
            },
            client_id,
        )

    def _report(self, client_id: str, message: Message) -> None:
        assert self._conductor is not None
        member = self._members.get(client_id)
        if member is None or member.term != message["term"] or member.lost is not None:
            tell(self._runner, {"kind": "dismissed", "term": message["term"]}, client_id)
            return
        if message["number"] != member.reports:
            self._conductor.lose(member, f"report {member.reports} went missing")
            return
        member.reports += 1
        self._conductor.hear(member, message["report"])
        if message["last"]:
            member.last_words = True
            if message["leaving"]:
                self._conductor.lose(member, "left")
        elif self._clock is not None:
            self._order(member, message)

    def _order(self, member: Member, answered: Message | None = None) -> None:
        assert self._conductor is not None and self._clock is not None
        orders = self._conductor.crew.grant(member, self._clock.now_us())
        tell(
            self._runner,
            {
                "kind": "orders",
                "term": member.term,
                "zero_s": self._clock.zero_s,
                "deals": as_message(orders.deals),
                "until": orders.until,
                **(self._stamp(answered) if answered else {}),
            },
            member.client_id,
        )

    def _stamp(self, asked: Message) -> Message:
        """When the worker asked, by its clock, and what ours says."""
        return {"sent_s": asked["sent_s"], "at_s": monotonic(), "wall_s": time.time()}

    def _tell_all(self, kind: str) -> None:
        for member in self._members.values():
            tell(self._runner, {"kind": kind, "term": member.term}, member.client_id)

    def _watch_broke(self, greenlet: Any) -> None:
        if self._conductor is not None:
            self._conductor.stop(f"the watch over the workers broke: {greenlet.exception!r}")

    def _watch(self) -> None:
        """Look for silence; while we stood still ourselves nobody could be heard, which is nobody's silence."""
        assert self._conductor is not None
        conductor = self._conductor
        looked_s = monotonic()
        while True:
            gevent.sleep(_LOOK_EVERY_S)
            late_s = monotonic() - looked_s - _LOOK_EVERY_S
            looked_s = monotonic()
            if late_s > _STOOD_STILL_S:
                conductor.crew.excuse(late_s)
                continue
            for member, silent_s in list(conductor.crew.silent(monotonic())):
                conductor.lose(member, f"fell silent ({silent_s:.1f} s)")


def wait_for_workers(runner: Any, expected: int, interrupted: Event, check: Callable[[], None] = lambda: None) -> None:
    """Until so many workers are there; `check` may say sooner that they will not come. Raises WorkerError."""
    give_up_s = monotonic() + _COME_LIMIT_S
    while len(runner.clients.ready) < expected and not interrupted.is_set():
        check()
        if monotonic() > give_up_s:
            raise WorkerError(
                f"{len(runner.clients.ready)} of {expected} workers came within {_COME_LIMIT_S:.0f} s; "
                f"start them with `doorbuster worker --master-host ... --master-port {runner.server.port}`"
            )
        interrupted.wait(_LOOK_EVERY_S)
