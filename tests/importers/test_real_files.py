"""Real series: right peaks, gaps and doubled hours. The files are not part of the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from doorbuster.importers.imported import Imported
from doorbuster.importers.series import SeriesOptions, read_series
from tests.importers.conftest import told


def imported(path: Path, **options: object) -> Imported:
    return read_series(path, "real", SeriesOptions(**options))  # type: ignore[arg-type]


def test_online_retail_is_orders_without_cancellations_and_hardly_a_november_peak(shared: Path) -> None:
    found = imported(shared / "data/online_retail/invoices_2009-12_2011-06.csv.gz")
    assert found.curve.leading == "orders"
    assert {one.what: one.rows for one in found.dropped} == {"cancellations": 6462, "adjustments": 3}
    assert found.read_rows == 34058
    assert np.nansum(found.curve.count) == 34058
    said = told(found)
    assert "no November peak in 2010: Black Friday 1.01 times" in said
    assert "busiest day: 2009-12-22 (Tue), 182 orders, 2.64 times the median day above zero (69)" in said
    assert "that are zero the median is" in said
    assert "no step of 1 min is absent" in said
    growth = found.growth["native_checkout"]
    assert growth.low is not None and growth.high is not None
    assert growth.low < growth.value < growth.high
    assert "browse" not in found.growth
    # The busiest hour of the file is older than a year; the chosen one is 4 November 2010.
    assert found.curve.start_s[found.window.first] == 1288880040


def test_worldcup_has_ten_absent_minutes_and_a_minute_of_68_medians(shared: Path) -> None:
    found = imported(shared / "data/worldcup98/invocation_count_to_1998-06-28.csv", as_="requests")
    assert int(np.isnan(found.curve.count).sum()) == 10
    said = told(found)
    assert (
        "10 of 85,110 steps of 1 min are absent, not zero, in 7 gaps; the longest from 1998-05-17 09:43 (3 steps)"
        in said
    )
    assert "busiest minute: 1998-06-25 15:58, 213,235 requests, 67.6 times the median minute" in said
    assert "whether the shop has a November peak cannot be said" in said


def test_a_load_balancers_counts_lack_eight_steps(shared: Path) -> None:
    found = imported(shared / "data/nab/elb_request_count_8c0756.csv", as_="requests")
    assert (found.curve.step_s, int(np.isnan(found.curve.count).sum())) == (300, 8)
    assert "in 8 gaps" in told(found, "absent")


def test_an_hour_that_a_clock_conversion_piled_up_is_said(shared: Path) -> None:
    """Twelve rows of 9 March 2014 all say 03:00, in place of the hour that clocks of the United States skip."""
    found = imported(shared / "data/nab/ec2_request_latency_system_failure.csv", as_="requests")
    assert found.bad.count == 12
    said = told(found)
    assert "12 rows repeat a time that has its count already (2014-03-09 03:00): a Sunday" in said
    assert "2014-03-09 02:01 (12 steps)" in said


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("loadtests/jmeter/jenkins_JMeterCsvResults.csv", "JMeter"),
        ("loadtests/k6/finance_k6-results.csv", "k6"),
        ("loadtests/locust/berriai_stats_history.csv", "Locust"),
        ("elastic_logs/apache_logs", "access log"),
        ("zanbil/access_first3000.log", "access log"),
        ("uci_shoppers/online_shoppers_even.csv", "no format known"),
    ],
)
def test_what_is_no_series_is_named(file: str, says: str, shared: Path) -> None:
    from doorbuster.errors import ImportFileError

    path = shared / "data" / file
    if not path.exists():
        pytest.skip(f"{file} is not there")
    with pytest.raises(ImportFileError, match=says):
        imported(path)
