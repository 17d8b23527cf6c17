"""Log files as plain lines that DuckDB can read: unpacked where packed, mended where a byte would stop the reader."""

from __future__ import annotations

import glob
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, cast

import numpy as np
import pyarrow as pa

from doorbuster.importers.log.refusals import LogError

SEPARATOR: Final = b"\x01"
"""Never in a log: makes DuckDB's CSV reader a reader of lines."""
BLANK: Final = b"\x02"
"""Stands for an empty line, which the reader would skip, and the line numbers after it would be wrong."""
_LINE_END: Final = 10
_SPACE: Final = 32
_BLOCK: Final = 256 << 10
_UNPACKED: Final = 64 << 10
_CUT: Final = (EOFError, OSError, zlib.error, pa.ArrowInvalid)
_SAMPLED: Final = 2 << 20
LONGEST: Final = 256 << 10


@dataclass(frozen=True)
class PlainFile:
    """One log, ready to be scanned."""

    name: str
    path: Path
    """The file itself, or a mended copy in the working folder."""
    lines: int
    is_copy: bool
    cut_short: bool
    """A packed file that ends in the middle: what was there is read."""


def sample(path: Path, count: int = 2000) -> list[str]:
    """The first lines, as text, without blank ones."""
    block = b""
    with _opened(path) as stream, suppress(*_CUT):
        while len(block) < _SAMPLED and (more := _some(stream)):
            block += more
    lines = (line.rstrip("\r") for line in block.decode("utf-8", "replace").split("\n"))
    return list(islice((line for line in lines if line.strip()), count))


def pieces(path: Path, count: int = 24, size: int = 64 << 10) -> list[str]:
    """Lines from all over a plain file, whole ones only."""
    found: list[str] = []
    length = path.stat().st_size
    with path.open("rb") as stream:
        for piece in range(count):
            stream.seek(length * piece // count)
            lines = stream.read(size).decode("utf-8", "replace").split("\n")[1:-1]
            found += (line for line in lines if len(line) < LONGEST)
            if length <= size:
                break
    return found


def plain(path: Path, working_folder: Path) -> PlainFile:
    """Counts the lines of a log; makes a copy only if it is packed or holds bytes that a reader of lines trips over."""
    if packed(path) is None:
        lines, clean = _look(path)
        if clean:
            return PlainFile(path.name, path, lines, False, False)
    copy = working_folder / "plain.log"
    state = _Copied()
    with copy.open("wb") as out:
        for block in _whole_lines(path, state):
            out.write(_mended(block))
            state.lines += block.count(b"\n")
    return PlainFile(path.name, copy, state.lines, True, state.cut_short)


def existing(files: Sequence[str | Path]) -> list[Path]:
    """The files that names and globs stand for, each once. Raises LogError for a name without a file."""
    found: dict[Path, Path] = {}
    for name in files:
        path = Path(name)
        text = str(name)
        globbed = sorted(map(Path, glob.glob(text))) if any(c in text for c in "*?[") else []  # noqa: PTH207 - may be absolute
        matches = [path] if path.exists() else globbed
        if not matches:
            raise LogError(f"{name}: no such file")
        for match in matches:
            if match.is_dir():
                raise LogError(f"{match}: a folder; name its files, e.g. {match}/access.log*")
            if not match.is_file():
                # It is read more than once, and its lines are counted first.
                raise LogError(f"{match}: a pipe or device can be read only once; write it to a file first")
            found.setdefault(match.resolve(), match)
    if not found:
        raise LogError("no log file named")
    return list(found.values())


def names_of(paths: Sequence[Path]) -> list[str]:
    """What each file is called in sentences: with as many of its folders as tell it from the others."""
    depth = 1
    while len({path.parts[-depth:] for path in paths}) < len(paths):
        depth += 1
    return ["/".join(path.parts[-depth:]) for path in paths]


@dataclass
class _Copied:
    lines: int = 0
    cut_short: bool = False


def packed(path: Path) -> str | None:
    """`gzip`, `zstd` or None, by what the file begins with: rotated logs lose their endings."""
    try:
        with path.open("rb") as stream:
            first = stream.read(4)
    except OSError as error:
        raise LogError(f"{path}: cannot be read ({error.strerror or error})") from None
    return "gzip" if first[:2] == b"\x1f\x8b" else "zstd" if first == b"\x28\xb5\x2f\xfd" else None


def _opened(path: Path) -> BinaryIO:
    try:
        how = packed(path)
        if how == "gzip":
            return cast(BinaryIO, gzip.open(path, "rb"))
        if how == "zstd":
            return cast(BinaryIO, pa.input_stream(str(path), compression="zstd"))
        return path.open("rb")
    except OSError as error:
        raise LogError(f"{path}: cannot be read ({error.strerror or error})") from None


def _some(stream: BinaryIO) -> bytes:
    """What one read brings: waiting for a full block would lose what precedes the break of a packed file."""
    return cast(BufferedReader, stream).read1(_UNPACKED)


def _look(path: Path) -> tuple[int, bool]:
    """(lines, whether the reader can have the file as it is)."""
    lines, clean, last_ended, carried = 0, True, True, b""
    # Everything is made in the same room each time: a fresh one for each block would cost as much as looking at it.
    room, ends_room, low_room = bytearray(_BLOCK), np.empty(_BLOCK, dtype=np.bool_), np.empty(_BLOCK, dtype=np.bool_)
    with path.open("rb", buffering=0) as stream:
        while read := stream.readinto(room):
            block = room if read == _BLOCK else room[:read]
            codes = np.frombuffer(block, dtype=np.uint8)
            ends = np.equal(codes, _LINE_END, out=ends_room[:read])
            found = int(np.count_nonzero(ends))
            lines += found
            # Most blocks hold no byte below a space but line ends: one look at all, and four only where it finds more.
            low = int(np.count_nonzero(np.less(codes, _SPACE, out=low_room[:read])))
            odd = low > found and any(byte in block for byte in (b"\x00", SEPARATOR, BLANK, b"\r"))
            # Two line ends side by side: five times as fast as looking for both with `in`.
            twice = np.logical_and(ends[1:], ends[:-1], out=low_room[: read - 1])
            blank = bool(twice.any()) or (last_ended and bool(ends[0]))
            clean = clean and not blank and not odd
            if clean and not block.isascii():
                carried, clean = _unfinished(carried + block)
            last_ended = bool(ends[-1])
    return lines + (not last_ended), clean and not carried


def _unfinished(block: bytes) -> tuple[bytes, bool]:
    """(a character cut by the end of the block, whether all before it is UTF-8)."""
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.end == len(block):
            return block[error.start :], True
        return b"", False
    return b"", True


def _whole_lines(path: Path, state: _Copied) -> Iterator[bytes]:
    """Blocks that end with a line; what is left at the end of the file gets its line end."""
    rest = b""
    with _opened(path) as stream:
        while True:
            try:
                block = _some(stream)
            except _CUT:
                state.cut_short = True
                block = b""
            if not block:
                break
            head, newline, tail = block.rpartition(b"\n")
            if newline:
                yield rest + head + b"\n"
                rest = tail
            else:
                rest += tail
    if rest:
        yield rest + b"\n"


def _mended(block: bytes) -> bytes:
    if not block.isascii():
        block = block.decode("utf-8", "replace").encode("utf-8")
    block = block.replace(b"\r\n", b"\n").translate(bytes.maketrans(b"\x00\x01\x02\r", b"    "))
    if len(block) > LONGEST:
        block = b"\n".join(line[:LONGEST] if len(line) > LONGEST else line for line in block.split(b"\n"))
    while b"\n\n" in block:
        block = block.replace(b"\n\n", b"\n" + BLANK + b"\n")
    return BLANK + block if block.startswith(b"\n") else block
