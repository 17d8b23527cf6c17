"""A generator that cannot keep up says so, instead of measuring its own slowness as the shop's."""

from __future__ import annotations

from pathlib import Path

import pytest

from doorbuster.rehearsal.starvation import starved
from doorbuster.swarm.ending import ending


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
    ("now_s", "next_due_s", "closed", "in_shop", "says"),
    [
        (40.0, 20.0, False, 3, "the generator fell 15 s behind the curve"),
        (40.0, 39.0, False, 0, None),
        (40.0, 30.0, True, 3, None),
        (40.0, 30.0, True, 0, "finished"),
        (91.0, 30.0, True, 3, "finished"),
    ],
)
def test_a_run_ends_when_all_are_home_or_when_it_is_hopeless(
    now_s: float, next_due_s: float, closed: bool, in_shop: int, says: str | None
) -> None:
    assert ending(now_s, next_due_s, closed, in_shop, duration_s=30.0, drain_s=60.0) == says
