"""Small result files of known truth, as each tool writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from doorbuster.importers.results.importer import Results, read_results
from doorbuster.importers.results.steps_file import StepsFile
from doorbuster.importers.results.tally import BASES, NO_BUCKET

Read = Callable[..., Results]
EVERYTHING_IS_HOME = StepsFile.model_validate({"step": [{"name": "home", "request": "*"}]})


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads texts as files of one import; every name is the step `home` unless a map is given."""

    def read_texts(*texts: str | bytes, steps: StepsFile = EVERYTHING_IS_HOME, name: str = "results") -> Results:
        paths = []
        for number, text in enumerate(texts):
            paths.append(tmp_path / f"{name}-{number}")
            paths[-1].write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_results(paths, steps)

    return read_texts


def by_base(results: Results) -> dict[str, int]:
    """Outcome -> samples, whatever they are of."""
    counted = results.counted
    return {
        base: int(counted.count[counted.base == number].sum())
        for number, base in enumerate(BASES)
        if (counted.base == number).any()
    }


def by_second(results: Results) -> dict[int, int]:
    """Second since 1970 -> samples."""
    seconds = sorted(set(results.counted.second.tolist()))
    return {one: int(results.counted.count[results.counted.second == one].sum()) for one in seconds}


def by_name(results: Results) -> dict[str, int]:
    """Request name -> samples."""
    return {name.name: int(count) for name, count in zip(results.counted.names, results.counted.of_name(), strict=True)}


def untimed(results: Results) -> int:
    """Samples without a time."""
    return int(results.counted.count[results.counted.bucket == NO_BUCKET].sum())


def warned(results: Results) -> str:
    return "\n".join(one.sentence for one in results.notes.findings if one.warns)
