"""What a report shows of the shop's own metrics: what was kept, and what is asked for and not kept yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from doorbuster.analysis.load import Run
from doorbuster.analysis.series.asked import SeriesAsked
from doorbuster.analysis.series.fetch import fetch_range
from doorbuster.analysis.series.kept import keep_series, kept_series
from doorbuster.analysis.series.line import Series, series_within
from doorbuster.analysis.series.read import Labelled, prometheus_lines, read_metric
from doorbuster.errors import ImportFileError
from doorbuster.importers.text_file import read_text
from doorbuster.settings import Settings


@dataclass(frozen=True)
class Gathered:
    """Series to draw, and a sentence for each that could not be had."""

    series: tuple[Series, ...] = ()
    missing: tuple[str, ...] = ()


NO_SERIES: Final = Gathered()


def gather_series(run: Run, asked: Sequence[SeriesAsked], folder: Path, settings: Settings) -> Gathered:
    """Fetch what is asked for and not kept, keep it in the run, and return all that is kept.

    `folder` is where the paths of files begin. A source that cannot be had is said in one sentence and judges
    nothing. Raises RunDirectoryError where series.csv cannot be read or written.
    """
    known = {one.name: one for one in kept_series(run.directory)}
    fresh: dict[str, Series] = {}
    missing = []
    for one in asked:
        kept = known.get(one.name)
        there = one.file is not None and (folder / one.file).is_file()  # a file may have been exported again
        if kept is not None and kept.source == one.source and kept.unit == one.unit and not there:
            continue
        try:
            fresh[one.name] = _had(run, one, folder, settings)
        except ImportFileError as failed:
            missing.append(f"{one.name} is not shown: {failed}")
    shown = {**known, **fresh}
    if fresh:
        keep_series(run.directory, shown.values())
    return Gathered(tuple(shown.values()), tuple(missing))


def _had(run: Run, asked: SeriesAsked, folder: Path, settings: Settings) -> Series:
    started = run.info.get("started_at")
    if not isinstance(started, str):
        raise ImportFileError("the run has no start on the wall clock")
    zero_unix_s = datetime.fromisoformat(started).timestamp()
    where = str(asked.url or asked.file)
    if asked.url is not None:
        labelled = prometheus_lines(where, fetch_range(asked, zero_unix_s, run.duration_s, settings))
    else:
        labelled = read_metric(where, read_text(folder / where), asked.timezone)
    found = series_within(asked.name, asked.unit, asked.source, labelled, zero_unix_s, run.duration_s)
    if not found.lines:
        raise ImportFileError(f"{where}: {_outside(labelled, zero_unix_s, run.duration_s)}")
    return found


def _outside(labelled: Labelled, zero_unix_s: float, duration_s: float) -> str:
    times = [at_s for _, samples in labelled for at_s, _ in samples]
    window = f"the run's window, {_utc(zero_unix_s)} to {_utc(zero_unix_s + duration_s)}"
    if not times:
        return f"no sample in {window}"
    return f"no number in {window}; its times go from {_utc(min(times))} to {_utc(max(times))}"


def _utc(unix_s: float) -> str:
    return f"{datetime.fromtimestamp(unix_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
