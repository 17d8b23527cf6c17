"""Log files as blocks of whole lines that DuckDB can take: unpacked where packed, mended where a byte would trip it."""

from __future__ import annotations

import glob
import gzip
import os
import zlib
from collections.abc import Iterator, Sequence
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, cast

import numpy as np
import pyarrow as pa

from doorbuster.importers.log.refusals import LogError

_BLOCK: Final = 256 << 10
"""Bytes at a time: they stay in the processor's cache while DuckDB takes them apart. A longer line is cut there."""
_BLOCKS_SAMPLED: Final = 8
_CUT: Final = (EOFError, OSError, zlib.error, pa.ArrowInvalid)
_ODD: Final = (b"\r", b"\x00")
_BLOCKS: Final = pa.schema([("block", pa.string())])


class Log:
    """One log file, to be read once from its beginning to its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut_short = False
        """A packed file that ends in the middle: what was there is read."""
        self.failed: BaseException | None = None
        """What stopped the reading while an engine asked for it, which would make words of its own of it."""

    def batches(self) -> pa.RecordBatchReader:
        """A row a block, with the column `block`: lines with an end between each two and none after the last."""
        return pa.RecordBatchReader.from_batches(_BLOCKS, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            for block, end in self.blocks():
                # By offsets, so that nothing is copied.
                offsets = pa.py_buffer(np.array([0, end], dtype=np.int32))
                yield pa.record_batch([pa.StringArray.from_buffers(1, offsets, pa.py_buffer(block))], schema=_BLOCKS)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - raised again when the engine has ended
            self.failed = error

    def blocks(self) -> Iterator[tuple[bytes, int]]:
        """(block, where its last line ends). A block is UTF-8 up to there."""
        is_packed = packed(self.path) is not None
        rest, skips = b"", False
        with _opened(self.path) as stream:
            while more := self._some(stream, _BLOCK - len(rest), is_packed):
                if skips:
                    skips, more = b"\n" not in more, more.partition(b"\n")[2]
                block = rest + more
                if len(block) < _BLOCK:
                    rest = block
                    continue
                end = block.rfind(b"\n")
                if end < 0:
                    yield _mended(block + b"\n", _BLOCK)
                    rest, skips = b"", True
                    continue
                yield _mended(block, end)
                rest = block[end + 1 :] if is_packed else b""
                if not is_packed:
                    # To read a begun line again is cheaper than to move it to the next block, and that with it.
                    stream.seek(end + 1 - len(block), os.SEEK_CUR)
        if rest:
            rest = rest.removesuffix(b"\n")
            yield _mended(rest + b"\n", len(rest))

    def _some(self, stream: BinaryIO, most: int, is_packed: bool) -> bytes:
        """What one read brings: waiting for a full block would lose what precedes the break of a packed file."""
        try:
            return cast(BufferedReader, stream).read1(most) if is_packed else stream.read(most)
        except _CUT as error:
            if not is_packed:
                raise LogError(f"{self.path}: cannot be read to its end ({_reason(error)})") from None
            self.cut_short = True
            return b""


def _mended(block: bytes, end: int) -> tuple[bytes, int]:
    """The same, without line ends of two characters and what is no UTF-8."""
    if block.isascii() and not any(byte in block for byte in _ODD):
        return block, end
    block = block[: end + 1].replace(b"\r\n", b"\n").translate(bytes.maketrans(b"\x00\r", b"  "))
    if not block.isascii():
        block = block.decode("utf-8", "replace").encode()
    return block, len(block) - 1


def sample(path: Path, count: int = 2000) -> list[str]:
    """The first lines, without blank ones."""
    first = (line for block, end in islice(Log(path).blocks(), _BLOCKS_SAMPLED) for line in _lines(block[:end]))
    return list(islice((line for line in first if line.strip()), count))


def pieces(path: Path, count: int = 24, size: int = 64 << 10) -> list[str]:
    """Lines from all over a file, whole ones only; of a packed file the first."""
    if packed(path):
        return sample(path)
    found: list[str] = []
    length = path.stat().st_size
    with path.open("rb") as stream:
        for piece in range(count):
            stream.seek(length * piece // count)
            found += _lines(stream.read(size))[1:-1]
            if length <= size:
                break
    return found


def _lines(block: bytes) -> list[str]:
    return block.decode("utf-8", "replace").split("\n")


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
                # It is read more than once: samples first.
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


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def packed(path: Path) -> str | None:
    """`gzip`, `zstd` or None, by what the file begins with: rotated logs lose their endings."""
    try:
        with path.open("rb") as stream:
            first = stream.read(4)
    except OSError as error:
        raise LogError(f"{path}: cannot be read ({_reason(error)})") from None
    return "gzip" if first[:2] == b"\x1f\x8b" else "zstd" if first == b"\x28\xb5\x2f\xfd" else None


def _opened(path: Path) -> BinaryIO:
    try:
        how = packed(path)
        if how == "gzip":
            return cast(BinaryIO, gzip.open(path, "rb"))
        if how == "zstd":
            return cast(BinaryIO, pa.input_stream(str(path), compression="zstd"))
        return path.open("rb", buffering=0)
    except OSError as error:
        raise LogError(f"{path}: cannot be read ({_reason(error)})") from None
