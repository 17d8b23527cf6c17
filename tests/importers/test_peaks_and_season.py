"""What an import says of a curve: its peaks, its gaps, its season, its growth."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import numpy as np
import pytest

from doorbuster.importers.season import black_friday
from tests.importers.conftest import Read, rows, told


def year_of_hours(start: str, days: int, special: dict[str, float], closed: tuple[int, ...] = ()) -> str:
    """Hours with a day's tide; `special`: factor of a date; `closed`: weekdays that are zero."""
    first, lines = datetime.fromisoformat(start), ["time,sessions"]
    for hour in range(days * 24):
        at = first + timedelta(hours=hour)
        tide = 100 + 60 * math.sin((at.hour - 9) / 24 * 2 * math.pi) + at.weekday()
        factor = 0 if at.weekday() in closed else special.get(str(at.date()), 1.0)
        lines.append(f"{at},{round(tide * factor)}")
    return "\n".join(lines) + "\n"


def test_black_friday_is_the_day_after_the_fourth_thursday() -> None:
    assert [str(black_friday(year)) for year in (2019, 2023, 2024, 2025)] == [
        "2019-11-29",
        "2023-11-24",
        "2024-11-29",
        "2025-11-28",
    ]


def test_busiest_minute_hour_and_day_beside_the_median(read: Read) -> None:
    counts = [10] * (3 * 1440)
    counts[2000] = 170
    counts[3000:3060] = [30] * 60
    said = told(read(rows("2025-11-01 00:00:00", 60, [*counts, *([10] * 3 * 1440)])), "peak")
    assert "busiest minute: 2025-11-02 09:20, 170 sessions, 17 times the median minute (10; none is zero)" in said
    assert "busiest hour: from 2025-11-03 02:00, 1,800 sessions, 3 times the median hour (600; none is zero)" in said
    assert "busiest day: 2025-11-03 (Mon), 15,600 sessions, 1.08 times the median day" in said


def test_it_is_said_whether_zero_hours_are_in_the_median(read: Read) -> None:
    counts = [0.0 if hour % 24 < 14 else 20.0 for hour in range(24 * 20)]
    counts[200] = 100
    said = told(read(rows("2025-11-01 00:00:00", 3600, counts)), "peak")
    assert "5 times the median hour above zero (20)" in said
    assert "of 480 that are zero the median is 0" in said


def test_no_november_peak_is_a_finding_and_no_error(read: Read) -> None:
    flat = read(year_of_hours("2025-10-01", 75, {}))
    assert "no November peak in 2025" in told(flat, "season")
    peak = read(year_of_hours("2025-10-01", 75, {"2025-11-28": 3.0, "2025-11-29": 2.0, "2025-12-01": 2.5}))
    assert "a November peak in 2025: Black Friday 3.00 times" in told(peak, "season")
    assert "no November peak" not in told(peak)
    spring = read(year_of_hours("2025-03-12", 60, {}))
    assert "whether the shop has a November peak cannot be said" in told(spring, "season")


def test_a_viral_day_is_told_from_the_season_and_not_rehearsed(read: Read) -> None:
    special = {"2025-10-08": 6.0, "2025-11-27": 1.8, "2025-11-28": 3.0, "2025-11-29": 2.0, "2025-12-01": 2.5}
    imported = read(year_of_hours("2025-09-10", 95, special))
    assert "2025-10-08 stands alone: 5.94 times" in told(imported, "season")
    assert "looks viral" in told(imported, "season")
    start = datetime(1970, 1, 1) + timedelta(seconds=int(imported.curve.start_s[imported.window.first]))
    assert str(start.date()) == "2025-11-28"
    assert not imported.window.busiest_of_file
    assert "passed over (2025-10-08 stands alone); it is 1.98 times" in told(imported, "peak")


def test_two_viral_days_on_end_are_told_and_not_rehearsed(read: Read) -> None:
    special = {"2025-10-07": 6.0, "2025-10-08": 4.0, "2025-11-28": 3.0}
    imported = read(year_of_hours("2025-09-01", 120, special))
    assert "2025-10-07 to 2025-10-08 stand alone: " in told(imported, "season")
    assert "passed over (2025-10-07 to 2025-10-08 stand alone)" in told(imported, "peak")
    start = datetime(1970, 1, 1) + timedelta(seconds=int(imported.curve.start_s[imported.window.first]))
    assert str(start.date()) == "2025-11-28"


def test_a_week_of_sale_and_the_days_around_black_friday_stand_not_alone(read: Read) -> None:
    week = dict.fromkeys((f"2025-10-{day:02d}" for day in range(6, 11)), 5.0)
    friday = {"2025-11-28": 5.0, "2025-11-29": 4.0}
    assert "alone" not in told(read(year_of_hours("2025-09-01", 120, {**week, **friday})), "season")


def test_a_day_that_one_row_holds_is_broken_and_black_friday_is_neither(read: Read) -> None:
    text = year_of_hours("2025-09-10", 95, {"2025-11-28": 5.0}).splitlines()
    place = next(n for n, line in enumerate(text) if line.startswith("2025-10-08 14:00"))
    text[place] = "2025-10-08 14:00:00,90000"
    said = told(read("\n".join(text) + "\n"), "season")
    assert "2025-10-08 stands alone" in said
    assert "looks broken: one step holds" in said
    assert "2025-11-28 stands alone" not in said


def test_a_crowd_that_buys_nothing_is_broken_too(read: Read) -> None:
    text = year_of_hours("2025-09-10", 60, {"2025-10-08": 8.0}).splitlines()
    lines = [f"{text[0].replace('time', 'hour')},Online store visitors,Sessions that completed checkout"]
    for line in text[1:]:
        count = float(line.split(",")[1])
        bought = count / 8 * 0.03 if line.startswith("2025-10-08") else count * 0.03
        lines.append(f"{line},{count:.0f},{bought:.2f}")
    assert "of its sessions bought, 3.00% do otherwise: bots" in told(read("\n".join(lines) + "\n"), "season")


def test_closed_saturdays_are_no_broken_days_and_an_empty_tuesday_is(read: Read) -> None:
    said = told(read(year_of_hours("2025-09-10", 60, {"2025-10-07": 0.01}, closed=(5,))), "season")
    assert "1 days hold less than a fifth of their weekday's median (2025-10-07)" in said


def test_two_years_give_growth_with_an_interval_beside_the_published_figures(read: Read) -> None:
    rng = np.random.default_rng(7)
    days = [
        round(1000 * (1 + 0.2 * math.sin((day % 364) / 58)) * (1.3 if day >= 364 else 1) * rng.normal(1, 0.03))
        for day in range(728)
    ]
    imported = read(rows("2023-12-04 00:00:00", 86400, days))
    growth = imported.growth["browse"]
    assert growth.sure == "measured"
    assert growth.low is not None and growth.high is not None
    assert growth.low < 1.3 < growth.high
    assert growth.high - growth.low < 0.05
    assert "native_checkout" not in imported.growth  # sessions say nothing of orders
    said = told(imported, "growth")
    assert "The file says nothing of cart, native_checkout, express_wallet: assumed" in said
    assert "requests grew 72 %" in said
    assert "grow differently" in said


def test_growth_of_sessions_and_of_buyers_is_told_apart(read: Read) -> None:
    lines = ["Day,Sessions,Sessions with cart additions,Sessions that completed checkout"]
    for day in range(728):
        later = day >= 364
        lines.append(
            f"{datetime(2023, 12, 4) + timedelta(days=day):%Y-%m-%d},{1700 if later else 1000},{140 if later else 100},{33 if later else 30}"
        )
    growth = read("\n".join(lines) + "\n").growth
    assert {journey: round(figure.value, 2) for journey, figure in growth.items()} == {
        "browse": 1.7, "cart": 1.4, "native_checkout": 1.1, "express_wallet": 1.1,
    }  # fmt: skip


def test_one_year_gives_no_growth_and_says_so(read: Read) -> None:
    imported = read(rows("2025-01-01 00:00:00", 86400, [100] * 360))
    assert imported.growth == {}
    assert "growth is assumed" in told(imported, "growth")


def test_the_peak_is_last_years_even_if_the_year_before_was_busier(read: Read) -> None:
    text = year_of_hours(
        "2024-10-01", 440, {"2024-11-29": 4.0, "2024-11-30": 3.0, "2025-11-28": 3.0, "2025-11-29": 2.4}
    )
    imported = read(text)
    start = datetime(1970, 1, 1) + timedelta(seconds=int(imported.curve.start_s[imported.window.first]))
    assert str(start.date()) == "2025-11-28"
    assert "more than a year before the file's end" in told(imported, "peak")


def test_no_add_to_cart_at_all_is_said_and_no_share_is_made_of_it(read: Read) -> None:
    lines = ["Hour,Sessions,Sessions with cart additions,Sessions that completed checkout"]
    lines += [f"2025-11-28T{hour:02d}:00:00Z,{1000 + hour},0,{30}" for hour in range(24)]
    imported = read("\n".join(lines) + "\n")
    assert imported.mix == {}
    assert "no session added to a cart in this file: the share is assumed, not zero" in told(imported, "mix")


def test_more_carts_than_sessions_are_no_mix(read: Read) -> None:
    lines = ["Hour,Sessions,Sessions with cart additions"]
    lines += [f"2025-11-28T{hour:02d}:00:00Z,{1000 + hour},{1500 if hour == 20 else 1200}" for hour in range(24)]
    imported = read("\n".join(lines) + "\n")
    assert imported.mix == {}
    assert "more sessions reached the cart" in told(imported, "mix")


@pytest.mark.parametrize("count", [4, 40])
def test_an_hour_far_above_its_neighbours_is_said(count: int, read: Read) -> None:
    counts = [10.0] * 600
    counts[300:360] = [float(count * 3)] * 60
    said = told(read(rows("2025-11-28 08:00:00", 60, counts)), "peak")
    assert ("times the hours beside it" in said) == (count == 40)
