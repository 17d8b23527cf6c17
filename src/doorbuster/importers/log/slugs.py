"""Products by number: links spell one in capitals, percent-encoded or both, and it is one product all the same."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

NONE = -1


class Slugs:
    """Gives each product a number, in the order in which they are first seen."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._by_spelling = _BySpelling(self.names)

    def numbers(self, spelt: pa.Array) -> NDArray[np.int64]:
        """The number of each, `NONE` for null."""
        coded = spelt.dictionary_encode()
        found = map(self._by_spelling.__getitem__, coded.dictionary.to_pylist())
        lookup = np.array([*found, NONE], dtype=np.int64)
        numbers: NDArray[np.int64] = lookup[coded.indices.fill_null(len(lookup) - 1).to_numpy()]
        return numbers


class _BySpelling(dict[str | None, int]):
    """Spelling -> number; only a new spelling is read."""

    def __init__(self, names: list[str]) -> None:
        super().__init__({None: NONE})
        self._names, self._by_name = names, dict[str, int]()

    def __missing__(self, spelling: str | None) -> int:
        assert spelling is not None
        name = slug(spelling)
        if name not in self._by_name:
            self._by_name[name] = len(self._names)
            self._names.append(name)
        self[spelling] = self._by_name[name]
        return self[spelling]


def slug(spelling: str) -> str:
    """Without what follows a semicolon: servers write the session there (`lamp;jsessionid=...`).

    >>> slug("Caf%C3%A9-1"), slug("caf%c3%a9-1"), slug("%FF"), slug("lamp;jsessionid=1A2B")
    ('café-1', 'café-1', '%ff', 'lamp')
    """
    try:
        name = unquote_to_bytes(spelling).decode("utf-8").lower()
    except UnicodeDecodeError:
        name = spelling.lower()
    return name.partition(";")[0]
