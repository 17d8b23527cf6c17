"""A curve that counts journeys apart lets the mix change by minute; a plain one changes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorbuster.errors import CurveError
from doorbuster.rehearsal.planning import plan_of
from doorbuster.traffic.mix import mix_by_step
from doorbuster.traffic.outlook_text import outlook_text
from doorbuster.traffic.plan import Plan
from doorbuster.vocabulary import JOURNEYS
from tests.conftest import ROOT, write_scenario

PINNED = "c0e9a5c6b7e3009d29f72d0fa2cdfa11a0f201e50878586d4b4827f669fc4f78"
SHARES = np.array([0.4, 0.2, 0.2, 0.2])


def planned(folder: Path, columns: dict[str, list[float | str]], rates: list[float], **keys: float) -> Plan:
    path = write_scenario(folder, rates, **keys)  # type: ignore[arg-type]
    head, *rows = (folder / "short.csv").read_text().splitlines()
    rows = [",".join([row, *(str(column[place]) for column in columns.values())]) for place, row in enumerate(rows)]
    (folder / "short.csv").write_text("\n".join([",".join([head, *columns]), *rows]) + "\n")
    return plan_of(path)


def test_a_plain_curve_sends_whom_it_always_sent() -> None:
    """A later version that moves them would break every comparison by seed."""
    assert plan_of(ROOT / "scenarios/black-friday.toml").fingerprint() == PINNED


def test_a_journey_comes_when_its_column_says(tmp_path: Path) -> None:
    columns: dict[str, list[float | str]] = {
        "browse": [8, 0], "cart": [2, 2], "native_checkout": [0, 4], "express_wallet": [0, 4],
    }  # fmt: skip
    plan = planned(tmp_path, columns, [10, 10])
    assert plan.planned_per_s[1:].round(9).tolist() == [[8, 2, 0, 0], [0, 2, 4, 4]]
    assert plan.planned_per_s[0].tolist() == plan.planned_per_s[1].tolist()  # the warm-up is like the first second


def test_the_instants_stay_where_they_were(tmp_path: Path) -> None:
    rates = [40.0, 80.0, 20.0]
    (tmp_path / "plain").mkdir()
    (tmp_path / "apart").mkdir()
    plain = planned(tmp_path / "plain", {}, rates)
    apart = planned(tmp_path / "apart", {"native_checkout": [1, 30, 1]}, rates)
    assert np.array_equal(plain.due_us, apart.due_us)
    assert not np.array_equal(plain.journey_index, apart.journey_index)


def test_shares_of_the_scenario_say_how_many_and_the_columns_only_when(tmp_path: Path) -> None:
    """The columns count one checkout in a thousand sessions, the scenario wants a fifth."""
    plan = planned(tmp_path, {"native_checkout": [1, 3, 0, 2]}, [50, 50, 50, 50])
    per_s = plan.planned_per_s[1:]
    assert per_s.sum(axis=1) == pytest.approx([50] * 4)
    assert per_s.sum(axis=0) == pytest.approx(SHARES * 200)
    assert per_s[2, 2] == 0
    assert per_s[1, 2] > per_s[3, 2] > per_s[0, 2]


def test_an_absent_minute_has_the_mix_of_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "held").mkdir()
    plan = planned(tmp_path, {"cart": [10, "", 30]}, [100, 100, 100])
    held = planned(tmp_path / "held", {"cart": [10, 20, 30]}, [100, 100, 100])
    assert np.array_equal(plan.planned_per_s, held.planned_per_s)


def test_the_plan_names_the_columns(tmp_path: Path) -> None:
    from doorbuster.journeys.expect import expect
    from doorbuster.traffic.outlook import outlook

    plan = planned(tmp_path, {"cart": [10, 20]}, [100, 100])
    assert "the curve says when they come: cart" in outlook_text(plan, outlook(plan, expect(plan.scenario, plan.seed)))


def test_a_column_that_is_no_number_names_its_row(tmp_path: Path) -> None:
    with pytest.raises(CurveError, match=r"row 3: \"cart\" is 'many'"):
        planned(tmp_path, {"cart": [10, "many"]}, [100, 100])


@given(
    sessions=st.lists(st.floats(0, 500), min_size=1, max_size=20),
    counts=st.lists(st.floats(0, 500), min_size=20, max_size=20),
    others=st.lists(st.floats(0, 500), min_size=20, max_size=20),
)
def test_every_minute_keeps_its_sessions(sessions: list[float], counts: list[float], others: list[float]) -> None:
    steps = np.array([*sessions, 1.0])
    columns = {"cart": np.array(counts[: steps.size]), "express_wallet": np.array(others[: steps.size])}
    columns = {name: np.resize(column, steps.size) for name, column in columns.items()}
    mix = np.broadcast_to(mix_by_step(steps, columns, SHARES), (steps.size, len(JOURNEYS)))
    assert np.isfinite(mix).all() and (mix >= 0).all()
    assert mix.sum(axis=1) == pytest.approx(np.full(steps.size, SHARES.sum()))
