"""Events as files by visitor, so that all of a visitor is in one file and one file fits into memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

EVENTS: Final = pa.schema(
    [
        ("visitor", pa.int64()),  # hash of cookie or header, else of address and user agent
        ("client", pa.int64()),  # hash of address and user agent
        ("start_us", pa.int64()),  # when the request began: its end less its request time
        ("took_us", pa.int64()),  # request time, 0 where unknown
        ("what", pa.int64()),  # step, status, latency and product: what.py
    ]
)
BYTES_A_BUCKET: Final = 256 << 20
_ROWS_HELD: Final = 100_000
_STATICS_HELD: Final = 2_000_000


class BucketWriter:
    """Takes batches of events and spreads them over `count` Arrow files in a folder: these are read as they lie.

    `by_name`: sessions are told by a cookie or header; events without it are set aside in a file of their own.
    """

    def __init__(self, folder: Path, log_bytes: int, *, by_name: bool, part: str = "scan") -> None:
        self.folder, self._log_bytes, self._part = folder, log_bytes, part
        self.count = min(64, max(1, -(-log_bytes // BYTES_A_BUCKET)))
        self._by_name = by_name
        self._writers = [self._writer(self._path(bucket)) for bucket in range(self.count)]
        if by_name:
            self._writers.append(self._writer(self._loose_path()))
        self._held = np.empty((len(EVENTS), _ROWS_HELD), dtype=np.int64)
        # Memory that is asked for anew costs more than what is done in it.
        self._in_order = np.empty_like(self._held)
        self._bucket = np.empty(_ROWS_HELD, dtype=np.uint8)
        self._rows = 0
        self._statics: list[NDArray[np.int64]] = []
        self._statics_held = self._statics_known = 0

    def _writer(self, path: Path) -> Any:
        return pa.ipc.new_file(path, EVENTS)

    def _path(self, bucket: int, part: str = "") -> Path:
        return self.folder / f"events-{bucket:02d}-{part or self._part}.arrow"

    def _loose_path(self) -> Path:
        return self.folder / "loose.arrow"

    def more(self) -> BucketWriter:
        """A writer of one more part to the same buckets, for the events that were set aside."""
        return BucketWriter(self.folder, self._log_bytes, by_name=False, part="stitched")

    def events(self, bucket: int) -> pa.Table:
        """All parts of a closed bucket: columns of `EVENTS`, mapped and not copied."""
        paths = [path for part in ("scan", "stitched") if (path := self._path(bucket, part)).exists()]
        return pa.concat_tables(map(_mapped, paths))

    def loose(self) -> pa.Table:
        """The events without a cookie or header."""
        return _mapped(self._loose_path())

    def statics(self, bucket: int) -> pa.Table:
        """`visitor`, some repeated: who of this bucket fetched a static file; with names everyone who did, because a
        client that fetched one without the cookie has its visitors in all buckets."""
        held = self._statics if self._by_name else [some[some % self.count == bucket] for some in self._statics]
        return pa.table({"visitor": pa.chunked_array([pa.array(some) for some in held], pa.int64())})

    def add(self, events: Sequence[NDArray[np.int64]], named: NDArray[np.bool_]) -> None:
        """The columns of `EVENTS`, and whether each row carried the cookie or header itself."""
        bucket = (events[0] % self.count).astype(np.uint8)
        if self._by_name:
            bucket[~named] = self.count
        done = 0
        while done < len(bucket):
            some = slice(done, done + _ROWS_HELD - self._rows)
            here = slice(self._rows, self._rows + len(bucket[some]))
            self._bucket[here] = bucket[some]
            for held, column in zip(self._held, events, strict=True):
                held[here] = column[some]
            done, self._rows = done + len(bucket[some]), here.stop
            if self._rows == _ROWS_HELD:
                self.flush()

    def add_statics(self, visitors: NDArray[np.int64]) -> None:
        """Visitors who fetched a static file, with repetitions."""
        self._statics.append(visitors)
        self._statics_held += len(visitors)
        # Only when they have doubled: going through all of them each time would cost more than the scan.
        if self._statics_held > 2 * self._statics_known + _STATICS_HELD:
            # By hash: a tenth of what sorting them would cost.
            every = pa.chunked_array([pa.array(some) for some in self._statics])
            self._statics = [pc.unique(every).to_numpy()]
            self._statics_held = self._statics_known = len(self._statics[0])

    def flush(self) -> None:
        bucket = self._bucket[: self._rows]
        order = np.argsort(bucket, kind="stable")
        for held, in_order in zip(self._held, self._in_order, strict=True):
            np.take(held, order, out=in_order[: self._rows], mode="clip")
        events = pa.record_batch(list(self._in_order[:, : self._rows]), schema=EVENTS)
        self._rows = 0
        ends = np.cumsum(np.bincount(bucket, minlength=len(self._writers))).tolist()
        for writer, start, end in zip(self._writers, [0, *ends[:-1]], ends, strict=True):
            if end > start:
                writer.write_batch(events.slice(start, end - start))

    def close(self) -> None:
        self.flush()
        for writer in self._writers:
            writer.close()
        self._writers = []


def _mapped(path: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
