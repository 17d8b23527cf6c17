"""A service remembers when its faults were on, whatever timetable came after."""

from __future__ import annotations

from doorbuster.staging.faults import find_fault
from doorbuster.staging.switchboard import Switch, Switchboard

DOWN, SLOW = find_fault("gateway_down"), find_fault("gateway_slow")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def windows(board: Switchboard) -> list[tuple[str, float, float | None]]:
    return [tuple(window) for window in board.history()]


def test_a_timetable_is_remembered_as_far_as_it_has_come() -> None:
    clock = Clock()
    board = Switchboard((), 1, clock)
    board.steer([Switch(DOWN, 1, 110, 120), Switch(SLOW, 500, 115, 200)])
    assert windows(board) == []
    clock.now = 112
    assert windows(board) == [("gateway_down", 110, None)]
    clock.now = 130
    assert windows(board) == [("gateway_down", 110, 120), ("gateway_slow", 115, None)]


def test_another_timetable_ends_what_was_on_and_forgets_what_had_not_begun() -> None:
    clock = Clock()
    board = Switchboard((), 1, clock)
    board.steer([Switch(DOWN, 1), Switch(SLOW, 500, 300, 400)])
    clock.now = 150
    board.steer([])
    clock.now = 500
    assert windows(board) == [("gateway_down", 100, 150)]


def test_a_fault_was_not_on_before_anybody_switched_it_on() -> None:
    clock = Clock()
    board = Switchboard((), 1, clock)
    clock.now = 200
    board.steer([Switch(DOWN, 1, 0, 150), Switch(SLOW, 500, 0, 250)])
    assert windows(board) == [("gateway_slow", 200, None)]


def test_what_is_on_for_good_is_on_since_the_reset_and_a_reset_forgets_the_rest() -> None:
    clock = Clock()
    board = Switchboard((Switch(DOWN, 1),), 1, clock)
    clock.now = 150
    board.steer([Switch(SLOW, 500)])
    clock.now = 160
    board.reset(2)
    assert windows(board) == [("gateway_down", 160, None)]
