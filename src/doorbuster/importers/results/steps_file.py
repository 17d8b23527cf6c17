"""What the names of another tool's requests mean: a TOML file, shipped for common names, a shop's own for its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, field_validator, model_validator

from doorbuster.card_mistakes import read_card
from doorbuster.errors import did_you_mean
from doorbuster.importers.results.refusals import ResultError
from doorbuster.scenario import Card
from doorbuster.vocabulary import JOURNEYS, STEPS

SHIPPED: Final = Path(__file__).parent / "maps"


class StepRule(Card):
    """Requests that are one of our steps."""

    name: str
    """Our step."""
    request: tuple[str, ...] | str
    """Names as the tool has them, `*` for anything; compared whole and without case."""
    method: str = ""
    """Only where it is this one; a file that does not say fits any."""

    @field_validator("name")
    @classmethod
    def _is_step(cls, name: str) -> str:
        if name not in STEPS:
            raise ValueError(f'no step "{name}"{did_you_mean(name, STEPS)}')
        return name

    @property
    def requests(self) -> tuple[str, ...]:
        return (self.request,) if isinstance(self.request, str) else self.request


class JourneyRule(Card):
    """Scenarios or thread groups that are one of our journeys."""

    name: str
    group: tuple[str, ...] | str

    @field_validator("name")
    @classmethod
    def _is_journey(cls, name: str) -> str:
        if name not in JOURNEYS:
            raise ValueError(f'no journey "{name}"{did_you_mean(name, JOURNEYS)}')
        return name

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.group,) if isinstance(self.group, str) else self.group


class SeriesMap(Card):
    """A CSV of measurements: which column is what."""

    time: str
    """Seconds or milliseconds since 1970."""
    name: str
    values: dict[str, Literal["s", "ms"]] = Field(min_length=1)
    """Columns of times, and their unit."""
    columns: tuple[tuple[str, ...], ...] = Field(min_length=1)
    """All columns in order; a list for each number of cells that rows have."""

    @model_validator(mode="after")
    def _fits(self) -> SeriesMap:
        for columns in self.columns:
            if self.time not in columns or self.name not in columns:
                raise ValueError("columns: each list needs the time's and the name's column")
        if len({len(columns) for columns in self.columns}) < len(self.columns):
            raise ValueError("columns: two lists of the same length cannot be told apart")
        return self


class StepsFile(Card):
    """A map; its own rules go first, then the platform's paths, then the shipped names."""

    platform: str = ""
    """Whose paths these are, as for `import log`; `generic` where nothing is said."""
    count: Literal["requests", "transactions"] = "requests"
    """What is counted where a file holds both: requests, or sums over them (JMeter transactions, Gatling groups)."""
    step: tuple[StepRule, ...] = ()
    journey: tuple[JourneyRule, ...] = ()
    series: SeriesMap | None = None


def load_steps(path: Path) -> StepsFile:
    """Raises ResultError: file, key, nearest valid key."""
    return read_card(path, StepsFile, ResultError, "map")


@cache
def shipped_names() -> tuple[StepRule, ...]:
    """What common names mean."""
    return load_steps(SHIPPED / "names.toml").step


@cache
def shipped_series() -> tuple[SeriesMap, ...]:
    """Measurements whose columns are known."""
    maps = [load_steps(path).series for path in sorted(SHIPPED.glob("*.toml"))]
    return tuple(one for one in maps if one is not None)
