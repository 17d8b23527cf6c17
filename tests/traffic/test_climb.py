"""A headroom scenario climbs in multiples of last year's peak; growth changes its mix and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from doorbuster.errors import ScenarioError
from doorbuster.rehearsal.planning import plan_of
from doorbuster.traffic.climb import peak_rows
from doorbuster.traffic.outlook_text import outlook_text
from doorbuster.traffic.plan import Plan
from tests.conftest import ROOT, write_scenario

RATES = [2.0, 4.0, 10.0, 4.0]
TABLE = '[headroom]\nfrom = 0.5\nto = 2\nramp = "40s"\nhold = "20s"\n'


def climbing(folder: Path, more: str = TABLE, **wishes: float) -> Plan:
    return plan_of(write_scenario(folder, RATES, more=more), **wishes)  # type: ignore[arg-type]


def test_a_ramp_rises_from_and_to_multiples_of_last_years_peak(tmp_path: Path) -> None:
    plan = climbing(tmp_path)
    times = plan.planned_per_s.sum(axis=1) / plan.last_year_per_s
    assert set(plan.last_year_per_s) == {
        np.mean(RATES)
    }  # four seconds are less than a minute: all of them are the peak
    assert times[[0, 1, -1]] == pytest.approx([0.5, 0.5, 2.0])
    assert (np.diff(times[1:]) > 0).all()
    assert plan.duration_s == 41


def test_a_hold_stays_at_its_level_for_as_long_as_is_said(tmp_path: Path) -> None:
    plan = climbing(tmp_path, hold_at=1.35)
    assert plan.planned_per_s.sum(axis=1) == pytest.approx(np.full(21, 1.35 * np.mean(RATES)))
    assert climbing(tmp_path, hold_at=1.35, minutes=1).duration_s == 61
    assert plan.fingerprint() != climbing(tmp_path, hold_at=1.36).fingerprint()
    assert plan.fingerprint() == climbing(tmp_path, hold_at=1.35).fingerprint()


def test_growth_changes_the_mix_alone(tmp_path: Path) -> None:
    path = write_scenario(tmp_path, RATES, more=TABLE)
    path.write_text(path.read_text().replace("growth = 1.0", "growth = { browse = 3.0 }"))
    plan = plan_of(path)
    assert plan.planned_per_s[-1].sum() == pytest.approx(2 * np.mean(RATES))
    assert plan.planned_per_s[-1] / plan.planned_per_s[-1].sum() == pytest.approx(
        [1.2 / 1.8, 0.2 / 1.8, 0.2 / 1.8, 0.2 / 1.8]
    )


def test_the_busiest_minute_is_the_peak_and_not_its_busiest_second() -> None:
    per_s = np.ones(300)
    per_s[10] = 50
    per_s[200:260] = 3
    assert peak_rows(per_s, 1) == slice(200, 260)
    assert peak_rows(per_s, 60) == slice(10, 11)
    assert peak_rows(per_s[:5], 3600) == slice(0, 1)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("[headroom]\nfrom = 2\nto = 1\n", "must lie above from"),
        ("[headroom]\nfractions = [0.9, 0.8]\n", "must rise"),
        ("[headroom]\nfractions = []\n", "headroom.fractions"),
        ("[headroom]\nholds = 3\n", "unknown key headroom.holds"),
        ('[headroom]\nramp = "5s"\n', "headroom.ramp"),
        ("[headroom]\nto = inf\n", "headroom.to"),
    ],
)  # fmt: skip
def test_a_table_that_makes_no_sense_is_one_sentence(tmp_path: Path, table: str, why: str) -> None:
    with pytest.raises(ScenarioError, match=why):
        climbing(tmp_path, table)


def test_a_buffer_would_be_counted_twice(tmp_path: Path) -> None:
    path = write_scenario(tmp_path, RATES, more=TABLE)
    path.write_text(path.read_text().replace("buffer = 1.0", "buffer = 1.25"))
    with pytest.raises(ScenarioError, match=r"buffer must be 1\.0"):
        plan_of(path)


def test_a_level_needs_a_headroom_scenario(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"no \[headroom\]"):
        climbing(tmp_path, "", hold_at=1.2)


def test_the_plan_says_what_is_climbed() -> None:
    from doorbuster.journeys.expect import expect
    from doorbuster.traffic.outlook import outlook

    for hold_at, says in ((None, "0.3x to 3x last year's peak, the minute of"), (1.35, "1.35x last year's peak")):
        plan = plan_of(ROOT / "scenarios/headroom.toml", hold_at=hold_at)
        text = outlook_text(plan, outlook(plan, expect(plan.scenario, plan.seed)))
        assert says in text.splitlines()[0]
        assert "shorter than the window" not in text
