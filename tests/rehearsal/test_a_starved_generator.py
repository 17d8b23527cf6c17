"""A generator that cannot keep up says so, instead of measuring its own slowness as the shop's."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from doorbuster.rehearsal.starvation import starved
from doorbuster.swarm.conductor import Conductor


@pytest.mark.parametrize(
    ("ran_ns", "waited_ns", "is_starved"),
    [(10**9, 10**9, False), (10**8, 10**9, False), (10**9, 60 * 10**9, True), (10**10, 20 * 10**9, False)],
)
def test_waiting_for_the_processor_is_noticed_before_anything_is_sent(
    ran_ns: int, waited_ns: int, is_starved: bool, tmp_path: Path
) -> None:
    schedstat = tmp_path / "schedstat"
    schedstat.write_text(f"{ran_ns} {waited_ns} 17\n")
    assert (starved(schedstat) is not None) == is_starved


def test_where_the_system_does_not_count_it_nothing_is_claimed(tmp_path: Path) -> None:
    assert starved(tmp_path / "nothing") is None


@pytest.mark.parametrize(
    ("now_s", "next_due_s", "closed", "says"),
    [(40.0, 20.0, False, "behind the curve"), (40.0, 39.0, False, None), (40.0, 20.0, True, "finished")],
)
def test_a_door_far_behind_its_curve_gives_up(now_s: float, next_due_s: float, closed: bool, says: str | None) -> None:
    conductor: Any = Conductor.__new__(Conductor)
    conductor.stopped_because = None
    conductor._door = SimpleNamespace(closed=closed, next_due_us=int(next_due_s * 1e6))
    limits = SimpleNamespace(drain_s=60.0)
    conductor._floor = SimpleNamespace(
        clock=SimpleNamespace(now_us=lambda: int(now_s * 1e6)), scenario=SimpleNamespace(limits=limits)
    )
    conductor._plan = SimpleNamespace(duration_s=30.0)
    conductor._runner = SimpleNamespace(user_greenlets=[])
    assert conductor.over() == (says is not None)
    assert (says or "") in (conductor.stopped_because or "")
