"""`doorbuster import results`: result files of another load tool become last year's side of a comparison."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from doorbuster.errors import ImportFileError
from doorbuster.importers.log.last_year import baseline_path
from doorbuster.importers.outputs import check_free, check_name, into_place
from doorbuster.importers.results.importer import Results, read_results
from doorbuster.importers.results.last_year import span_of, write_last_year
from doorbuster.importers.results.steps_file import StepsFile, load_steps
from doorbuster.record.directory import RunDirectory


@dataclass(frozen=True)
class ResultOptions:
    """What the command line says beside the files."""

    steps: Path | None = None
    platform: str | None = None
    warm_up_s: float = 0.0
    """Seconds at the start that are kept and not judged."""


def import_results(
    files: Sequence[str], name: str, options: ResultOptions, force: bool = False
) -> tuple[Results, Path]:
    """Read result files, write the run directory; what was found and the path. Raises ImportFileError.

    Everything is written whole or not at all.
    """
    check_name(name)
    target = baseline_path(name)
    check_free({"baseline": target}, force)
    steps = load_steps(options.steps) if options.steps is not None else StepsFile()
    if options.platform is not None:
        steps = steps.model_copy(update={"platform": options.platform})
    results = read_results(files, steps)
    zero_s, end_s = span_of(results)
    if options.warm_up_s and options.warm_up_s >= end_s - zero_s:
        raise ImportFileError(f"--warm-up: the results hold {end_s - zero_s:.6g} s; nothing would be left to judge")
    try:
        with tempfile.TemporaryDirectory(prefix=".import-", dir=Path()) as beside:
            made = Path(beside) / name
            made.mkdir()
            write_last_year(results, name, steps, options.warm_up_s, RunDirectory(made))
            into_place([(made, target)], Path(beside) / "before")
    except OSError as refused:
        reason = f"{refused.strerror or refused}: {refused.filename or Path.cwd()}"
        raise ImportFileError(f"the import cannot be written ({reason}); nothing was; choose another folder") from None
    return results, target
