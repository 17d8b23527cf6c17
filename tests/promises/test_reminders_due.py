"""When a reminder is due: as the promise works it out, as the shop does, and as a calendar on the wall says."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorbuster.promises.limits import DEFAULT_LIMITS
from doorbuster.promises.message_rows import Contact
from doorbuster.promises.reminders_on_time import due_unix_s
from doorbuster.staging.messages.local_hours import FROM_HOUR, UNTIL_HOUR, ZONES, by_day
from doorbuster.staging.messages.reminders import AFTER_S


def left_at(left_unix_s: int, zone: str | None) -> Contact:
    return Contact(0, "c1", left_unix_s * 1_000_000, None, None, None, zone)


@pytest.mark.parametrize(
    ("zone", "left", "first", "second"),
    [
        ("Europe/Madrid", "2026-11-27 12:00", "2026-11-27 12:30", "2026-11-27 16:00"),
        ("Europe/Madrid", "2026-11-27 18:00", "2026-11-27 18:30", "2026-11-28 09:00"),
        ("Europe/Madrid", "2026-11-27 20:29", "2026-11-27 20:59", "2026-11-28 09:00"),
        ("Europe/Madrid", "2026-11-27 20:30", "2026-11-28 09:00", "2026-11-28 12:30"),
        ("Asia/Tokyo", "2026-11-28 03:00", "2026-11-28 09:00", "2026-11-28 12:30"),
        ("America/New_York", "2026-11-27 08:30", "2026-11-27 09:00", "2026-11-27 12:30"),
        # The clocks go back at 3 on 25 October: the night is an hour longer, and 9 o'clock is 9 o'clock.
        ("Europe/Madrid", "2026-10-24 23:00", "2026-10-25 09:00", "2026-10-25 12:30"),
    ],
)
def test_by_the_calendar(zone: str, left: str, first: str, second: str) -> None:
    def unix_s(text: str) -> int:
        return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())

    assert due_unix_s(left_at(unix_s(left), zone), DEFAULT_LIMITS) == [unix_s(first), unix_s(second)]


@given(st.integers(1_700_000_000, 1_900_000_000), st.sampled_from(sorted(ZONES.values())))
def test_the_shop_and_the_promise_work_out_the_same(left_unix_s: int, zone: str) -> None:
    first_s = by_day(left_unix_s + AFTER_S[0], zone)
    second_s = by_day(first_s + AFTER_S[1] - AFTER_S[0], zone)
    assert due_unix_s(left_at(left_unix_s, zone), DEFAULT_LIMITS) == [first_s, second_s]


def test_the_shop_keeps_the_hours_that_are_promised_by_default() -> None:
    assert (DEFAULT_LIMITS.reminders_from_hour, DEFAULT_LIMITS.reminders_until_hour) == (FROM_HOUR, UNTIL_HOUR)
    assert (DEFAULT_LIMITS.first_reminder_after_s, DEFAULT_LIMITS.second_reminder_after_s) == AFTER_S


def test_where_the_zone_is_not_known_it_is_always_day() -> None:
    assert due_unix_s(left_at(1_795_748_400, None), DEFAULT_LIMITS) == [1_795_748_400 + 1800, 1_795_748_400 + 14_400]
