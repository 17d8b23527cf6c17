"""`doorbuster import log`: access logs become a scenario, its curve, last year's run and a page."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from doorbuster.errors import ImportFileError
from doorbuster.importers.imported import Imported
from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.last_year import baseline_path, write_last_year
from doorbuster.importers.log.result import LogImport
from doorbuster.importers.log.to_imported import to_imported
from doorbuster.importers.outputs import check_free, check_name, targets, write_import


@dataclass(frozen=True)
class LogOptions:
    """What the command line says beside the files; `importer.import_log` describes each."""

    platform: str
    timezone: str | None = None
    session: str = "address"
    idle_minutes: float = 30.0
    field_map: str | None = None
    memory_mb: int = 400


def import_logs(
    files: Sequence[str], name: str, options: LogOptions, force: bool = False
) -> tuple[Imported, dict[str, Path]]:
    """Read logs, write scenario, curve, last year's run and page; what was found and the paths. Raises ImportFileError.

    Everything is written whole or not at all; the events of shoppers live in a temporary folder meanwhile.
    """
    check_name(name)
    baseline = baseline_path(name)
    check_free({**targets(name), "baseline": baseline}, force)
    log = _read(files, options)
    imported = to_imported(log, name)
    try:
        with tempfile.TemporaryDirectory(prefix=".import-", dir=Path()) as beside:
            made = Path(beside) / name
            made.mkdir()
            write_last_year(log, imported, made)
            paths = write_import(imported, force, folders={str(baseline): made})
    except OSError as refused:
        reason = f"{refused.strerror or refused}: {refused.filename or Path.cwd()}"
        raise ImportFileError(f"the import cannot be written ({reason}); nothing was; choose another folder") from None
    return imported, {**paths, "baseline": baseline}


def _read(files: Sequence[str], options: LogOptions) -> LogImport:
    try:
        return import_log(
            files,
            options.platform,
            session=options.session,
            timezone=options.timezone,
            idle_s=round(options.idle_minutes * 60),
            field_map=options.field_map,
            memory_mb=options.memory_mb,
        )
    except duckdb.OutOfMemoryException:
        raise ImportFileError(f"{options.memory_mb} MB do not hold this import; raise --memory-mb") from None
    except (duckdb.IOException, OSError) as refused:
        reason = (isinstance(refused, OSError) and refused.strerror) or str(refused).splitlines()[0]
        raise ImportFileError(
            f"{tempfile.gettempdir()}: the import needs room there while it works ({reason}); make room or set TMPDIR"
        ) from None
