"""A worker's end of the line: loads what it is sent, walks what it is dealt, reports, and never outlives its orders."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import gevent
from gevent.event import Event
from gevent.queue import Queue

from doorbuster import __version__
from doorbuster.errors import DoorbusterError
from doorbuster.settings import load_settings
from doorbuster.swarm.clock import MasterClock, RunClock
from doorbuster.swarm.crew import SILENT_AFTER_S
from doorbuster.swarm.line import Message, listen, tell
from doorbuster.swarm.load_run import unpack_run
from doorbuster.swarm.locust_page import listener
from doorbuster.swarm.orders import Orders, from_message
from doorbuster.swarm.shift import REPORT_EVERY_S, Shift
from doorbuster.swarm.team import about_this_process
from doorbuster.swarm.user import ShopperUser
from doorbuster.vocabulary import EXIT_INTERNAL, EXIT_USAGE

MASTER_SILENT_S = 10.0
"""Shoppers whose master is gone are measured by nobody: they go home, and so do we."""
IDLE_MASTER_SILENT_S = 30.0
"""Between runs a master may be busy with a long plan."""
_LOOK_EVERY_S = 0.5
_PINGS = 12
_PONG_LIMIT_S = 2.0


class RemoteWorker:
    """One worker process; walks one run after the other, as its master sends them."""

    def __init__(self, environment: Any, user_class: type[ShopperUser]) -> None:
        self._environment = environment
        self._runner = environment.runner
        self._user_class = user_class
        self._page = listener(environment)
        self._shift: Shift | None = None
        self._mail: Queue[Message] = Queue()
        self._ponged = Event()
        self._clock = MasterClock()
        self._term = 0
        self._reports = 0
        self._heard_s = monotonic()
        self._reporter: Any = None
        listen(self._runner, self._hear)
        environment.events.quitting.add_listener(self._leave)
        environment.events.heartbeat_received.add_listener(self._hear_heartbeat)
        gevent.spawn(self._watch_master)
        gevent.spawn(self._work).link_exception(self._broke)
        tell(self._runner, {"kind": "here"})

    def _hear(self, _: str, message: Message) -> None:
        """Clocks are read at once; all the rest waits its turn, because loading a plan takes a while."""
        self._heard_s = monotonic()
        if "sent_s" in message:
            self._clock.heard(message["sent_s"], message["at_s"], monotonic(), message["wall_s"])
        if message["kind"] == "pong":
            self._ponged.set()
        elif message["kind"] == "orders":
            self._obey(message)
        else:
            self._mail.put(message)

    def _work(self) -> None:
        for message in self._mail:
            if message["kind"] == "prepare":
                self._prepare(message)
            elif message["term"] != self._term or self._shift is None:
                continue
            elif message["kind"] == "shut":
                self._shift.shut_door()
            elif message["kind"] == "home":
                self._shift.send_home("in_flight")
                self._report(last=True)
                self._put_down()
            elif message["kind"] == "dismissed":
                self._put_down()
                tell(self._runner, {"kind": "here"})

    def _prepare(self, message: Message) -> None:
        self._put_down()
        try:
            if message["version"] != __version__:
                raise DoorbusterError(f"has version {__version__}, the master {message['version']}; install the same")
            _agree(load_settings().told_apart_by(), message["settings"])
            with TemporaryDirectory(prefix="doorbuster-") as folder:
                directory = unpack_run(message["files"], Path(folder))
                shift = Shift(self._environment, directory, self._user_class, self._page)
            self._find_clock()
        except Exception as failed:  # noqa: BLE001  (the master must hear of it, whatever it was)
            why = str(failed) if isinstance(failed, DoorbusterError) else f"{type(failed).__name__}: {failed}"
            print(f"doorbuster: this worker {why}", file=sys.stderr, flush=True)
            tell(self._runner, {"kind": "unable", "why": why})
            return
        self._shift, self._term, self._reports = shift, 0, 0
        ready = {"kind": "ready", "asked": message["asked"], "plan": shift.plan_fingerprint}
        tell(self._runner, {**ready, "about": about_this_process()})

    def _find_clock(self) -> None:
        self._clock = MasterClock()
        for _ in range(_PINGS):
            self._ponged.clear()
            tell(self._runner, {"kind": "ping", "sent_s": monotonic()})
            if not self._ponged.wait(_PONG_LIMIT_S):
                raise DoorbusterError("hears no answer from the master's clock")
        self._clock.fix()

    def _obey(self, message: Message) -> None:
        if self._shift is None or (self._term and message["term"] != self._term):
            return
        # The first orders answer no report and so give no lease: the first report, sent at once, gets one.
        lease_until_s = message.get("sent_s", -SILENT_AFTER_S) + SILENT_AFTER_S
        self._shift.obey(Orders(from_message(message["deals"]), message["until"], lease_until_s))
        if not self._term:
            self._term = message["term"]
            self._environment.events.test_start.fire(environment=self._environment)
            self._shift.begin(RunClock(self._clock.zero_here_s(message["zero_s"])))
            self._reporter = gevent.spawn(self._keep_reporting)

    def _keep_reporting(self) -> None:
        while True:
            self._report()
            gevent.sleep(REPORT_EVERY_S)

    def _watch_master(self) -> None:
        while monotonic() - self._heard_s < (MASTER_SILENT_S if self._shift else IDLE_MASTER_SILENT_S):
            asleep_s = monotonic()
            gevent.sleep(_LOOK_EVERY_S)
            # While we stood still ourselves, the master could not be heard: that is not its silence.
            self._heard_s += monotonic() - asleep_s - _LOOK_EVERY_S
        print("doorbuster: the master fell silent; this worker ends", file=sys.stderr, flush=True)
        self._environment.process_exit_code = EXIT_USAGE
        self._runner.quit()

    def _hear_heartbeat(self, **_: Any) -> None:
        self._heard_s = monotonic()

    def _report(self, last: bool = False, leaving: bool = False) -> None:
        assert self._shift is not None
        report = self._shift.report()
        report["health"] |= self._clock.figures()
        number, self._reports = self._reports, self._reports + 1
        tell(
            self._runner,
            {
                "kind": "report", "term": self._term, "number": number, "sent_s": monotonic(),
                "report": report, "last": last, "leaving": leaving,
            },
        )  # fmt: skip

    def _put_down(self) -> None:
        if self._shift is not None:
            gevent.killall([self._reporter] if self._reporter else [])
            self._shift.send_home("lost")
            self._shift.end()
            self._shift = None

    def _broke(self, greenlet: Any) -> None:
        """A bug of ours: this worker falls silent, which the master knows how to count."""
        print(f"doorbuster: this worker broke: {greenlet.exception!r}", file=sys.stderr, flush=True)
        self._environment.process_exit_code = EXIT_INTERNAL
        gevent.spawn(self._runner.quit)

    def _leave(self, **_: Any) -> None:
        """This process is asked to end in the middle of a run: its shoppers are lost, but not unheard of."""
        if self._shift is not None and self._term:
            self._shift.send_home("lost")
            self._report(last=True, leaving=True)
            self._put_down()


def _agree(here: Mapping[str, str], at_master: Mapping[str, str]) -> None:
    """Raises DoorbusterError when this worker would meet the shop otherwise than the others."""
    for name in sorted({*here, *at_master}):
        if here.get(name) != at_master.get(name):
            how = "differs from" if name in here and name in at_master else "is not set as at"
            raise DoorbusterError(f"is set up otherwise: DOORBUSTER_{name.upper()} {how} the master; set both alike")
