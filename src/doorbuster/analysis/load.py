"""Opens a run directory: what happened, as tables. A run that was killed opens too; only its verdict suffers."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd

from doorbuster.errors import RunDirectoryError
from doorbuster.record.directory import RunDirectory
from doorbuster.record.reading import read_table
from doorbuster.vocabulary import ARM, ARMS, CONTROL, Clock

# Columns that say "nothing here" by being null; a null anywhere else in these two tables is damage.
_MAY_BE_NULL: Final = frozenset({"late_ms_p50", "late_ms_p99", "late_ms_max", "worker"})
_CATEGORIES: Final = ("worker", "journey", "step", "outcome", "clock", "arm")


@dataclass(frozen=True, eq=False)
class Run:
    """One run directory, opened. Tables are read when first asked for; `info` is run.json."""

    directory: RunDirectory
    info: dict[str, Any]
    arm: str = ARM

    @property
    def name(self) -> str:
        return self.directory.path.resolve().name

    @property
    def warm_up_s(self) -> float:
        """Seconds at the start that are sent but not judged."""
        return float(self.info["clock"]["warm_up_s"])

    @property
    def duration_s(self) -> float:
        """End of the arrival window on the scenario's clock, warm-up included."""
        return float(self.info["clock"]["duration_s"])

    @property
    def from_telemetry(self) -> bool:
        """Whether an importer made it, from last year's logs or another tool's results: no generator, no books."""
        return isinstance(self.info.get("telemetry"), dict)

    @cached_property
    def control(self) -> Run | None:
        """Last release's deployment, walked in the same run; None where there was none, and for the control itself."""
        return of_arm(self.directory, self.info, CONTROL) if self.arm == ARM and self.info.get("arms") else None

    @property
    def timed_by(self) -> Clock:
        """The clock that its times are on: another tool's results have none of when a step was due."""
        telemetry = self.info.get("telemetry")
        return "service" if isinstance(telemetry, dict) and telemetry.get("clock") == "service" else "response"

    @property
    def other_tool(self) -> str | None:
        """Whose result files it was made from; None for a run of ours, and for a log."""
        telemetry = self.info.get("telemetry")
        return str(telemetry["tool"]) if isinstance(telemetry, dict) and "tool" in telemetry else None

    @cached_property
    def arrivals(self) -> pd.DataFrame:
        return _read(self.directory, "arrivals", self.arm)

    @cached_property
    def latency(self) -> pd.DataFrame:
        # Telemetry may know of an answer without knowing how long it took.
        return _read(self.directory, "latency", self.arm, {"bucket_us"} if self.from_telemetry else set())

    @cached_property
    def sessions(self) -> pd.DataFrame:
        return _read(self.directory, "sessions", self.arm)

    @cached_property
    def facts(self) -> pd.DataFrame:
        return _read(self.directory, "facts", self.arm)

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        return _read(self.directory, "catalogue", self.arm)


def open_run(path: Path | str, arm: str = ARM) -> Run:
    """Open a run directory and read the tables every judgement needs.

    Raises RunDirectoryError, in one sentence, for a folder that is missing or no run, a newer format, and damaged
    tables.
    """
    folder = Path(path)
    if not folder.exists():
        raise RunDirectoryError(f"{folder}: no such folder; give the path that `doorbuster run` printed last")
    directory = RunDirectory(folder)
    info = directory.read_run()
    _check_clock(directory, info)
    _check_counts(directory, info)
    _check_shapes(directory, info)
    run = of_arm(directory, info, arm)
    # Damage is found here, in one sentence, and not in the middle of a report.
    _ = run.arrivals, run.latency, run.sessions
    return run


def of_arm(directory: RunDirectory, info: dict[str, Any], arm: str) -> Run:
    """One arm of a run: in place of run.json's counts of both its own, and half of the planned rates."""
    if not info.get("arms"):
        return Run(directory, info, arm)
    own = dict(info["arms"][arm])
    if isinstance(planned := info.get("planned"), dict):
        own["planned"] = {**planned, "sessions_per_s": [rate / 2 for rate in planned["sessions_per_s"]]}
    return Run(directory, {**info, **own}, arm)


def _check_clock(directory: RunDirectory, info: dict[str, Any]) -> None:
    clock = info.get("clock")
    for key in ("warm_up_s", "duration_s"):
        value = clock.get(key) if isinstance(clock, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e7:
            raise RunDirectoryError(
                f"{directory.run_json}: clock.{key} must be seconds, not {value!r}; restore the file or run again"
            )


def _check_counts(directory: RunDirectory, info: dict[str, Any]) -> None:
    counts = info.get("conservation")
    if counts is None:
        return
    if not isinstance(counts, dict) or not all(isinstance(value, int) for value in counts.values()):
        raise RunDirectoryError(
            f"{directory.run_json}: conservation must be whole numbers by name; restore the file or run again"
        )


def _check_shapes(directory: RunDirectory, info: dict[str, Any]) -> None:
    """What later readers take for granted, where it is there at all."""
    sessions, bugs, read_back, arms = (info.get(key) for key in ("sessions", "bugs", "read_back", "arms"))
    wrong = [
        key
        for key, fits in (
            ("id", isinstance(info.get("id"), str)),
            ("sessions", sessions is None or _counts_by_journey(sessions)),
            ("arms", arms is None or (isinstance(info.get("control"), dict) and _books_by_arm(arms))),
            ("bugs", bugs is None or (isinstance(bugs, dict) and isinstance(bugs.get("count"), int))),
            (
                "read_back",
                read_back is None or (isinstance(read_back, dict) and isinstance(read_back.get("done"), bool)),
            ),
        )
        if not fits
    ]
    if wrong:
        raise RunDirectoryError(
            f"{directory.run_json}: {wrong[0]} is not what docs/run-directory.md says; restore the file or run again"
        )


def _books_by_arm(arms: object) -> bool:
    """Of both arms: their counts, whole numbers by name."""
    return isinstance(arms, dict) and all(
        isinstance(own := arms.get(arm), dict)
        and _counts_by_journey(own.get("sessions"))
        and _counts_by_journey({"all": own.get("conservation")})
        for arm in ARMS
    )


def _counts_by_journey(sessions: object) -> bool:
    return isinstance(sessions, dict) and all(
        isinstance(counts, dict) and all(isinstance(count, int) for count in counts.values())
        for counts in sessions.values()
    )


def _read(directory: RunDirectory, table: str, arm: str, unknown: AbstractSet[str] = frozenset()) -> pd.DataFrame:
    """One table as a frame of its documented columns; no rows where nothing was written. `unknown`: may be null too."""
    path = directory.table_path(table)
    rows = read_table(directory, table, arm)
    frame: pd.DataFrame = rows.to_pandas(categories=[name for name in _CATEGORIES if name in rows.column_names])
    if table in ("arrivals", "latency"):
        for name in frame.columns.difference([*_MAY_BE_NULL, *unknown]):
            if frame[name].isna().any():
                raise RunDirectoryError(f"{path}: column {name} has empty values; restore the table or run again")
    return frame
