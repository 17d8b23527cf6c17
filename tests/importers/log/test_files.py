"""What files are called and where they lie: each is read, once, and no other."""

from __future__ import annotations

import errno
import gzip
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorbuster.importers.log import files, scan
from doorbuster.importers.log.files import Log
from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.refusals import LogError
from tests.importers.log.conftest import line

Write = Callable[..., Path]


@pytest.mark.parametrize("name", ["access[1].log", "q*.log", "w?.log", "back\\slash1.log", "it's.log"])
def test_a_name_that_looks_like_a_pattern_is_that_file(write_log: Write, name: str) -> None:
    for other in ("access1.log", "q2.log", "w1.log"):
        write_log(*[line(target="/")] * 7, name=other)
    log = import_log([write_log(*[line()] * 3, name=name)], "staging")
    assert log.read.lines == 3 and log.funnel == {"product": 1}


@pytest.mark.parametrize("break_", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_what_stops_the_reading_comes_out_as_it_is(
    write_log: Write, monkeypatch: pytest.MonkeyPatch, break_: BaseException
) -> None:
    path = write_log(*[line()] * 9)

    class Disk(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= path.stat().st_size // 2:
                raise break_
            return super().read(path.stat().st_size // 2)

    # The first lines were read before; an engine asks for the rest.
    first = files.sample(path)
    monkeypatch.setattr(scan, "sample", lambda path: first)
    monkeypatch.setattr(files, "_opened", Disk)
    expected = KeyboardInterrupt if isinstance(break_, KeyboardInterrupt) else LogError
    with pytest.raises(expected, match="to its end .Input/output error" if expected is LogError else None):
        import_log([path], "staging")


def test_one_name_in_two_folders_is_two_files(
    write_log: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("web1", "web2"):
        (tmp_path / folder).mkdir()
        write_log(line(), name=f"{folder}/access.log")
    monkeypatch.chdir(tmp_path)
    log = import_log(["*/access.log"], "staging")
    assert [name for name, _ in log.files] == ["web1/access.log", "web2/access.log"] and log.read.lines == 2


def test_a_short_packed_file_that_ends_in_the_middle_is_read(write_log: Write, tmp_path: Path) -> None:
    lines = [line(f"25/Nov/2025:20:00:{s:02d} +0100", address=f"10.1.{m}.{s}") for s in range(60) for m in range(9)]
    whole = gzip.compress(write_log(*lines).read_bytes())
    (tmp_path / "cut.gz").write_bytes(whole[: len(whole) // 2])
    log = import_log([tmp_path / "cut.gz"], "staging")
    assert 100 < log.read.kept < len(lines) and any("ends in the middle" in one.sentence for one in log.findings)
    (tmp_path / "cut.gz").write_bytes(whole[:20])
    with pytest.raises(LogError, match="breaks off before its first line ends"):
        import_log([tmp_path / "cut.gz"], "staging")


def test_empty_files_are_passed_over_and_empty_lines_are_not_called_a_format(write_log: Write, tmp_path: Path) -> None:
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress(b""))
    assert import_log([write_log(line()), tmp_path / "access.log.2.gz"], "staging").read.lines == 1
    with pytest.raises(LogError, match="3 lines, and nothing in"):
        import_log([write_log("", "", "", name="blank.log")], "staging")


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LogError, match="can be read only once"):
        import_log([tmp_path / "pipe"], "staging")


@given(
    st.lists(st.sampled_from([b"a", b"\n", b"\n\n", b"\r\n", b"\r", b"\x00", "é".encode(), b"\xc3", b"\t"])),
    st.integers(1, 6),
    st.booleans(),
)
def test_lines_are_the_same_wherever_blocks_end(parts: list[bytes], block: int, is_packed: bool) -> None:
    data = b"".join(parts)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_BLOCK", block)
        path = Path(folder) / "access.log"
        path.write_bytes(gzip.compress(data) if is_packed else data)
        log = Log(path)
        found = [one for lines in log.batches().read_all()["block"].to_pylist() for one in lines.split("\n")]
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    # A line that fills a block with its end is cut there.
    cut = [one[:block] if len(one) >= block else one for one in lines]
    expected = [one.removesuffix(b"\r").translate(bytes.maketrans(b"\r\x00", b"  ")) for one in cut]
    assert [one.rstrip(" ") for one in found] == [one.decode("utf-8", "replace").rstrip(" ") for one in expected]
    assert not log.failed and not log.cut_short


def test_a_line_longer_than_a_block_loses_no_other(write_log: Write) -> None:
    long = line(target="/products/" + "x" * (700 << 10))
    others = [line(address=f"10.1.0.{number}") for number in range(199)]
    log = import_log([write_log(*others[:99], long, *others[99:])], "staging")
    assert (log.read.lines, log.read.kept, log.read.bad.count) == (200, 199, 1)
    assert [number for number, _ in log.read.bad.examples] == [100]
