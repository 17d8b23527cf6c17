"""Events as Parquet files by visitor, so that all of a visitor is in one file and one file fits into memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

EVENTS: Final = pa.schema(
    [
        ("visitor", pa.int64()),  # hash of cookie or header, else of address and user agent
        ("client", pa.int64()),  # hash of address and user agent
        ("named", pa.bool_()),  # whether the line itself carried the cookie or header
        ("start_us", pa.int64()),  # when the request began: its end less its request time
        ("took_us", pa.int64()),  # request time, 0 where unknown
        ("latency", pa.int16()),  # its histogram bucket (record/histogram.py), -1 where unknown
        ("step", pa.int16()),  # index into vocabulary.STEPS, one more for other pages
        ("status", pa.int16()),
        ("product", pa.int32()),  # number of a product page's product, else -1
    ]
)
STATICS: Final = pa.schema([("visitor", pa.int64())])
BYTES_A_BUCKET: Final = 192 << 20
_ROWS_HELD: Final = 600_000


class BucketWriter:
    """Takes batches of events and spreads them over `count` Parquet files in a folder.

    `by_name`: sessions are told by a cookie or header; events without it are set aside in a file of their own.
    """

    def __init__(self, folder: Path, log_bytes: int, *, by_name: bool, part: str = "scan") -> None:
        self.folder, self._log_bytes, self._part = folder, log_bytes, part
        self._loose = self._writer(self.loose_path()) if by_name else None
        self.count = min(64, max(1, -(-log_bytes // BYTES_A_BUCKET)))
        self._writers = [self._writer(self.path(bucket)) for bucket in range(self.count)]
        self._held: list[pa.Table] = []
        self._rows = 0
        self._statics: list[NDArray[np.int64]] = []

    def _writer(self, path: Path) -> pq.ParquetWriter:
        # Hashes and times hardly repeat: a dictionary of them costs more than it saves.
        repeating = ["step", "status", "product", "latency"]
        return pq.ParquetWriter(path, EVENTS, compression="lz4", use_dictionary=repeating, write_statistics=False)

    def path(self, bucket: int) -> Path:
        return self.folder / f"events-{bucket:02d}-{self._part}.parquet"

    def paths(self, bucket: int) -> list[Path]:
        """All parts of a bucket."""
        return sorted(self.folder.glob(f"events-{bucket:02d}-*.parquet"))

    def more(self) -> BucketWriter:
        """A writer of one more part to the same buckets."""
        return BucketWriter(self.folder, self._log_bytes, by_name=False, part="stitched")

    def statics_path(self) -> Path:
        return self.folder / "statics.parquet"

    def loose_path(self) -> Path:
        return self.folder / "loose.parquet"

    def add(self, events: pa.Table) -> None:
        """Rows with the columns of `EVENTS`."""
        self._held.append(events)
        self._rows += len(events)
        if self._rows >= _ROWS_HELD:
            self.flush()

    def add_statics(self, visitors: NDArray[Any]) -> None:
        """Visitors who fetched a static file, with repetitions."""
        self._statics.append(np.unique(visitors))
        # Sorted together only when they have doubled: sorting all of them each time would cost more than the scan.
        if sum(map(len, self._statics)) > 2 * len(self._statics[0]) + 1_000_000:
            self._statics = [np.unique(np.concatenate(self._statics))]

    def flush(self) -> None:
        if not self._held:
            return
        table = pa.concat_tables(self._held).combine_chunks()
        self._held, self._rows = [], 0
        bucket = (table["visitor"].to_numpy() % self.count).astype(np.uint8)
        writers = [*self._writers]
        if self._loose is not None:
            bucket[~table["named"].to_numpy(zero_copy_only=False)] = self.count
            writers.append(self._loose)
        table = table.take(pa.array(np.argsort(bucket, kind="stable"))) if len(writers) > 1 else table
        ends = np.cumsum(np.bincount(bucket, minlength=len(writers))).tolist()
        for writer, start, end in zip(writers, [0, *ends[:-1]], ends, strict=True):
            if end > start:
                writer.write_table(table.slice(start, end - start))

    def end_loose(self) -> None:
        """From now on every event goes into its visitor's bucket."""
        if self._loose is not None:
            self.flush()
            self._loose.close()
            self._loose = None

    def close(self) -> None:
        self.end_loose()
        self.flush()
        for writer in self._writers:
            writer.close()
        self._writers = []
        if self._part != "scan":
            return
        visitors = np.unique(np.concatenate(self._statics)) if self._statics else np.array([], dtype=np.int64)
        pq.write_table(pa.table({"visitor": visitors}, schema=STATICS), self.statics_path())
