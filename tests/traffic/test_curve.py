"""Last year's curve, as shops have it: gaps and all."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from doorbuster.errors import CurveError
from doorbuster.scenario import Traffic
from doorbuster.traffic.curve import load_curve
from doorbuster.traffic.window import cut_window


def traffic(**keys: Any) -> Traffic:
    return Traffic.model_validate({"curve": "curve.csv", "buffer": 1.0, **keys})


def curve_file(folder: Path, text: str) -> Path:
    path = folder / "curve.csv"
    path.write_text(text)
    return path


def test_an_absent_minute_is_no_zero(tmp_path: Path) -> None:
    path = curve_file(
        tmp_path,
        "time,sessions\n2025-11-28 20:00:00,60\n2025-11-28 20:01:00,0\n2025-11-28 20:03:00,120\n2025-11-28 20:04:00,60\n",
    )
    curve = load_curve(path, traffic())
    assert curve.absent == 1
    assert curve.sessions[1] == 0
    assert np.isnan(curve.sessions[2])
    window = cut_window(curve, traffic(), "curve.csv")
    assert window.absent_steps == 1
    assert window.sessions_per_s[2] == pytest.approx(1.0)  # half-way between 0 and 120 a minute


def test_rows_in_any_order_gzipped_and_by_epoch_seconds(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv.gz"
    path.write_bytes(gzip.compress(b"at,n\n1764360060,30\n1764360000,60\n1764360120,90\n"))
    curve = load_curve(path, traffic(time="at", sessions="n"))
    assert curve.step_s == 60
    assert curve.sessions.tolist() == [60, 30, 90]


def test_orders_become_sessions_by_conversion(tmp_path: Path) -> None:
    path = curve_file(tmp_path, "time,n\n2025-11-28 20:00:00,31\n2025-11-28 20:01:00,62\n")
    assert load_curve(path, traffic(orders="n", conversion=0.031)).sessions.tolist() == pytest.approx([1000, 2000])


def test_the_busiest_hour_is_found_by_rolling_sum(tmp_path: Path) -> None:
    minutes = [10] * 200 + [50] * 60 + [10] * 100 + [60] + [10] * 50
    rows = [f"2025-11-28 {m // 60:02d}:{m % 60:02d}:00,{count}" for m, count in enumerate(minutes)]
    curve = load_curve(curve_file(tmp_path, "time,sessions\n" + "\n".join(rows)), traffic())
    window = cut_window(curve, traffic(window="peak 60m"), "curve.csv")
    assert window.label == "2025-11-28 03:20 to 2025-11-28 04:20"


def test_from_and_to_cut_a_window(tmp_path: Path) -> None:
    rows = [f"2025-11-28 20:{m:02d}:00,{m}" for m in range(60)]
    curve = load_curve(curve_file(tmp_path, "time,sessions\n" + "\n".join(rows)), traffic())
    keys = {"from": "2025-11-28T20:10:00", "to": "2025-11-28T20:15:00"}
    window = cut_window(curve, traffic(**keys), "curve.csv")
    assert (window.sessions_per_s * 60).tolist() == pytest.approx([10, 11, 12, 13, 14])


@pytest.mark.parametrize(
    ("text", "keys", "says"),
    [
        ("time,sessions\n", {}, "no rows"),
        ("when,sessions\n2025-11-28 20:00:00,1\n", {}, 'no column "time"'),
        ("time,sesions\n2025-11-28 20:00:00,1\n2025-11-28 20:01:00,1\n", {}, 'did you mean "sesions"'),
        ("time,sessions\n2025-11-28 20:00:00,1\nyesterday,2\n", {}, "row 3"),
        ("time,sessions\n2025-11-28 20:00:00,1\n2025-11-28 20:01:00,many\n", {}, "'many', not a number"),
        ("time,sessions\n2025-11-28 20:00:00,1\n2025-11-28 20:01:00,-4\n", {}, "cannot be negative"),
        ("time,sessions\n2025-11-28 20:00:00,1\n2025-11-28 20:00:00,2\n", {}, "repeats a time"),
        ("time,sessions\n2025-11-28 20:00:00,1\n", {}, "one row is no curve"),
        ("time,sessions\n2025-11-28 20:00:00,0\n2025-11-28 20:01:00,0\n", {}, "no sessions at all"),
        (
            "time,sessions\n2025-11-28 20:00:00,1\n2025-11-28 20:01:00,1\n2025-11-28 20:01:30,1\n2025-11-28 20:03:00,1\n2025-11-28 20:04:00,1\n",
            {},
            "not on the grid",
        ),
        ("time,sessions,sessions\n2025-11-28 20:00:00,1,1\n2025-11-28 20:01:00,1,1\n", {}, "two columns"),
        (
            "time,sessions\n2025-11-28 20:00:00,1\n2025-11-28 20:00:01,1\n2025-11-28 20:00:02,1\n2225-11-28 20:00:00,1\n",
            {},
            "correct the odd time",
        ),
        ("time,sessions\n2025-11-28,1\n2025-11-29,1\n", {"window": "peak 60m"}, "widen the window"),
    ],
)
def test_a_curve_that_cannot_be_used_says_where(tmp_path: Path, text: str, keys: dict[str, Any], says: str) -> None:
    path = curve_file(tmp_path, text)
    with pytest.raises(CurveError, match=says) as refused:
        cut_window(load_curve(path, traffic(**keys)), traffic(**keys), str(path))
    assert str(path) in str(refused.value)


def test_online_retail_as_it_is(shared: Path) -> None:
    """Invoices, one row an order; cancellations left out; nights and Saturdays are zeros."""
    keys = {
        "time": "invoice_time",
        "count_rows": "orders",
        "conversion": 0.031,
        "exclude": {"cancelled": "True"},
        "window": "peak 60m",
    }
    path = shared / "data/online_retail/invoices_2009-12_2011-06.csv.gz"
    curve = load_curve(path, traffic(**keys))
    assert curve.absent == 0
    assert curve.step_s == 60
    with gzip.open(path, "rt") as lines:
        kept = sum(1 for line in lines if line.rstrip().endswith("False"))
    assert curve.sessions.sum() * 0.031 == pytest.approx(kept)
    assert cut_window(curve, traffic(**keys), "x").duration_s == 3600


def test_worldcup98_as_it_is(shared: Path) -> None:
    """Requests a minute taken as sessions: ten minutes are absent, and the peak is 68 times the median."""
    keys = {"time": "period", "sessions": "count", "window": "peak 60m"}
    curve = load_curve(shared / "data/worldcup98/invocation_count_to_1998-06-28.csv", traffic(**keys))
    assert curve.absent == 10
    assert round(np.nanmax(curve.sessions) / np.nanmedian(curve.sessions)) == 68
