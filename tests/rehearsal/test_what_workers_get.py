"""A worker gets the prepared run's files and nothing else; what the scenario says of connections reaches the shoppers."""

from __future__ import annotations

from pathlib import Path

from doorbuster.record.directory import RunDirectory
from doorbuster.swarm.clock import RunClock
from doorbuster.swarm.load_run import load_run, pack_run, unpack_run
from tests.rehearsal.conftest import SECRETS, Finished

CLOCK = RunClock(0.0)
CONNECTIONS = b"""
[connections]
reuse = true
connect_timeout_s = 3
body_limit_mb = 1
"""


def test_the_files_travel_and_nothing_else_is_written(finished: Finished, tmp_path: Path) -> None:
    files = pack_run(RunDirectory(finished.path))
    assert not any(value.encode() in content for value in SECRETS.values() for content in files.values())
    there = unpack_run({**files, "../escaped.txt": b"no"}, tmp_path / "there")
    assert not (tmp_path / "escaped.txt").exists()
    plan, floor = load_run(there, CLOCK, lambda *_: None)
    same_plan, same_floor = load_run(RunDirectory(finished.path), CLOCK, lambda *_: None)
    assert plan.due_us.tolist() == same_plan.due_us.tolist()
    assert floor.visits.visit(3, "native_checkout") == same_floor.visits.visit(3, "native_checkout")


def test_what_the_scenario_says_of_connections_holds(finished: Finished, tmp_path: Path) -> None:
    files = pack_run(RunDirectory(finished.path))
    _, floor = load_run(unpack_run(files, tmp_path / "plain"), CLOCK, lambda *_: None)
    assert not floor.transport.reuse_connections
    files["scenario.toml"] += CONNECTIONS
    _, floor = load_run(unpack_run(files, tmp_path / "wished"), CLOCK, lambda *_: None)
    transport = floor.transport
    assert (transport.reuse_connections, transport.connect_timeout_s, transport.body_limit_bytes) == (True, 3, 1 << 20)
    assert not transport.proxies_from_environment
