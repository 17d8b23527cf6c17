"""One pass over the logs: every line read, classified and counted; what shoppers did becomes narrow events."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from doorbuster.importers.log import classify
from doorbuster.importers.log.buckets import BucketWriter
from doorbuster.importers.log.files import BLANK, LONGEST, SEPARATOR, PlainFile, plain, sample
from doorbuster.importers.log.layouts import WORDS, Layout, layout_of, looks_like, shape
from doorbuster.importers.log.parse import has_careful_way, parsed
from doorbuster.importers.log.platform import Platform
from doorbuster.importers.log.refusals import LogError
from doorbuster.record.histogram import index_of_bounds

MOST_BAD: Final = 0.01
"""Above this share of bad lines the format is not understood, and any number would be a guess."""
_BATCH: Final = 122_880
_MOST_UNFIT: Final = 20_000


@dataclass
class Counts:
    """What became of the lines; filled as the files are read."""

    read: int = 0
    blank: int = 0
    """Empty lines and header lines."""
    bad: int = 0
    by_regex: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)
    reasons: Counter[int] = field(default_factory=Counter)
    minutes: Counter[tuple[int, int]] = field(default_factory=Counter)
    """(minute since 1970, local time minus UTC in minutes) -> lines of any kind."""
    zoneless: int = 0
    first_us: int = 2**62
    last_us: int = -(2**62)
    sids: int = 0
    """Kept events that carried the session's cookie or header."""

    @property
    def kept(self) -> int:
        return self.reasons[classify.KEPT]


@dataclass(frozen=True)
class Scanned:
    counts: Counts
    layouts: Mapping[str, Layout]
    cut_short: tuple[str, ...]


def scan(
    files: Sequence[Path], platform: Platform, session: str, writer: BucketWriter, folder: Path, *,
    timezone: str, field_map: str | None, memory_mb: int,
) -> Scanned:  # fmt: skip
    """Read all files into the writer's buckets. Raises LogError where a file is not understood."""
    # The salt lives as long as this call: what it hashed cannot be looked up again.
    salt = secrets.token_hex(16)
    counts, layouts, cut_short = Counts(), {}, []
    with connection(memory_mb, timezone) as duck:
        for path in files:
            lines = sample(path)
            if not lines and path.stat().st_size == 0:
                continue
            layout = layout_of(path.name, lines, session, field_map)
            layouts[path.name] = layout
            one = plain(path, folder)
            if one.cut_short:
                cut_short.append(path.name)
            before = counts.bad
            _scan_file(duck, one, layout, platform, salt, counts, writer)
            if one.is_copy:
                one.path.unlink()
            _refuse_if_bad(path.name, layout, one.lines, counts.bad - before, counts.examples, lines)
    if not layouts:
        raise LogError(f"{', '.join(path.name for path in files)}: no lines")
    return Scanned(counts, layouts, tuple(cut_short))


def connection(memory_mb: int, timezone: str = "UTC") -> duckdb.DuckDBPyConnection:
    duck = duckdb.connect()
    # One thread keeps the order of lines, so that a bad one has a number; and the bars count processor time.
    duck.execute(f"SET threads = 1; SET memory_limit = '{memory_mb}MB'; SET autoinstall_known_extensions = false")
    duck.execute("SET TimeZone = ?", [timezone])
    return duck


def _scan_file(
    duck: duckdb.DuckDBPyConnection, one: PlainFile, layout: Layout, platform: Platform, salt: str, counts: Counts,
    writer: BucketWriter,
) -> None:  # fmt: skip
    name = str(one.path).replace("'", "''")
    lines = (
        f"read_csv('{name}', delim = '{SEPARATOR.decode()}', quote = '', escape = '', header = false, "
        f"auto_detect = false, "
        f"strict_mode = false, ignore_errors = true, parallel = false, compression = 'none', max_line_size = "
        f"{LONGEST * 8}, "
        "columns = {'line': 'VARCHAR'})"
    )
    select = classify.events(parsed(layout, lines), platform, salt, has_agent=layout.has_agent)
    careful = classify.events(
        parsed(layout, "again", carefully=True), platform, salt, has_agent=layout.has_agent
    ) if has_careful_way(layout) else ""  # fmt: skip
    first = counts.read
    unfit = _Unfit()
    for batch in _batches(duck, select):
        bad = np.flatnonzero(batch["reason"].to_numpy() == classify.BAD)
        if len(bad):
            unfit.add(bad + (counts.read - first + 1), batch["line"].take(pa.array(bad)))
        counts.read += len(batch)
        _take(batch, counts, writer)
        if len(unfit.numbers) > _MOST_UNFIT:
            unfit.settle(duck, careful, counts, writer)
    unfit.settle(duck, careful, counts, writer)
    lost = one.lines - (counts.read - first)
    # What the reader of lines itself gave up on is bad too, and never silently gone.
    counts.read += lost
    counts.bad += lost
    writer.flush()


def _batches(duck: duckdb.DuckDBPyConnection, select: str) -> Iterator[pa.Table]:
    for batch in duck.sql(select).to_arrow_reader(_BATCH):
        if batch.num_rows:
            yield pa.Table.from_batches([batch])


class _Unfit:
    """Lines that the split did not fit: held until they are worth a query, then parsed by regular expression."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self._lines: list[pa.ChunkedArray] = []

    def add(self, numbers: NDArray[Any], lines: pa.ChunkedArray) -> None:
        self.numbers += numbers.tolist()
        self._lines.append(lines)

    def settle(self, duck: duckdb.DuckDBPyConnection, careful: str, counts: Counts, writer: BucketWriter) -> None:
        if not self.numbers:
            return
        lines = pa.concat_arrays([chunk for lines in self._lines for chunk in lines.chunks])
        bad = np.arange(len(lines))
        if careful:
            again = duck.cursor()
            again.register("again", pa.table({"line": lines}))
            found = again.sql(careful).to_arrow_table()
            bad = np.flatnonzero(found["reason"].to_numpy() == classify.BAD)
            counts.by_regex += len(found) - len(bad)
            _take(found, counts, writer)
        for row in bad.tolist():
            line = lines[row].as_py() or ""
            if line == BLANK.decode() or line.startswith("#"):
                counts.blank += 1
                continue
            counts.bad += 1
            if len(counts.examples) < 5:
                counts.examples.append((self.numbers[row], shape(line)))
        self.numbers, self._lines = [], []


def _take(batch: pa.Table, counts: Counts, writer: BucketWriter) -> None:
    """Count a batch and write what is to be kept of it."""
    reason = batch["reason"].to_numpy()
    understood = reason != classify.BAD
    if not understood.all():
        batch = batch.filter(pa.array(understood))
        reason = reason[understood]
        if not len(reason):
            return
    for number, count in enumerate(np.bincount(reason).tolist()):
        if count:
            counts.reasons[number] += count
    end_us = batch["end_us"].to_numpy()
    counts.first_us, counts.last_us = min(counts.first_us, int(end_us.min())), max(counts.last_us, int(end_us.max()))
    zone = batch["zone"].fill_null(0).to_numpy().astype(np.int64)
    counts.zoneless += batch["zone"].null_count
    offset_min = np.sign(zone) * (np.abs(zone) // 100 * 60 + np.abs(zone) % 100)
    found, lines = np.unique(end_us // 60_000_000 * 4096 + (offset_min + 2048), return_counts=True)
    for packed, count in zip(found.tolist(), lines.tolist(), strict=True):
        counts.minutes[packed // 4096, packed % 4096 - 2048] += count
    _write(batch, reason, end_us, counts, writer)


def _write(batch: pa.Table, reason: NDArray[Any], end_us: NDArray[Any], counts: Counts, writer: BucketWriter) -> None:
    statics = np.flatnonzero(reason == classify.STATIC)
    visitor = batch["sid"].combine_chunks()
    client = batch["client"].combine_chunks()
    if len(statics):
        writer.add_statics(visitor.fill_null(client).take(pa.array(statics)).to_numpy())
    kept = np.flatnonzero(reason == classify.KEPT)
    if not len(kept):
        return
    rows = pa.array(kept)
    sid, client = visitor.take(rows), client.take(rows)
    took = batch["took_us"].combine_chunks().take(rows)
    took_us = took.fill_null(0).to_numpy()
    bucket = np.where(took.is_valid().to_numpy(zero_copy_only=False), index_of_bounds(took_us), -1).astype(np.int16)
    counts.sids += len(sid) - sid.null_count
    writer.add(
        pa.table(
            {
                "visitor": sid.fill_null(client),
                "client": client,
                "named": sid.is_valid(),
                "start_us": end_us[kept] - took_us,
                "took_us": took_us,
                "latency": bucket,
                "step": batch["step"].take(rows),
                "status": batch["status"].take(rows),
                "slug": batch["slug"].take(rows),
            }
        )
    )


def _refuse_if_bad(
    file: str, layout: Layout, lines: int, bad: int, examples: Sequence[tuple[int, str]], first_lines: Sequence[str]
) -> None:
    if bad <= MOST_BAD * lines:
        return
    form, share = looks_like(first_lines)
    seen = "; ".join(f"line {number}: {line}" for number, line in examples[:5])
    raise LogError(
        f"{file}: {bad:,} of {lines:,} lines are bad ({bad / lines:.1%}, at most {MOST_BAD:.0%} may be). The "
        f"file looks like "
        f"{WORDS[form] if form else layout.words} in {share:.0%} of its first lines. {seen}"
    )
