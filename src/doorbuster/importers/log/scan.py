"""One pass over the logs: every line read, classified and counted; what shoppers did becomes narrow events."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from doorbuster.importers.imported import Finding
from doorbuster.importers.log import classify
from doorbuster.importers.log.buckets import BucketWriter
from doorbuster.importers.log.doubled_hour import DoubledHour
from doorbuster.importers.log.files import Log, names_of, pieces, sample
from doorbuster.importers.log.layouts import WORDS, Layout, layout_of, looks_like, shape
from doorbuster.importers.log.parse import has_careful_way, parsed
from doorbuster.importers.log.platform import Platform
from doorbuster.importers.log.refusals import LogError
from doorbuster.importers.log.sink import Counts, Sink
from doorbuster.importers.log.slugs import Slugs

MOST_BAD: Final = 0.01
"""Above this share of bad lines the format is not understood, and any number would be a guess."""
_BATCH: Final = 61_440
"""Lines at a time: a batch and what is made of it stay in the processor's cache."""
_MOST_UNFIT: Final = 20_000


@dataclass(frozen=True)
class Scanned:
    counts: Counts
    layouts: Mapping[str, Layout]
    cut_short: tuple[str, ...]
    slugs: tuple[str, ...]
    """Products by their number in the events."""
    warnings: tuple[Finding, ...]


def scan(
    files: Sequence[Path], platform: Platform, session: str, writer: BucketWriter, folder: Path, *,
    timezone: str | None, field_map: str | None, memory_mb: int,
) -> Scanned:  # fmt: skip
    """Read all files into the writer's buckets. Raises LogError where a file is not understood."""
    # The salt lives as long as this call: what it hashed cannot be looked up again.
    salt = secrets.token_hex(16)
    counts, layouts, cut_short, slugs = Counts(), {}, [], Slugs()
    with connection(memory_mb, timezone or "UTC") as duck:
        # What does not fit into memory must not spill into the user's folder, where it would outlive a kill.
        duck.execute("SET temp_directory = ?", [str(folder)])
        # A list of texts would become a join, which lets a short run of lines come after the lines that follow it.
        duck.execute("SET disabled_optimizers = 'in_clause'")
        for path, name in zip(files, names_of(files), strict=True):
            lines = sample(path)
            log = Log(path)
            if not lines:
                _refuse_unless_empty(name, log)
                continue
            layout = layout_of(name, lines, session, field_map)
            layouts[name] = layout
            read, bad, examples, counts.examples = counts.read, counts.bad, counts.examples, []
            doubled = DoubledHour(ZoneInfo(timezone)) if timezone and layout.no_offset else None
            _scan_file(duck, log, layout, platform, salt, Sink(counts, writer, slugs, doubled))
            if log.cut_short:
                cut_short.append(name)
            _refuse_if_bad(name, layout, counts.read - read, counts.bad - bad, counts.examples, lines)
            # A line's number says nothing without its file, where there are several.
            of_file = f" ({name})" if len(files) > 1 else ""
            counts.examples = [*examples, *((number, seen + of_file) for number, seen in counts.examples)][:5]
    if not layouts:
        raise LogError(f"{', '.join(names_of(files))}: no lines")
    return Scanned(counts, layouts, tuple(cut_short), tuple(slugs.names), tuple(_warnings(layouts, timezone)))


def _warnings(layouts: Mapping[str, Layout], timezone: str | None) -> Iterator[Finding]:
    """What had to be guessed, and may be wrong for all lines of a file."""
    unsaid = [name for name, layout in layouts.items() if layout.no_offset]
    if unsaid and timezone is None:
        yield Finding(
            "clock",
            f"{', '.join(unsaid[:3])}: the times have no UTC offset and were taken for UTC; give the clock that they "
            "are written on with --timezone.",
            warns=True,
        )
    by_unit = {layout.took_unit_us: name for name, layout in layouts.items() if layout.took}
    if len(by_unit) > 1:
        yield Finding(
            "latency",
            f"The request times of {by_unit[1_000_000]} were read as seconds, those of {by_unit[1]} as microseconds: "
            "where that is wrong, import them apart.",
            warns=True,
        )


def connection(memory_mb: int, timezone: str = "UTC") -> duckdb.DuckDBPyConnection:
    duck = duckdb.connect()
    # One thread keeps the order of lines, so that a bad one has a number; and the bars count processor time.
    duck.execute(f"SET threads = 1; SET memory_limit = '{memory_mb}MB'; SET autoinstall_known_extensions = false")
    duck.execute("SET TimeZone = ?", [timezone])
    return duck


def _browsers(duck: duckdb.DuckDBPyConnection, path: Path, layout: Layout) -> list[int]:
    duck.register("some_lines", pa.table({"line": pa.array(pieces(path), pa.string())}))
    found = duck.execute(classify.browsers(parsed(layout, "some_lines"))).fetchall()
    duck.unregister("some_lines")
    return [hashed for (hashed,) in found]


def _scan_file(
    duck: duckdb.DuckDBPyConnection, log: Log, layout: Layout, platform: Platform, salt: str, sink: Sink
) -> None:
    # Half the price of DuckDB's own reader of files, which also keeps what it has read until its memory is full.
    lines = "(SELECT unnest(string_split(block, chr(10))) AS line FROM blocks)"
    browsers = _browsers(duck, log.path, layout)

    def events(of: str) -> str:
        return classify.events(of, platform, salt, has_agent=layout.has_agent, browsers=browsers)

    select = events(parsed(layout, lines))
    careful = events(parsed(layout, "again", carefully=True)) if has_careful_way(layout) else ""
    duck.register("blocks", log.batches())
    counts = sink.counts
    first = counts.read
    unfit = _Unfit()
    for batch in _batches(duck, select):
        bad = np.flatnonzero(batch.column("reason").to_numpy() == classify.BAD)
        if len(bad):
            unfit.add(bad + (counts.read - first + 1), batch.column("line").take(pa.array(bad)))
        counts.read += len(batch)
        sink.take(batch)
        if len(unfit.numbers) > _MOST_UNFIT:
            unfit.settle(duck, careful, sink)
    duck.unregister("blocks")
    if log.failed is not None:
        raise log.failed
    unfit.settle(duck, careful, sink)
    sink.writer.flush()


def _batches(duck: duckdb.DuckDBPyConnection, select: str) -> Iterator[pa.RecordBatch]:
    for batch in duck.sql(select).to_arrow_reader(_BATCH):
        if batch.num_rows:
            yield batch


class _Unfit:
    """Lines that the split did not fit: held until they are worth a query, then parsed by regular expression."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self._lines: list[pa.StringArray] = []

    def add(self, numbers: NDArray[Any], lines: pa.StringArray) -> None:
        self.numbers += numbers.tolist()
        self._lines.append(lines)

    def settle(self, duck: duckdb.DuckDBPyConnection, careful: str, sink: Sink) -> None:
        if not self.numbers:
            return
        counts = sink.counts
        lines = pa.concat_arrays(self._lines)
        bad = np.arange(len(lines))
        if careful:
            again = duck.cursor()
            again.register("again", pa.table({"line": lines}))
            found = again.sql(careful).to_arrow_table().combine_chunks()
            bad = np.flatnonzero(found["reason"].to_numpy() == classify.BAD)
            counts.by_regex += len(found) - len(bad)
            for batch in found.to_batches():
                sink.take(batch)
        for row in bad.tolist():
            line = lines[row].as_py() or ""
            if not line or line.startswith("#"):
                counts.blank += 1
                continue
            counts.bad += 1
            if len(counts.examples) < 5:
                counts.examples.append((self.numbers[row], shape(line)))
        self.numbers, self._lines = [], []


def _refuse_unless_empty(name: str, log: Log) -> None:
    """Rotation leaves empty files behind, packed ones too; those hold nothing, and nothing is wrong with them."""
    lines = sum(block.count(b"\n", 0, end) + 1 for block, end in log.blocks())
    if log.cut_short:
        raise LogError(f"{name}: a packed file that breaks off before its first line ends; copy it again")
    if lines:
        raise LogError(f"{name}: {lines:,} lines, and nothing in the first of them")


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
