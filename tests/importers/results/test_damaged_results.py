"""Result files mutated without mercy: counts that add up, or one sentence; never a traceback."""

from __future__ import annotations

import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from doorbuster.errors import DoorbusterError
from doorbuster.importers.results.importer import read_results
from doorbuster.importers.results.last_year import write_last_year
from doorbuster.record.directory import RunDirectory
from tests.importers.results import test_artillery, test_gatling, test_jmeter, test_k6, test_locust, test_measurements
from tests.importers.results.conftest import EVERYTHING_IS_HOME

JTL = test_jmeter.HEADER + test_jmeter.row() * 150
SAMPLES = [
    *test_gatling.LOGS.values(),
    JTL,
    JTL.replace(",", ";"),
    JTL.replace("1764345600500", "2025-11-28 16:00:00.500"),
    test_jmeter.XML + "</testResults>",
    test_k6.HEADER + test_k6.request() * 60 + test_k6.point("iteration_duration", 1500),
    json.dumps(test_k6.SUMMARY),
    test_locust.HISTORY + "".join(test_locust.second(1764345600 + at, "/", at) for at in range(1, 90)),
    test_locust.STATS + "GET,/,1000,50,100,120,10,900,5,10.0,0.5,100,400,900\n",
    test_artillery.report(test_artillery.period(1764345600000)),
    test_measurements.GLUED,
]
ODD = (
    b"\0", b'"', b"\r", b"\n", b",", b";", b"\t", b"\xff", b"-1", b"1e400", b"NaN", b"9" * 40, b"<", b"&x;", b"{", b"]", b"null",
    b"KO", b"OK", b"false", b"1970-01-01", b"\xe2\x80\xaf", b"timeStamp",
)  # fmt: skip


def mutated(number: int, seed: int) -> bytes:
    rng = random.Random(seed)
    content = bytearray(SAMPLES[number].encode())
    for _ in range(rng.choice((1, 1, 2, 3, 30))):
        at = rng.randrange(len(content) + 1)
        match rng.randrange(5):
            case 0:
                content[at:at] = rng.choice(ODD)
            case 1:
                del content[at : at + rng.choice((1, 3, 40, 400))]
            case 2:
                content[at : at + 1] = bytes([rng.randrange(256)])
            case 3:
                del content[at:]
            case 4:
                content[at:at] = content[at : at + rng.choice((5, 80, 300))]
    return bytes(content)


@given(st.integers(0, len(SAMPLES) - 1), st.integers(0, 2**32))
def test_damage_is_counted_or_refused_in_a_sentence(number: int, seed: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "results"
        path.write_bytes(mutated(number, seed))
        try:
            found = read_results([path], EVERYTHING_IS_HOME)
        except DoorbusterError as refused:
            assert "\n" not in str(refused) and len(str(refused)) < 1500
            return
        made = Path(folder) / "run"
        made.mkdir()
        write_last_year(found, "run", EVERYTHING_IS_HOME, 0.0, RunDirectory(made))
        run = RunDirectory(made).read_run()
        assert run["steps"] == found.taken if len(found.counted.count) else run["steps"] == 0
        assert (found.counted.count > 0).all()
