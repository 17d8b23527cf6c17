"""Small series of known truth, and the samples of each format."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from doorbuster.importers.imported import Imported
from doorbuster.importers.series import SeriesOptions, read_series

SAMPLES = Path(__file__).parent / "samples"
Read = Callable[..., Imported]


@pytest.fixture
def sample() -> Read:
    """Reads a sample by its name, e.g. sample("plain.csv", as_="orders")."""

    def read(name: str, **options: Any) -> Imported:
        return read_series(SAMPLES / name, "last-year", SeriesOptions(**options))

    return read


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a text as a file."""

    def read_text(text: str | bytes, file: str = "export.csv", **options: Any) -> Imported:
        path = tmp_path / file
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_series(path, "last-year", SeriesOptions(**options))

    return read_text


def rows(start: str, step_s: int, counts: Iterable[float | None], column: str = "sessions") -> str:
    """A plain CSV; None leaves the row out."""
    at = datetime.fromisoformat(start)
    lines = [f"time,{column}"]
    for place, count in enumerate(counts):
        if count is not None:
            lines.append(f"{at + timedelta(seconds=place * step_s)},{count:g}")
    return "\n".join(lines) + "\n"


def told(imported: Imported, about: str = "") -> str:
    """All findings, or those about one thing, as one text."""
    return "\n".join(one.sentence for one in imported.findings if about in ("", one.about))
