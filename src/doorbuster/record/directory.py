"""The run directory: all that the stages share. Closed parts are renamed into place: a killed run stays readable."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from doorbuster.errors import RunDirectoryError
from doorbuster.record.tables import TABLES
from doorbuster.vocabulary import ARM

_RESERVE_BYTES: Final = 64 << 10
FORMAT_VERSION: Final = 1
"""Version of the run directory. 1: the first one."""


@dataclass(frozen=True)
class RunDirectory:
    """A run on disk. Writing is atomic per file; reading never needs the process that wrote it."""

    path: Path

    @property
    def run_json(self) -> Path:
        return self.path / "run.json"

    @property
    def name(self) -> str:
        return self.path.name

    def table_path(self, table: str) -> Path:
        return self.path / f"{table}.parquet"

    def read_run(self) -> dict[str, Any]:
        """run.json as a dict. Raises RunDirectoryError when absent, broken or of a newer format."""
        try:
            run = json.loads(self.run_json.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RunDirectoryError(
                f"{self.path}: not a run directory (no run.json); give the path that `doorbuster run` printed last"
            ) from None
        except NotADirectoryError:
            raise RunDirectoryError(f"{self.path}: a file, not a run directory; give the folder") from None
        except (OSError, ValueError) as broken:
            raise RunDirectoryError(f"{self.run_json}: cannot be read ({broken}); restore it or run again") from None
        version = run.get("format") if isinstance(run, dict) else None
        if version != FORMAT_VERSION:
            newer = isinstance(version, int) and version > FORMAT_VERSION
            raise RunDirectoryError(
                f"{self.run_json}: format {version!r}, this version reads {FORMAT_VERSION}; "
                + ("upgrade doorbuster" if newer else "it was not written by `doorbuster run`; restore it or run again")
            )
        return dict(run)

    def write_run(self, run: Mapping[str, Any]) -> None:
        """Replace run.json. A full disk must not keep a run from saying how it ended: then the reserve is used up."""
        text = json.dumps(run, indent=2, sort_keys=False) + "\n"
        try:
            self.write_text("run.json", text)
        except RunDirectoryError:
            self._reserve.unlink(missing_ok=True)
            self.write_text("run.json", text)

    def update_run(self, **changes: Any) -> dict[str, Any]:
        """Replace top-level keys of run.json, atomically; returns the new content."""
        run = {**self.read_run(), **changes}
        self.write_run(run)
        return run

    def write_text(self, name: str, text: str) -> Path:
        return self.write_bytes(name, text.encode("utf-8"))

    def write_bytes(self, name: str, content: bytes) -> Path:
        """Write one file whole or not at all. Raises RunDirectoryError."""
        target = self.path / name
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        with _whole_or_not_at_all(partial, target):
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
        return target

    def set_aside(self) -> None:
        """Keep some room on the disk for the run's last words; given back by `give_back`."""
        self.write_bytes(self._reserve.name, os.urandom(_RESERVE_BYTES))

    def give_back(self) -> None:
        """The last words are written."""
        self._reserve.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what a killed process left half-written; once nobody writes any more."""
        for leftover in [*self.path.glob(".*"), *self.path.glob("*.parquet/.*")]:
            if leftover != self._reserve:
                leftover.unlink(missing_ok=True)

    @property
    def _reserve(self) -> Path:
        return self.path / ".reserve"

    def write_part(self, table: str, columns: Mapping[str, Sequence[Any]], part: str) -> None:
        """Add one closed part to a table; absent `arm` becomes `candidate`, other columns null."""
        schema = TABLES[table]
        rows = len(next(iter(columns.values()), ()))
        if not rows:
            return
        arrays: list[pa.Array] = []
        for field in schema:
            if field.name in columns:
                arrays.append(pa.array(columns[field.name], type=field.type))
            elif field.name == "arm":
                arrays.append(pa.array([ARM] * rows, type=field.type))
            else:
                arrays.append(pa.nulls(rows, type=field.type))
        self._close_part(table, pa.Table.from_arrays(arrays, schema=schema), part)

    def begin_tables(self) -> None:
        """An empty part for each table, so that readers find them all however early the run ends."""
        for table, schema in TABLES.items():
            self._close_part(table, schema.empty_table(), "none")

    def write_table(self, table: str, rows: pa.Table, part: str) -> None:
        """Add one closed part to a table that only some directories have, as it is."""
        self._close_part(table, rows, part)

    def _close_part(self, table: str, rows: pa.Table, part: str) -> None:
        folder = self.table_path(table)
        folder.mkdir(exist_ok=True)
        final = folder / f"part-{part}.parquet"
        # A leading underscore or dot hides an unclosed part from every reader of Parquet folders.
        partial = folder / f".{final.name}"
        with _whole_or_not_at_all(partial, final):
            pq.write_table(rows, partial, compression="zstd")

    def write_rows(self, table: str, rows: Iterable[Mapping[str, Any]], part: str) -> None:
        """Add one closed part from rows given as mappings."""
        listed = list(rows)
        if listed:
            names = [field.name for field in TABLES[table] if any(field.name in row for row in listed)]
            self.write_part(table, {name: [row.get(name) for row in listed] for name in names}, part)

    def drop_parts(self, table: str, part: str) -> None:
        """Remove the closed parts of a table whose names begin so: what was written of a whole that did not come."""
        for path in self.table_path(table).glob(f"part-{part}-*.parquet"):
            path.unlink()


@contextmanager
def _whole_or_not_at_all(partial: Path, final: Path) -> Iterator[None]:
    """Rename what was written into place, or remove it when writing failed. Raises RunDirectoryError."""
    try:
        yield
        partial.replace(final)
    except BaseException as failed:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        if isinstance(failed, OSError):
            raise RunDirectoryError(
                f"{final}: cannot be written ({failed}); make room, or correct its folder"
            ) from None
        raise


def check_writable(runs: Path) -> None:
    """Raises RunDirectoryError when no run directory could be made here; before the shop is touched."""
    there = next(folder for folder in (runs, *runs.absolute().parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise RunDirectoryError(f"{runs}: cannot be written; choose another folder with --runs")


def new_run_directory(runs: Path, scenario_name: str, now: datetime | None = None) -> RunDirectory:
    """Make `runs/<utc stamp>-<scenario>/`; two in one second get a suffix."""
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    slug = re.sub(r"[^a-z0-9]+", "-", scenario_name.lower()).strip("-") or "run"
    for attempt in range(1, 100):
        path = runs / (f"{stamp}-{slug}" if attempt == 1 else f"{stamp}-{slug}-{attempt}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as refused:
            raise RunDirectoryError(
                f"{runs}: cannot make a run directory here ({refused}); choose another with --runs"
            ) from None
        return RunDirectory(path)
    raise RunDirectoryError(f"{runs}: no free name for {stamp}-{slug}; choose another folder with --runs")
