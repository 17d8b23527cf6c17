"""Opens result files, packed or not, each once: a file given twice would count everything twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from doorbuster.importers.results.refusals import ResultError
from doorbuster.importers.scenario_file import printable

_HEAD: Final = 65_536
_PACKED: Final = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bz2"))
_NO_TEXT: Final = (
    (b"PK\x03\x04", "a zip archive or spreadsheet; unpack it, or export CSV"),
    (b"%PDF", "a PDF; give the result file itself"),
    (b"PAR1", "Parquet; export CSV"),
)


@dataclass(frozen=True)
class ResultFile:
    """One file and how it begins."""

    path: Path
    packing: str | None
    head: bytes
    """Unpacked, 64 KiB at most."""

    @property
    def where(self) -> str:
        """Its name, fit to be printed."""
        return printable(str(self.path))

    @property
    def head_text(self) -> str:
        """As text; a cut letter at the end does not count."""
        return self.head.decode(self.encoding, errors="replace").lstrip("\ufeff")

    @property
    def encoding(self) -> str:
        """By its byte order mark, else UTF-8."""
        return "utf-16" if self.head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"

    @contextmanager
    def open(self) -> Iterator[Any]:
        """The unpacked bytes as a stream of pyarrow's. Raises ResultError, also for what breaks while it is read."""
        try:
            with pa.input_stream(str(self.path), compression=self.packing) as stream:
                yield stream
        except OSError as broken:
            raise ResultError(f"{self.where}: cannot be read ({reason(broken)}); copy it again") from None


def existing(files: Sequence[str | Path]) -> list[ResultFile]:
    """Names or globs as files, each with its beginning. Raises ResultError."""
    paths: list[Path] = []
    for name in files:
        given = Path(name)
        # A name that is there is no glob, brackets or not.
        found = [given] if given.exists() else sorted(given.parent.glob(given.name)) if given.name else []
        if not found:
            raise ResultError(f"{printable(str(name))}: no such file; give the result file as the tool wrote it")
        paths += found
    if not paths:
        raise ResultError("no file was given; name the result files of one run")
    opened = [_opened(path) for path in paths]
    seen: dict[bytes, ResultFile] = {}
    for one in opened:
        mark = _mark(one)
        if mark in seen:
            raise ResultError(
                f"{one.where} is {seen[mark].where} once more: everything would count twice; give it once"
            )
        seen[mark] = one
    return opened


def reason(broken: BaseException) -> str:
    """What the system says, in a line."""
    return getattr(broken, "strerror", None) or (str(broken).splitlines() or [type(broken).__name__])[0]


def _opened(path: Path) -> ResultFile:
    where = printable(str(path))
    try:
        with path.open("rb") as plain:
            first = plain.read(8)
    except IsADirectoryError:
        raise ResultError(f"{where}: a folder; give the result files in it") from None
    except OSError as refused:
        raise ResultError(f"{where}: cannot be read ({reason(refused)})") from None
    for begins, words in _NO_TEXT:
        if first.startswith(begins):
            raise ResultError(f"{where}: is {words}")
    packing = next((packing for begins, packing in _PACKED if first.startswith(begins)), None)
    empty = ResultFile(path, packing, b"")
    with empty.open() as stream:
        head = stream.read(_HEAD)
    if not head.strip():
        raise ResultError(f"{where}: is empty; the tool wrote nothing, or the copy broke off")
    return ResultFile(path, packing, head)


def _mark(one: ResultFile) -> bytes:
    try:
        with one.path.open("rb") as plain:
            return hashlib.file_digest(plain, "sha256").digest()
    except OSError as refused:
        raise ResultError(f"{one.where}: cannot be read ({reason(refused)})") from None
