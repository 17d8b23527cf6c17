"""The noise profile of a staging: what repeats of one and the same thing measured, run by run, in a file to keep.

Each run's quantiles are kept, not sums over runs: so runs can be added on another day, old ones leave again, and a run
that is itself being compared is not counted twice. `NoiseProfile` has the sums that a comparison uses.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from doorbuster.analysis.gate_file import QUANTILES
from doorbuster.analysis.noise import NoiseProfile
from doorbuster.analysis.spread import Group, spread_of
from doorbuster.errors import NoiseError
from doorbuster.vocabulary import JOURNEYS, STEPS

DEFAULT: Final = Path("analysis/baselines/noise.toml")
FORMAT: Final = 1
METRICS: Final = tuple(QUANTILES)
_STRICT: Final = ConfigDict(extra="forbid", frozen=True)
_Milliseconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class MadeOn(BaseModel):
    """What all runs of a profile have in common; a comparison of anything else is warned of it."""

    model_config = _STRICT

    scenario: str
    scenario_sha256: str
    curve_sha256: str
    scale: float
    minutes: float | None = None
    platform: str
    target_host: str
    workers: int
    machine: str

    @staticmethod
    def of(info: Mapping[str, Any]) -> MadeOn:
        """From a run.json."""
        machine = info.get("machine") or {}
        minutes = info.get("minutes")
        return MadeOn(
            scenario=str(info.get("scenario")),
            scenario_sha256=str(info.get("scenario_sha256")),
            curve_sha256=str(info.get("curve_sha256")),
            scale=float(info.get("scale") or 1.0),
            minutes=None if minutes is None else float(minutes),
            platform=str(info.get("platform")),
            target_host=_host(info),
            workers=int(info.get("workers") or 0),
            machine=f"{machine.get('cpus')} cores, {machine.get('system')}, {machine.get('architecture')}",
        )

    def differences(self, here: MadeOn) -> list[str]:
        """`target host a.example, here b.example` and the like; hashes are not shown, they say nothing."""
        said = []
        for key, words in _WORDS.items():
            there, ours = getattr(self, key), getattr(here, key)
            if there != ours:
                said.append(words if key.endswith("sha256") else f"{words} {there}, here {ours}")
        return said


_WORDS: Final = {
    "scenario": "scenario",
    "platform": "platform",
    "scenario_sha256": "another text of the scenario",
    "curve_sha256": "another curve",
    "scale": "scale",
    "minutes": "minutes",
    "target_host": "target host",
    "workers": "workers",
    "machine": "machine",
}


class NoiseRun(BaseModel):
    """One repeat."""

    model_config = _STRICT

    id: str
    started_at: Annotated[datetime, Field(strict=True)]
    release: str = ""
    """What was deployed: runs of two releases are repeats each of their own."""
    ms: dict[str, dict[str, _Milliseconds]]
    """Latency quantiles on the response clock by step or journey; what too few samples could place is absent."""


class NoiseFile(BaseModel):
    """A whole profile."""

    model_config = _STRICT

    format: Literal[1] = FORMAT
    made_on: MadeOn
    sd_percent: dict[str, dict[str, float]] = {}
    """For people; worked out anew from the runs wherever it is needed."""
    run: tuple[NoiseRun, ...]

    @property
    def first(self) -> datetime:
        return min(run.started_at for run in self.run)

    @property
    def last(self) -> datetime:
        return max(run.started_at for run in self.run)

    def with_run(self, run: NoiseRun, made_on: MadeOn) -> NoiseFile:
        """One run more. Raises NoiseError for a run of something else, or one that is there already."""
        if run.id in {one.id for one in self.run}:
            raise NoiseError(f"run {run.id} is in the noise profile already; give each run once")
        if differs := self.made_on.differences(made_on):
            raise NoiseError(
                f"run {run.id} repeats something else than the profile's runs ({'; '.join(differs)}); "
                "begin a profile of its own"
            )
        return self.model_copy(update={"run": tuple(sorted((*self.run, run), key=lambda one: one.started_at))})

    def since(self, oldest: datetime) -> NoiseFile:
        """Without the runs that are older."""
        return self.model_copy(update={"run": tuple(run for run in self.run if run.started_at >= oldest)})

    def profile(self, without: Collection[str] = ()) -> NoiseProfile | None:
        """What a comparison learns from it, runs with the ids in `without` left out; None for fewer than two a release.

        A repeat of another release tells nothing about how far releases lie apart, only about chance.
        """
        names = tuple(dict.fromkeys(name for run in self.run for name in run.ms))
        steps = np.array([name not in JOURNEYS for name in names], dtype=bool)
        told = sorted((run for run in self.run if run.id not in without), key=lambda run: run.release)
        groups = [list(runs) for _, runs in groupby(told, key=lambda run: run.release)]
        spreads = [spread_of(_group(runs, names), steps) for runs in groups if len(runs) > 1]
        if not spreads:
            return None
        return NoiseProfile(names, METRICS, sum(spreads[1:], spreads[0]), sum(len(one) for one in groups))

    def age(self, now: datetime) -> timedelta:
        """Of the oldest run."""
        return now - self.first


def _group(runs: Sequence[NoiseRun], names: Sequence[str]) -> Group:
    latencies = [(run.ms.get(name) or {}).get(metric, math.nan) for run in runs for name in names for metric in METRICS]
    logs = np.log(np.reshape(latencies, (len(runs), len(names), len(METRICS))))
    return Group(logs, np.full_like(logs, np.nan))


def _host(info: Mapping[str, Any]) -> str:
    """The embedded staging shop takes another port each time; that makes it no other shop."""
    host = str(info.get("target_host"))
    name, _, port = host.rpartition(":")
    return name if info.get("platform") == "staging" and name in ("127.0.0.1", "localhost") and port else host


def load_noise(path: Path) -> NoiseFile:
    """Read a profile. Raises NoiseError that says what to do."""
    again = "restore it, or make it again with `doorbuster repeat`"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoiseError(f"{path}: no such noise profile; `doorbuster repeat` makes one") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
        raise NoiseError(f"{path}: cannot be read ({broken}); {again}") from None
    version = content.get("format")
    if version != FORMAT:
        newer = isinstance(version, int) and version > FORMAT
        raise NoiseError(
            f"{path}: format {version!r}, this version reads {FORMAT}; " + ("upgrade doorbuster" if newer else again)
        )
    try:
        read = NoiseFile.model_validate(content)
    except ValidationError as refused:
        mistake = refused.errors(include_url=False)[0]
        where = ".".join(str(part) for part in mistake["loc"])
        raise NoiseError(f"{path}: {where}: {mistake['msg'][0].lower()}{mistake['msg'][1:]}; {again}") from None
    unknown = {name for run in read.run for name in run.ms} - {*JOURNEYS, *STEPS}
    if unknown or not read.run or any(run.started_at.tzinfo is None for run in read.run):
        what = f"no step or journey {min(unknown)}" if unknown else "no run, or one without a zone of its time"
        raise NoiseError(f"{path}: {what}; {again}")
    return read
