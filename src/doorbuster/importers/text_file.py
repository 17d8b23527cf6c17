"""A file's text, whatever it was packed or encoded as."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Final

from doorbuster.errors import ImportFileError

MOST_BYTES: Final = 512 << 20
"""A series above this is a log, or a mistake."""

_BY_FIRST_BYTES: Final = (
    (b"PK\x03\x04", "a spreadsheet or zip archive; export it as CSV"),
    (b"%PDF", "a PDF; export the figures as CSV"),
    (b"PAR1", "Parquet; export it as CSV"),
    (b"\x28\xb5\x2f\xfd", "zstd; unpack it first"),
    (b"BZh", "bzip2; unpack it first"),
)


def read_text(path: Path) -> str:
    """The file as text; .gz is unpacked. Raises ImportFileError."""
    try:
        with path.open("rb") as plain:
            content = plain.read(MOST_BYTES + 1)
        if content.startswith(b"\x1f\x8b"):
            with gzip.open(path) as packed:
                content = packed.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ImportFileError(f"{path}: no such file; give the export as it was downloaded") from None
    except (OSError, EOFError, zlib.error) as broken:
        raise ImportFileError(f"{path}: cannot be read ({_reason(broken)}); export it again") from None
    if len(content) > MOST_BYTES:
        raise ImportFileError(
            f"{path}: larger than {MOST_BYTES >> 20} MB; cut the export, or aggregate it by the minute"
        )
    for first, words in _BY_FIRST_BYTES:
        if content.startswith(first):
            raise ImportFileError(f"{path}: is {words}")
    text = _decoded(content)
    if not text.strip():
        raise ImportFileError(f"{path}: is empty; export it again")
    if text.count("\0") > len(text) // 100:
        raise ImportFileError(f"{path}: is no text; export it as CSV or JSON")
    return text.replace("\0", "")


def _decoded(content: bytes) -> str:
    """By its byte order mark, else UTF-8, else as spreadsheets of the west write it."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _reason(broken: BaseException) -> str:
    return getattr(broken, "strerror", None) or str(broken) or type(broken).__name__
