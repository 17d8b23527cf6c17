"""What workers' reports cost the master: bytes and processor time a second with 1, 10 and 100 simulated workers.

    python bench/master_cost.py [--rounds 3] [--seconds 12]

Each worker reports twice a second, as all workers do: what a real Tally holds after 50 session starts a second of six
steps each, packed with all else by Locust's own Message. The master is the real one, conductor, team, crew, fates and
writer, into a temporary run directory; only the socket is left out: messages are unpacked and handed over when they are
due, and the orders that answer them are packed. Its processor time is this process's, all threads, while it hears
nobody else. The second table shows one worker whose sessions send ten and a hundred times the requests: a report holds
histograms, so its size is bounded by how many different latencies there are.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
from lateness import prepared, spread
from locust.rpc.protocol import Message

from doorbuster.record.directory import RunDirectory
from doorbuster.record.tables import SESSIONS
from doorbuster.record.tally import Taken, Tally
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.conductor import Conductor
from doorbuster.swarm.health import Health
from doorbuster.swarm.load_run import load_run
from doorbuster.swarm.remote_team import RemoteTeam
from doorbuster.swarm.shift import REPORT_EVERY_S
from doorbuster.swarm.team import about_this_process
from doorbuster.vocabulary import ARM

WORKERS, MORE_STEPS = (1, 10, 100), (60, 600)
SESSIONS_PER_S, STEPS, SESSION_S = 50, 6, 4.0
SESSION_US, REPORT_EVERY_US = int(SESSION_S * 1e6), REPORT_EVERY_S * 1e6
NAMES = ("home", "collection", "search", "product", "cart.create", "cart.view")
LOG_MEDIAN_US, SIGMA = math.log(60_000), 0.6


@dataclass(frozen=True)
class Cost:
    """What a master's workers cost it in a second."""

    in_bytes: float
    out_bytes: float
    core: float
    """Processor time, of one core."""


class Line:
    """Stands for Locust's runner: workers at the other end of a line without a socket."""

    def __init__(self, workers: int, last_number: int) -> None:
        self.names = [f"worker-{number}" for number in range(workers)]
        self.clients = SimpleNamespace(ready=[SimpleNamespace(id=n) for n in self.names], spawning=[], running=[])
        self.terms: dict[str, int] = {}
        self.plan = ""
        """Its fingerprint, which a worker that is ready says."""
        self.bytes_out = 0
        self._last_number = last_number
        self._hear: Callable[..., None] = lambda **_: None

    def register_message(self, _: str, hear: Callable[..., None]) -> None:
        self._hear = hear

    def send_message(self, channel: str, data: dict[str, Any], client_id: str) -> None:
        self.bytes_out += len(Message(channel, data, client_id).serialize())
        if data["kind"] == "prepare":
            ready = {"kind": "ready", "asked": data["asked"], "plan": self.plan, "about": about_this_process()}
            gevent.spawn(self.deliver, Message(channel, ready, client_id).serialize())
        elif data["kind"] == "orders":
            self.terms[client_id] = data["term"]
        elif data["kind"] == "home":
            last = report(client_id, data["term"], self._last_number, Tally().take(), last=True)
            gevent.spawn(self.deliver, last)

    def deliver(self, packed: bytes) -> None:
        self._hear(msg=Message.unserialize(packed), environment=None)


def report(name: str, term: int, number: int, tally: Taken, last: bool = False) -> bytes:
    """A worker's report as swarm/remote_worker.py and swarm/shift.py make it, packed."""
    body = {
        "tally": tally, "next_due_us": int(number * REPORT_EVERY_US), "closed": last, "in_shop": 200,
        "health": {**Health().summary(), "clock_error_ms": 0.123, "wall_clock_offset_ms": 0.123},
        "bugs": {"count": 0, "first": []}, "broken": None,
    }  # fmt: skip
    message = {"kind": "report", "term": term, "number": number, "sent_s": time.monotonic(), "report": body,
               "last": last, "leaving": False}  # fmt: skip
    return bytes(Message("doorbuster", message, name).serialize())


def tallies(due_us: Sequence[int], rank: int, of: int, steps: int, count: int) -> list[Taken]:
    """What one worker's tally holds at each of its reports, when it walks its share of these arrivals."""
    booked = [Tally() for _ in range(count + 1)]  # the last is for all that comes after
    draw = random.Random(rank)

    def at(moment_us: float) -> Tally:
        return booked[min(count, int(moment_us // REPORT_EVERY_US))]

    for session in range(rank, len(due_us), of):
        due = due_us[session]
        at(due).started(session, draw.randrange(500, 3000))
        for step in range(steps):
            sent_us, took_us = due + SESSION_US / steps * step, draw.lognormvariate(LOG_MEDIAN_US, SIGMA)
            at(sent_us + took_us).step(sent_us, "browse", NAMES[step % len(NAMES)], "ok", took_us, took_us + 800)
        row = {
            "session": session, "journey": "browse", "due_us": due, "started_us": due + 900, "last_step": NAMES[-1],
            "ended_us": due + SESSION_US, "outcome": "ok", "patience_s": 30.123456789, "products": ["rugs-7", "lamp-1"],
            "arm": ARM,
        }  # fmt: skip
        at(due + SESSION_US).sessions.append({name: row.get(name) for name in SESSIONS.names})
    return [tally.take() for tally in booked[:count]]


def master(directory: RunDirectory, workers: int, steps: int, seconds: int) -> Cost:
    """The cost of so many workers, once sessions end as fast as they start."""
    plan, _ = load_run(directory, RunClock.starting_in(0), lambda *_: None)
    due_us, count = plan.due_us.tolist(), int((SESSION_S + seconds) / REPORT_EVERY_S)
    line = Line(workers, last_number=count + 1)
    conductor = Conductor(directory, RemoteTeam(line))
    line.plan = conductor.plan_fingerprint
    # All is packed beforehand, so that what is measured is the master's.
    rounds: list[list[bytes]] = [[] for _ in range(count + 1)]
    for rank, name in enumerate(line.names):
        for number, tally in enumerate([Tally().take(), *tallies(due_us, rank, workers, steps, count)]):
            rounds[number].append(report(name, rank + 1, number, tally))
    conductor.open()
    assert [line.terms[name] for name in line.names] == list(range(1, workers + 1))
    used_s = 0.0
    for number, packed in enumerate(rounds):
        if number == int(SESSION_S / REPORT_EVERY_S) + 1:
            used_s, line.bytes_out = time.process_time(), 0
        for place, message in enumerate(packed):
            # Workers do not report in step with each other; only their first reports come together.
            due_s = (number + place / workers) * REPORT_EVERY_S if number else 0.0
            gevent.sleep(max(0.0, due_s - conductor.clock.now_us() / 1e6))
            line.deliver(message)
    core = (time.process_time() - used_s) / seconds
    judged = rounds[-int(seconds / REPORT_EVERY_S) :]
    in_bytes = sum(len(message) for packed in judged for message in packed)
    cost = Cost(in_bytes / seconds, line.bytes_out / seconds, core)
    conductor.close()
    run = directory.read_run()
    if run["stopped_because"] != "interrupted" or any(worker["lost"] for worker in run["by_worker"]):
        raise SystemExit(f"{run['stopped_because']}: {run['by_worker']}")
    return cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=12)
    options = parser.parse_args()
    costs: dict[tuple[int, int], list[Cost]] = {}
    for seed in range(options.rounds):
        for workers, steps in (*((workers, STEPS) for workers in WORKERS), *((1, steps) for steps in MORE_STEPS)):
            with tempfile.TemporaryDirectory() as folder:
                directory = prepared(Path(folder) / "run", SESSIONS_PER_S * workers, options.seconds, seed)
                cost = master(directory, workers, steps, options.seconds)
            costs.setdefault((workers, steps), []).append(cost)
            print(f"round {seed + 1}: {workers} workers, {steps} steps a session: {cost}", file=sys.stderr, flush=True)
    print(f"\nEach worker: {SESSIONS_PER_S} sessions a second of {STEPS} steps. Medians (lowest to highest).\n")
    print("| workers | kB a second to the master | kB a second from it | processor, % of a core | ms a report |")
    print("|--:|--:|--:|--:|--:|")
    for workers in WORKERS:
        each = costs[workers, STEPS]
        print(
            f"| {workers} | {spread([cost.in_bytes / 1e3 for cost in each], 1)} "
            f"| {spread([cost.out_bytes / 1e3 for cost in each], 1)} | {spread([cost.core * 100 for cost in each], 1)} "
            f"| {spread([cost.core * 1e3 * REPORT_EVERY_S / workers for cost in each])} |"
        )
    print(f"\nOne worker, the same {SESSIONS_PER_S} sessions a second, more requests in each.\n")
    print("| requests a second | kB a report | processor, % of a core |\n|--:|--:|--:|")
    for steps in (STEPS, *MORE_STEPS):
        each = costs[1, steps]
        kilobytes = spread([cost.in_bytes * REPORT_EVERY_S / 1e3 for cost in each], 1)
        print(f"| {SESSIONS_PER_S * steps:,} | {kilobytes} | {spread([cost.core * 100 for cost in each], 1)} |")


if __name__ == "__main__":
    main()
