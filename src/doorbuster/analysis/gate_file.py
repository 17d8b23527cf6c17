"""What this shop asks of a release: the gate file, read strictly, each mistake answered with one sentence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from doorbuster.analysis.comparison_rules import ComparisonRules
from doorbuster.analysis.measure import EVERY_STEP, Selection
from doorbuster.analysis.promise_rules import PromiseRules
from doorbuster.analysis.series.asked import SeriesAsked
from doorbuster.errors import GateError, did_you_mean
from doorbuster.promises.limits import Limits
from doorbuster.vocabulary import CLOCKS, JOURNEYS, STEPS, Clock

Metric = Literal["p50", "p90", "p95", "p99", "error_rate"]
METRICS: Final[tuple[Metric, ...]] = ("p50", "p90", "p95", "p99", "error_rate")
QUANTILES: Final[dict[str, float]] = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}
MOST_REQUIRED_REGRESSIONS: Final = 4  # more tests that must each tell make an honest PASS practically impossible

Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
ShareOfOne = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    step: str | None = None
    journey: str | None = None
    metric: Metric

    @field_validator("step")
    @classmethod
    def _known_step(cls, step: str | None) -> str | None:
        if step is not None and step != EVERY_STEP and step not in STEPS:
            raise ValueError(f'no step "{step}"{did_you_mean(step, (*STEPS, EVERY_STEP))}')
        return step

    @field_validator("journey")
    @classmethod
    def _known_journey(cls, journey: str | None) -> str | None:
        if journey is not None and journey not in JOURNEYS:
            raise ValueError(f'no journey "{journey}"{did_you_mean(journey, JOURNEYS)}')
        return journey

    @model_validator(mode="after")
    def _says_what(self) -> _Entry:
        if self.step is None and self.journey is None:
            raise ValueError('says neither step nor journey; add step = "*" for the whole shop')
        return self

    @property
    def selection(self) -> Selection:
        return Selection(self.step or EVERY_STEP, self.journey)

    @property
    def name(self) -> str:
        return f"{self.selection.name} {self.metric.replace('_', ' ')}"


class Objective(_Entry):
    """A limit that holds whatever last year was: `max_ms` for a latency, `max` (a share of one) for error_rate."""

    max_ms: Positive | None = None
    max: ShareOfOne | None = None
    clock: Clock = "response"
    required: bool = True

    @model_validator(mode="after")
    def _limit_fits(self) -> Objective:
        wanted, other = ("max", "max_ms") if self.metric == "error_rate" else ("max_ms", "max")
        if getattr(self, wanted) is None:
            instead = f", not {other}" if getattr(self, other) is not None else ""
            raise ValueError(f"{self.metric} needs {wanted}{instead}")
        if getattr(self, other) is not None:
            raise ValueError(f"{self.metric} takes {wanted} alone; remove {other}")
        return self

    @property
    def name(self) -> str:
        return super().name + (" (service clock)" if self.clock == "service" else "")

    @property
    def limit(self) -> float:
        """Milliseconds, or a share of one for error_rate."""
        return float(self.max if self.metric == "error_rate" else self.max_ms)  # type: ignore[arg-type]  # validated


class Regression(_Entry):
    """How much worse than last year is still fine: "10%" for a latency, "0.2pp" for error_rate."""

    worse_than_last_year: str
    required: bool = False

    @model_validator(mode="after")
    def _allowance_fits(self) -> Regression:
        unit = "pp" if self.metric == "error_rate" else "%"
        example = "0.2pp" if unit == "pp" else "10%"
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%|pp)\s*", self.worse_than_last_year)
        if not found or found[2] != unit:
            raise ValueError(
                f'worse_than_last_year = "{self.worse_than_last_year}" does not fit {self.metric}; write "{example}"'
            )
        return self

    @property
    def allowance(self) -> float:
        """A share: 0.10 for "10%", 0.002 for "0.2pp"."""
        return float(self.worse_than_last_year.strip().rstrip("%p").strip()) / 100

    @property
    def name(self) -> str:
        return f"{super().name} against last year"


class ValidityRules(BaseModel):
    """When a run was no rehearsal at all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    late_p99_ms: Positive = 50
    """p99 of how late shoppers started."""
    dropped: Annotated[int, Field(strict=True, ge=0)] = 0
    """Arrivals after the warm-up that were never sent."""
    lost: Annotated[int, Field(strict=True, ge=0)] = 0
    """Sessions that vanished with a worker."""
    in_flight: Annotated[int, Field(strict=True, ge=0)] = 0
    """Shoppers whom the end of the drain time cut off: how their visit would have ended is not known."""
    loop_stall_ms: Positive = 100
    """p99 of how long the generator's event loop stood still."""
    cpu_share: Positive = 0.9
    """p95 of the generator's processor use, of one core."""
    gc_pause_ms: Positive = 1000
    """Longest pause for garbage collection: every shopper of that worker stood still meanwhile.

    A lone pause of a few hundred milliseconds moves one start in thousands, which lateness and stalls judge better.
    """
    descriptors_share: ShareOfOne = 0.9
    """Open files and sockets, of the limit: beyond it connections fail that the shop never saw."""
    ports_share: ShareOfOne = 0.9
    """Ephemeral ports of the generator's machine in use or not yet free again: the same."""
    memory_mb: Positive = 2000
    """Peak memory of one worker."""
    clock_error_ms: Positive = 10
    """How far a worker's zero may be from the master's."""
    throttled_share: ShareOfOne = 0.01
    """Share of steps the shop's rate limits turned away: then the limit was rehearsed, not the shop."""


class Gate(BaseModel):
    """A whole gate file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    objective: tuple[Objective, ...] = ()
    regression: tuple[Regression, ...] = ()
    validity: ValidityRules = ValidityRules()
    comparison: ComparisonRules = ComparisonRules()
    promises: PromiseRules = PromiseRules()
    series: tuple[SeriesAsked, ...] = ()

    @model_validator(mode="after")
    def _asks_something(self) -> Gate:
        if not self.objective and not self.regression:
            raise ValueError("asks nothing of a run; add an [[objective]]")
        names = [entry.name for entry in self.series]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f'has two [[series]] called "{twice}"; give each a name of its own')
        required = sum(entry.required for entry in self.regression)
        if required > MOST_REQUIRED_REGRESSIONS:
            raise ValueError(
                f"requires {required} regressions; at most {MOST_REQUIRED_REGRESSIONS} can be required, "
                "set required = false on the others"
            )
        return self


def load_gate(path: Path | str) -> Gate:
    """Read a gate file. Raises GateError with file, entry, key and the nearest valid key."""
    file = Path(path)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise GateError(f"{file}: no such gate file; the shipped one is analysis/gates/release.toml") from None
    except (OSError, UnicodeDecodeError) as unreadable:
        raise GateError(f"{file}: cannot be read ({unreadable}); give a TOML file") from None
    except tomllib.TOMLDecodeError as broken:
        raise GateError(f"{file}: not valid TOML: {broken}") from None
    try:
        return Gate.model_validate(content)
    except ValidationError as refused:
        raise GateError(f"{file}: {_sentence(refused, content)}") from None


_MODELS: Final[dict[str, type[BaseModel]]] = {
    "objective": Objective,
    "regression": Regression,
    "validity": ValidityRules,
    "comparison": ComparisonRules,
    "promises": PromiseRules,
    "series": SeriesAsked,
}
_VALUES: Final[dict[str, tuple[str, ...]]] = {"metric": METRICS, "clock": CLOCKS}


def _sentence(refused: ValidationError, content: Mapping[str, Any]) -> str:
    """The first mistake in words: which entry, which key, what would do."""
    mistake = refused.errors()[0]
    path, kind, value = mistake["loc"], mistake["type"], mistake["input"]
    where = _where(path, content)
    key = str(path[-1]) if path else ""
    if kind == "value_error":
        message = str(mistake["ctx"]["error"])
    elif kind in ("extra_forbidden", "unexpected_keyword_argument"):
        message = f'unknown key "{key}"{did_you_mean(key, _keys_beside(path))}'
    elif kind == "missing":
        message = f"{key} is missing" + (f"; valid are: {', '.join(_VALUES[key])}" if key in _VALUES else "")
    elif kind == "literal_error" and key in _VALUES:
        message = f"{key} = {value!r} is unknown{did_you_mean(str(value), _VALUES[key])}"
    elif len(path) == 1 or (len(path) == 2 and isinstance(path[1], int)):
        name = str(path[0])
        brackets = f"[[{name}]]" if name in ("objective", "regression", "series") else f"[{name}]"
        message = f"{name} must be written as a table, {brackets}"
    else:
        message = f"{key} = {value!r} will not do: {mistake['msg'][0].lower()}{mistake['msg'][1:]}"
    return f"{where}{message}"


def _keys_beside(path: tuple[int | str, ...]) -> Iterable[str]:
    """The keys that the place of an unknown one has."""
    if len(path) == 1:
        return _MODELS
    return (one.name for one in fields(Limits)) if path[1] == "limits" else _MODELS[str(path[0])].model_fields


def _where(path: tuple[int | str, ...], content: Mapping[str, Any]) -> str:
    if not path or path[0] not in _MODELS or len(path) == 1:
        return ""
    if isinstance(path[1], int):
        entry = content[str(path[0])][path[1]]
        about = " ".join(
            str(entry[key]) for key in ("step", "journey", "metric", "name") if isinstance(entry, dict) and key in entry
        )
        return f"{path[0]} {path[1] + 1}{f' ({about})' if about else ''}: "
    return f"[{path[0]}{'.limits' if path[1] == 'limits' else ''}]: "
