"""Twenty thousand damaged lines and files: no traceback, and no line that is not accounted for."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from doorbuster.importers.log import scan
from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.refusals import LogError
from tests.importers.log.conftest import MakeLog
from tests.importers.log.test_real_logs import accounted

_BITS = (b'"', b"\\", b"\\\"", b"\x00", b"\x01", b"\x02", b"\xff\xfe", b"\r", b"\n", b"\n\n", b"\t", b" ", b"[", b"]", b"%", b"%ff",
         b"-1", b"99999999999999999999", b"1e400", b"nan", b"{", b"}", b"'", b"';--", "\u202e".encode(), b"#", b";", b"sid=", b"?", b"x" * 3000)  # fmt: skip


def damaged(line: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(line) + 1)
        how = rng.randrange(4)
        if how == 0:
            line = line[:at] + rng.choice(_BITS) + line[at:]
        elif how == 1:
            line = line[:at] + line[at + rng.randint(1, 20) :]
        elif how == 2:
            line = line[:at]
        else:
            line = line[:at] + bytes([rng.randrange(256)]) + line[at + 1 :]
    return line


@pytest.mark.parametrize(
    ("form", "session"),
    [
        ("combined", "address"),
        ("timed", "cookie:sid"),
        ("alb", "address"),
        ("cloudfront", "cookie:sid"),
        ("json", "cookie:sid"),
        ("fastly", "cookie:sid"),
        ("cloudflare", "address"),
    ],
)
def test_damaged_lines_are_bad_or_read_but_never_lost(
    made_log: MakeLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, session: str
) -> None:
    monkeypatch.setattr(scan, "MOST_BAD", 1.0)
    rng = random.Random(form)
    lines = made_log(form).read_bytes().split(b"\n")[:8000]
    lines[4:] = [damaged(line, rng) if rng.random() < 0.5 else line for line in lines[4:]]
    path = tmp_path / "damaged.log"
    path.write_bytes(b"\n".join(lines) + b"\n")
    log = import_log([path], "staging", session=session)
    written = path.read_bytes().count(b"\n")
    assert log.read.lines == accounted(log) == written
    assert log.read.bad.count > 100 and log.read.kept > 1000


def test_files_cut_and_stirred_are_read_or_refused_in_a_sentence(made_log: MakeLog, tmp_path: Path) -> None:
    rng = random.Random(7)
    heads = {
        form: made_log(form).read_bytes()[:4000]
        for form in ("combined", "alb", "cloudfront", "json", "fastly", "cloudflare")
    }
    outcomes = set()
    for number in range(120):
        text = heads[rng.choice(sorted(heads))]
        text = text[rng.randrange(len(text)) :] if rng.random() < 0.3 else text[: rng.randrange(len(text))]
        for _ in range(rng.randint(0, 6)):
            text = damaged(text, rng)
        path = tmp_path / f"{number}.log"
        path.write_bytes(text)
        try:
            log = import_log([path], rng.choice(("staging", "generic")))
            assert log.read.lines == accounted(log)
            outcomes.add("read")
        except LogError as refused:
            assert str(refused) and "Traceback" not in str(refused)
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
