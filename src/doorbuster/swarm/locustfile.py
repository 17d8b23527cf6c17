"""What locustfiles/peak.py calls: the same rehearsal as `doorbuster run`, for people who live in Locust."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
from locust import events
from locust.runners import WorkerRunner

from doorbuster.cards import find_scenario
from doorbuster.errors import DoorbusterError, RunDirectoryError, TargetError
from doorbuster.record.directory import RunDirectory
from doorbuster.settings import checked_target, load_settings
from doorbuster.swarm.conductor import Conductor
from doorbuster.swarm.locust_run import RunHooks
from doorbuster.swarm.remote_worker import RemoteWorker
from doorbuster.swarm.user import ShopperUser
from doorbuster.vocabulary import EXIT_INTERRUPTED, EXIT_USAGE


def rehearse_under_locust(user_class: type[ShopperUser]) -> None:
    """Register the options and the hooks of a rehearsal with Locust; call it once, at the top of a locustfile."""

    @events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]  # Locust ships no complete types
    def _options(parser: Any) -> None:
        group = parser.add_argument_group("doorbuster")
        group.add_argument("--scenario", default="smoke", help="path or name of the scenario to rehearse")
        group.add_argument("--seed", default="", help="another seed than the scenario's")
        group.add_argument("--scale", default="1", help="multiplies the rates")
        group.add_argument("--minutes", default="", help="squeezes the scenario's clock into so many minutes")

    @events.init.add_listener  # type: ignore[untyped-decorator]  # the same
    def _init(environment: Any, **_: Any) -> None:
        # Locust takes care of it only after a run that it started by itself.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if isinstance(environment.runner, WorkerRunner):
            RemoteWorker(environment, user_class)
            return

        def closed(conductor: Conductor) -> None:
            environment.process_exit_code = _finish(conductor)

        RunHooks(environment, user_class, lambda: _prepare(environment), closed)


def _prepare(environment: Any) -> RunDirectory:
    """A prepared run directory, made by a process of its own. Raises DoorbusterError with its sentence."""
    options = environment.parsed_options
    settings = load_settings()
    target = environment.host or settings.target
    if not target:
        raise TargetError("no shop to rehearse on; give --host or DOORBUSTER_TARGET")
    try:
        asked = {
            "scenario_path": str(find_scenario(options.scenario)),
            "runs": str(settings.runs),
            "target": checked_target(target),
            "seed": int(options.seed) if options.seed else None,
            "scale": _above_zero(options.scale),
            "minutes": _above_zero(options.minutes) if options.minutes else None,
        }
    except ValueError as wrong:
        raise TargetError(f"--host, --seed, --scale or --minutes: {wrong}") from None
    done = _step("prepare", orjson.dumps(asked).decode())
    if done.returncode:
        raise RunDirectoryError(done.stderr.strip().splitlines()[-1])
    return RunDirectory(Path(done.stdout.strip()))


def _above_zero(text: str) -> float:
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{text} is no number above zero")
    return number


def _finish(conductor: Conductor) -> int:
    """Read back and judge; returns Locust's exit code and prints the run directory last."""
    done = _step("finish", str(conductor.directory.path))
    if done.returncode == EXIT_USAGE:
        print(f"doorbuster: {done.stderr.strip()}", file=sys.stderr)
    for reason in done.stdout.splitlines():
        print(f"INVALID: {reason}")
    print(conductor.directory.path)
    return EXIT_INTERRUPTED if conductor.stopped_because == "interrupted" else done.returncode


def _step(verb: str, argument: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [sys.executable, "-m", "doorbuster.rehearsal", verb, argument],
            capture_output=True, text=True, check=False, start_new_session=True,
        )  # fmt: skip
    except OSError as failed:
        raise DoorbusterError(f"cannot start a process of our own ({failed})") from None
