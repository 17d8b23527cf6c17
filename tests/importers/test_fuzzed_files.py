"""Valid exports, mutated without mercy: a curve whose account adds up or one sentence; never a traceback, no wrong silence.

Set DOORBUSTER_FUZZ=20000 for the long run.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorbuster.analysis.imported import render_import
from doorbuster.errors import DoorbusterError
from doorbuster.importers.curve_file import curve_csv
from doorbuster.importers.imported import Counted, Imported
from doorbuster.importers.scenario_file import scenario_toml
from doorbuster.importers.series import SeriesOptions, read_series
from tests.importers.conftest import SAMPLES, rows

HOW_MANY = int(os.environ.get("DOORBUSTER_FUZZ", "300"))
SAMPLE_BYTES = {
    path.name: path.read_bytes()[:6000] for path in sorted(SAMPLES.iterdir()) if path.suffix in (".csv", ".json")
}
# Long ones too, in which a bad line is below the 1 % that stops an import.
SAMPLE_BYTES["long.csv"] = rows("2025-10-25 00:00:00", 3600, [50 + hour % 24 for hour in range(400)]).encode()
SAMPLE_BYTES["long-shopify.csv"] = (
    SAMPLE_BYTES["shopifyql.csv"].splitlines()[0]
    + b"\n"
    + b"".join(
        f"2025-11-{1 + hour // 24:02d}T{hour % 24:02d}:00:00-05:00,{50 + hour},{9 + hour % 5},{2 + hour % 3},7\n".encode()
        for hour in range(500)
    )
)
SAMPLE_BYTES["long.json"] = (
    b'{"data": {"resultType": "matrix", "result": [{"metric": {"__name__": "orders_rate"}, "values": [%s]}]}}'
    % b", ".join(b'[%d, "%d"]' % (1764360000 + 60 * minute, minute % 50) for minute in range(400))
)
ODD = (
    b"\0", b'"', b"\r", b"\n", b",", b";", b"\xff", b"-1", b"1e400", b"NaN", b"9" * 40, b"Total", b"sep=\n", b"{", b"]", b"#",
    b"2025-11-02 01:30:00", b"2025-03-09 02:30:00", b"0001-01-01", b"9999-12-31T23:59:59+23:59", b"1e18", b"%s", b"\xe2\x80\xaf",
)  # fmt: skip


def mutated(name: str, seed: int) -> bytes:
    rng = random.Random(seed)
    content = bytearray(SAMPLE_BYTES[name])
    for _ in range(rng.choice((1, 1, 1, 2, 3, 30))):
        at = rng.randrange(len(content) + 1)
        match rng.randrange(6):
            case 0:
                content[at:at] = rng.choice(ODD)
            case 1:
                del content[at : at + rng.choice((1, 3, 40, 400))]
            case 2:
                content[at : at + 1] = bytes([rng.randrange(256)])
            case 3:
                content[at:at] = content[at : at + rng.choice((10, 100, 1000))]
            case 4:
                lines = content.split(b"\n")
                data = lines[10:]
                rng.shuffle(data)
                content = bytearray(b"\n".join([*lines[:10], *data]))
            case _ if rng.random() < 0.3:
                del content[at:]
            case _:
                lines = content.split(b"\n")
                lines[rng.randrange(len(lines))] = rng.choice(lines)
                content = bytearray(b"\n".join(lines))
        if not content:
            break
    return bytes(content)


@settings(
    max_examples=HOW_MANY, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
@given(
    st.sampled_from(sorted(SAMPLE_BYTES)),
    st.integers(0, 2**32),
    st.sampled_from([None, "sessions", "orders", "requests"]),
    st.sampled_from([None, "America/New_York", "Australia/Lord_Howe"]),
)
def test_a_mutated_export_is_read_or_refused_in_one_sentence(
    name: str, seed: int, as_: Counted | None, timezone: str | None
) -> None:
    field_map = SAMPLES / "kasse.toml" if name == "kasse.csv" else None
    with NamedTemporaryFile(suffix=Path(name).suffix) as file:
        file.write(mutated(name, seed))
        file.flush()
        try:
            found = read_series(
                Path(file.name), "fuzzed", SeriesOptions(as_=as_, timezone=timezone, field_map=field_map)
            )
        except DoorbusterError as refused:
            assert "\n" not in str(refused)
            assert len(str(refused)) < 1500
            return
    check(found)
    if seed % 25 == 0:  # drawing takes long
        assert "<img" in render_import(found, "")


def check(found: Imported) -> None:
    """Nothing vanished silently, and what is written can be read."""
    left_out = sum(one.rows for one in found.dropped)
    if not found.source.startswith("Prometheus"):
        assert found.read_rows + left_out + found.bad.count == found.bad.of
    assert found.bad.count <= 0.01 * found.bad.of
    counts = found.curve.count
    assert np.nansum(counts) > 0
    assert not (counts < 0).any()
    assert (np.diff(found.curve.start_s) == found.curve.step_s).all()
    assert 0 <= found.window.first < found.window.last <= counts.size
    assert len(curve_csv(found).splitlines()) > 1
    assert "# assumed: " in scenario_toml(found)
