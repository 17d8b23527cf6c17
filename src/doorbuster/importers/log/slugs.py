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
        self._by_name: dict[str, int] = {}
        self._by_spelling: dict[str | None, int] = {None: NONE}

    def numbers(self, spelt: pa.Array) -> NDArray[np.int64]:
        """The number of each, `NONE` for null."""
        coded = spelt.dictionary_encode()
        found = [self._number(spelling) for spelling in coded.dictionary.to_pylist()]
        lookup = np.array([*found, NONE], dtype=np.int64)
        numbers: NDArray[np.int64] = lookup[coded.indices.fill_null(len(found)).to_numpy()]
        return numbers

    def _number(self, spelling: str) -> int:
        if spelling not in self._by_spelling:
            name = slug(spelling)
            if name not in self._by_name:
                self._by_name[name] = len(self.names)
                self.names.append(name)
            self._by_spelling[spelling] = self._by_name[name]
        return self._by_spelling[spelling]


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
