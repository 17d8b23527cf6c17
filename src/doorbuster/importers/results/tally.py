"""Counts samples by request name, second, outcome and latency bucket as they are read: a file of any size fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from doorbuster.importers.results.refusals import ResultError
from doorbuster.record.histogram import index_of_bounds

BASES: Final = ("ok", "rejected", "throttled", "conflict", "abandoned", "server", "error")
"""Outcomes before the step is known: `server` (5xx) is `unknown` for a money step, else `error`."""
OK, REJECTED, THROTTLED, CONFLICT, ABANDONED, SERVER, ERROR = range(len(BASES))
NO_BUCKET: Final = -1
SAMPLES: Final = pa.schema(
    [
        ("name", pa.string()),
        ("method", pa.string()),  # empty where the file does not say
        ("group", pa.string()),  # scenario or thread group
        ("start_us", pa.int64()),  # when it was sent: microseconds since 1970, UTC or as written
        ("took_us", pa.float64()),  # from sending to the last byte; nan where nobody knows
        ("status", pa.int32()),  # HTTP status, 0 where there was none or nobody says
        ("failed", pa.bool_()),  # by the tool's own word
        ("timed_out", pa.bool_()),
    ]
)
_MOST_NAMES: Final = 100_000
_HELD: Final = 4_000_000
_BUCKET, _BASE, _SECOND = 1 << 12, 1 << 3, 1 << 31


@dataclass(frozen=True)
class Name:
    """A request as the tool knew it."""

    name: str
    method: str
    group: str


@dataclass(frozen=True, eq=False)
class Counted:
    """All samples of an import, added up. Arrays of one length: name (index into `names`), second (since 1970), base,
    bucket (`NO_BUCKET` where the time is unknown) and count."""

    names: tuple[Name, ...]
    name: NDArray[np.int64]
    second: NDArray[np.int64]
    base: NDArray[np.int64]
    bucket: NDArray[np.int64]
    count: NDArray[np.int64]

    def of_name(self) -> NDArray[np.int64]:
        """Samples of each name: shape (names,)."""
        return np.bincount(self.name, self.count, len(self.names)).astype(np.int64)


class Tally:
    """Takes batches of `SAMPLES`, or counts where a file holds no more."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str, str], int] = {}
        self._keys: list[NDArray[np.int64]] = []
        self._counts: list[NDArray[np.int64]] = []
        self._held = 0
        self.passed_5xx = 0
        """Answers with 5xx that the tool took for passed."""
        self.last_us = 0
        """When the last answer was there."""

    def add(self, samples: pa.Table | pa.RecordBatch) -> None:
        """Columns of `SAMPLES`, none of them null. Raises ResultError for more names than anybody can map."""
        if not samples.num_rows:
            return
        start_us = samples["start_us"].to_numpy(zero_copy_only=False)
        took_us = samples["took_us"].to_numpy(zero_copy_only=False)
        status = samples["status"].to_numpy(zero_copy_only=False)
        failed = samples["failed"].to_numpy(zero_copy_only=False)
        timed_out = samples["timed_out"].to_numpy(zero_copy_only=False)
        self.passed_5xx += int((~failed & (status >= 500)).sum())
        # Some tools write no time, or zero, for what they waited for in vain: nobody was served at once.
        known = ~np.isnan(took_us) & ~(timed_out & (took_us <= 0))
        self.last_us = max(self.last_us, int((start_us + np.where(known, took_us, 0)).max()))
        bucket = np.where(known, index_of_bounds(np.where(known, took_us, 0)), NO_BUCKET)
        key = self._name_ids(samples) * _SECOND + start_us // 1_000_000
        key = (key * _BASE + _base(status, failed, timed_out)) * _BUCKET + bucket + 1
        self._hold(*np.unique(key, return_counts=True))

    def add_count(self, name: Name, second: int, base: int, count: int) -> None:
        """Answers whose times nobody knows."""
        if count:
            key = (self._id(name.name, name.method, name.group) * _SECOND + second) * _BASE + base
            self._hold(np.array([key * _BUCKET]), np.array([count]))

    def counted(self) -> Counted:
        self._merge()
        key = self._keys[0] if self._keys else np.zeros(0, dtype=np.int64)
        count = self._counts[0] if self._counts else np.zeros(0, dtype=np.int64)
        rest, bucket = np.divmod(key, _BUCKET)
        rest, base = np.divmod(rest, _BASE)
        name, second = np.divmod(rest, _SECOND)
        return Counted(tuple(Name(*key) for key in self._names), name, second, base, bucket - 1, count)

    def _name_ids(self, samples: pa.Table | pa.RecordBatch) -> NDArray[np.int64]:
        coded = [pc.dictionary_encode(_flat(samples[column])) for column in ("name", "method", "group")]
        together = np.zeros(samples.num_rows, dtype=np.int64)
        for one in coded:
            together = together * max(1, len(one.dictionary)) + one.indices.to_numpy(zero_copy_only=False)
        seen, first, place = np.unique(together, return_index=True, return_inverse=True)
        texts = [one.dictionary.to_pylist() for one in coded]
        ids = [
            self._id(*(words[one.indices[int(at)].as_py()] for one, words in zip(coded, texts, strict=True)))
            for at in first
        ]
        return np.array(ids, dtype=np.int64)[place] if seen.size else together

    def _id(self, name: str, method: str, group: str) -> int:
        found = self._names.setdefault((name, method, group), len(self._names))
        if found >= _MOST_NAMES:
            raise ResultError(
                f"more than {_MOST_NAMES:,} different request names: they hold ids or queries; have the tool name its "
                "requests (k6 tags.name, Locust name=, a JMeter label) and run it again"
            )
        return found

    def _hold(self, keys: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        self._keys.append(keys)
        self._counts.append(counts)
        self._held += len(keys)
        if self._held > _HELD:
            self._merge()

    def _merge(self) -> None:
        if len(self._keys) < 2:
            return
        keys, place = np.unique(np.concatenate(self._keys), return_inverse=True)
        counts = np.bincount(place, np.concatenate(self._counts), len(keys)).astype(np.int64)
        self._keys, self._counts, self._held = [keys], [counts], len(keys) // 2


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _base(status: NDArray[np.int32], failed: NDArray[np.bool_], timed_out: NDArray[np.bool_]) -> NDArray[np.int64]:
    """As `import log` reads a status; beyond that the tool's own word decides."""
    refused = (status >= 400) & (status < 500)
    return np.select(
        [
            timed_out | np.isin(status, (408, 499)),
            status == 429,
            status == 409,
            status >= 500,
            failed,
            refused,
        ],
        [ABANDONED, THROTTLED, CONFLICT, SERVER, ERROR, REJECTED],
        OK,
    ).astype(np.int64)
