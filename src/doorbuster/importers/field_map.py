"""What the columns of a format mean: a TOML file, shipped for the known formats, written by a shop for its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, model_validator

from doorbuster.card_mistakes import read_card
from doorbuster.durations import DurationS
from doorbuster.errors import ImportFileError
from doorbuster.scenario import Card

SHIPPED: Final = Path(__file__).parent / "series_formats"


class Counts(Card):
    """Columns by what they count; the first that is there is taken. Names are compared without case and underscores."""

    sessions: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    """Counts of who knows what (`value`, `count`): --as says."""
    cart_sessions: tuple[str, ...] = ()
    checkout_sessions: tuple[str, ...] = ()
    buying_sessions: tuple[str, ...] = ()


class LeaveOut(Card):
    """Rows that are none of what is counted."""

    column: str
    equals: str | None = None
    starts_with: str | None = None
    why: str

    @model_validator(mode="after")
    def _one_test(self) -> LeaveOut:
        if (self.equals is None) == (self.starts_with is None):
            raise ValueError("needs equals or starts_with, one of them")
        return self

    def fits(self, cell: str) -> bool:
        if self.equals is not None:
            return cell.strip().casefold() == self.equals.casefold()
        return cell.strip().startswith(self.starts_with or "")


class Recognise(Card):
    """How a file of this format is told; every test that is given must hold."""

    order: int = 100
    """Formats of a lower number are tried first."""
    first_line: str = ""
    """A regular expression that one of the first twenty lines matches from its start."""
    header: tuple[tuple[str, ...], ...] = ()
    """Of each group one column is there."""


class FieldMap(Card):
    """A format of series."""

    title: str = Field(min_length=1)
    kind: Literal["csv", "prometheus"] = "csv"
    recognise: Recognise = Recognise()
    comment: str = ""
    """Lines that begin so are no rows; several tables may then stand in one file."""
    separator: Literal["", ",", ";", "\t", "|", ":", " "] = ""
    decimal: Literal["", ".", ","] = ""
    """What stands before the decimals; told from the cells where left out, an error where they leave it open."""
    time: tuple[str, ...] = ()
    """Columns that may hold the time; the first that is there is taken."""
    time_format: tuple[str, ...] = ()
    """For times that need telling, as Python's strptime spells them, e.g. "%d/%m/%Y %H:%M"."""
    date_and_hour: tuple[str, str] | None = None
    """Two columns that together are the time."""
    numbered: dict[str, DurationS] = Field(default={})
    """Columns that number steps from the start date in a comment, and the length of their step."""
    timezone: str | None = None
    counts: Counts = Counts()
    all_numbers: bool = False
    """Every column of numbers is a series of the same thing; they are added up."""
    per: Literal["step", "second", "minute"] | None = None
    """What a count is per, where the cells do not say."""
    one_row: Literal["sessions", "orders", "requests"] | None = None
    """One row is one event, and of what."""
    distinct: tuple[str, ...] = ()
    """Rows with an equal value here are one event (an order written on several lines)."""
    leave_out: tuple[LeaveOut, ...] = ()
    totals: tuple[str, ...] = ()
    """Words of a row that sums the others up."""
    sessions_end_at_midnight_utc: bool = False
    requests_per_session: float | None = Field(default=None, gt=0)
    conversion: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _has_time(self) -> FieldMap:
        if self.kind == "csv" and not (self.time or self.date_and_hour or self.numbered):
            raise ValueError('needs time = ["column"], date_and_hour or numbered')
        if any(step_s < 1 for step_s in self.numbered.values()):
            raise ValueError("numbered: a step is a second at least")
        return self


def plain_name(column: str) -> str:
    """A column's name as names are compared.

    >>> plain_name(" Sessions_That  reached checkout")
    'sessions that reached checkout'
    """
    return " ".join(column.replace("_", " ").casefold().split())


def load_field_map(path: Path) -> FieldMap:
    """Raises ImportFileError: file, key, nearest valid key."""
    return read_card(path, FieldMap, ImportFileError, "field map")


@cache
def shipped_formats() -> tuple[FieldMap, ...]:
    """The known formats, the most telling first."""
    maps = [load_field_map(path) for path in sorted(SHIPPED.glob("*.toml"))]
    return tuple(sorted(maps, key=lambda known: known.recognise.order))
