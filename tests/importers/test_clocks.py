"""Clocks as exports keep them: offsets, doubled and skipped hours, mixed zones, rows out of order."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from doorbuster.errors import ImportFileError
from tests.importers.conftest import Read, rows, told

NEW_YORK = ZoneInfo("America/New_York")


def local_hours(first: datetime, last: datetime, form: str = "%Y-%m-%d %H:%M") -> list[str]:
    """Each hour as a clock on the wall shows it, doubled and skipped hours as they come."""
    at, hours = first.astimezone(ZoneInfo("UTC")), []
    while at < last:
        hours.append(at.astimezone(NEW_YORK).strftime(form))
        at += timedelta(hours=1)
    return hours


def file_of(hours: list[str], counts: list[int] | None = None) -> str:
    lines = [f"{hour},{count}" for hour, count in zip(hours, counts or range(100, 100 + len(hours)), strict=True)]
    return "\n".join(["time,sessions", *lines]) + "\n"


def night(day: datetime) -> list[str]:
    return local_hours(day.replace(tzinfo=NEW_YORK), (day + timedelta(days=3)).replace(tzinfo=NEW_YORK))


AUTUMN = night(datetime(2025, 11, 1))
SPRING = night(datetime(2025, 3, 8))


def test_the_hour_that_clocks_repeat_is_two_hours(read: Read) -> None:
    imported = read(file_of(AUTUMN), timezone="America/New_York")
    assert AUTUMN.count("2025-11-02 01:00") == 2
    assert imported.curve.count.tolist() == list(range(100, 173))
    assert (np.diff(imported.curve.start_s) == 3600).all()
    assert "the hour from 2025-11-02 01:00 came twice" in told(imported, "clock")


def test_newest_first_the_same_hours_come_out(read: Read) -> None:
    counts = list(range(100, 173))
    imported = read(file_of(AUTUMN[::-1], counts[::-1]), timezone="America/New_York")
    assert imported.curve.count.tolist() == counts


def test_minutes_of_the_doubled_hour_are_two_hours_of_minutes(read: Read) -> None:
    minutes = [f"2025-11-02 {hour}:{minute:02d}" for hour in ("00", "01", "01", "02") for minute in range(60)]
    imported = read(file_of(minutes), timezone="America/New_York")
    assert imported.curve.count.tolist() == list(range(100, 340))


def test_one_row_for_the_doubled_hour_is_spread_over_both(read: Read) -> None:
    merged = list(dict.fromkeys(AUTUMN))
    imported = read(
        file_of(merged, [200 if hour.endswith("-02 01:00") else 100 for hour in merged]), timezone="America/New_York"
    )
    assert imported.curve.count.tolist() == [100.0] * 73


def test_the_hour_that_clocks_skip_is_no_gap(read: Read) -> None:
    imported = read(file_of(SPRING), timezone="America/New_York")
    assert "2025-03-09 02:00" not in SPRING
    assert not np.isnan(imported.curve.count).any()
    assert "forward by 60 min" in told(imported, "clock")
    assert "no step of 1 h is absent" in told(imported, "absent")


def test_without_a_zone_that_hour_is_absent_and_a_doubled_one_is_said(read: Read) -> None:
    assert int(np.isnan(read(file_of(SPRING)).curve.count).sum()) == 1
    # One month of hours, so that the one repeated row stays below 1 % of bad lines.
    month = local_hours(datetime(2025, 10, 20, tzinfo=NEW_YORK), datetime(2025, 11, 10, tzinfo=NEW_YORK))
    imported = read(file_of(month))
    assert imported.bad.count == 1
    assert "give --timezone" in told(imported, "clock")


def test_a_row_of_zero_in_the_skipped_hour_is_left_out_and_one_with_shoppers_is_bad(read: Read) -> None:
    hours = [*SPRING[:26], "2025-03-09 02:00", *SPRING[26:]]
    zero = read(file_of(hours, [0 if hour == "2025-03-09 02:00" else 5 for hour in hours]), timezone="America/New_York")
    assert [one.what for one in zero.dropped] == ["rows of an hour that never was"]
    with pytest.raises(ImportFileError, match=r"line 28: a time that never was on the clock of America/New_York"):
        read(file_of(hours), timezone="America/New_York")


def test_offsets_are_kept_through_to_the_curve_file(read: Read) -> None:
    from doorbuster.importers.curve_file import curve_csv

    hours = local_hours(
        datetime(2025, 11, 1, tzinfo=NEW_YORK), datetime(2025, 11, 4, tzinfo=NEW_YORK), "%Y-%m-%dT%H:%M:%S%z"
    )
    imported = read(file_of(hours))
    assert imported.curve.count.tolist() == list(range(100, 173))
    written = curve_csv(imported).splitlines()
    assert "2025-11-02T01:00:00-04:00,125" in written
    assert "2025-11-02T01:00:00-05:00,126" in written


def test_mixed_zones_meet_on_one_axis_and_are_said(read: Read) -> None:
    lines = []
    for hour in range(48):
        at = datetime(2025, 11, 20, tzinfo=ZoneInfo("UTC")) + timedelta(hours=hour)
        zone = ZoneInfo(("America/New_York", "Europe/Berlin", "Asia/Kolkata")[hour % 3])
        lines.append(at.astimezone(zone).isoformat())
    imported = read(file_of(lines))
    assert imported.curve.count.tolist() == list(range(100, 148))
    assert "rows of 3 UTC offsets are mixed" in told(imported, "clock")
    assert imported.curve.clock == "UTC"
    assert read(file_of(lines), timezone="Europe/Berlin").curve.clock == "Europe/Berlin"


def test_a_row_without_an_offset_among_rows_with_one_is_bad_unless_a_zone_is_given(read: Read) -> None:
    lines = [f"2025-11-20T{hour:02d}:{minute:02d}:00+01:00" for hour in range(24) for minute in range(60)]
    lines[700] = lines[700].removesuffix("+01:00")
    imported = read(file_of(lines))
    assert imported.bad.examples == ((702, "has no UTC offset where other rows have one; give --timezone"),)
    whole = read(file_of(lines), timezone="Europe/Berlin")
    assert whole.bad.count == 0
    assert whole.curve.count[700] == 800


def test_rows_out_of_order_are_sorted_and_said(read: Read) -> None:
    text = rows("2025-11-28 20:00:00", 60, range(10, 70)).splitlines()
    text[5], text[40] = text[40], text[5]
    imported = read("\n".join(text) + "\n")
    assert imported.curve.count.tolist() == list(range(10, 70))
    assert "rows stand before an earlier one" in told(imported, "clock")


def test_days_are_the_calendars_whatever_the_clocks_do(read: Read) -> None:
    imported = read(rows("2025-10-20 00:00:00", 86400, [100] * 30), timezone="America/New_York")
    assert imported.curve.step_s == 86400
    assert imported.curve.count.tolist() == [100.0] * 30


def test_days_that_carry_their_offset_stay_the_shops_days(read: Read) -> None:
    days = [datetime(2025, 10, 20, tzinfo=NEW_YORK) + timedelta(days=n) for n in range(30)]
    imported = read(file_of([day.isoformat() for day in days], [100 + n for n in range(30)]))
    assert imported.curve.count.tolist() == list(range(100, 130))
    assert (imported.curve.local_s % 86400 == 0).all()
    assert "busiest day: 2025-11-18 (Tue), 129 sessions" in told(imported, "peak")


def test_events_of_the_doubled_hour_are_told_apart_by_their_order(read: Read) -> None:
    times = [f"2025-11-02 {hour}:{minute:02d}:30" for hour in ("00", "01", "01", "02") for minute in range(0, 60, 5)]
    text = "\n".join(["invoiceno,invoice_time", *(f"{n},{time}" for n, time in enumerate(times))]) + "\n"
    imported = read(text, timezone="America/New_York")
    per_hour = imported.curve.count.reshape(-1, 60) if imported.curve.count.size % 60 == 0 else None
    starts = imported.curve.start_s[imported.curve.count > 0]
    assert starts.size == 48
    assert (np.diff(starts) == 300).all(), per_hour
