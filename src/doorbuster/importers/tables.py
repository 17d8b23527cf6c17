"""A CSV text as tables: comments kept apart, line numbers kept."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import Final

from doorbuster.errors import ImportFileError
from doorbuster.importers.field_map import plain_name

_SEPARATORS: Final = ",;\t|"


@dataclass(frozen=True)
class Table:
    """A header and its rows."""

    header: tuple[str, ...]
    """Names as they are compared."""
    rows: list[tuple[int, list[str]]]
    """Line number and cells."""
    comments: tuple[str, ...]
    separator: str


def read_tables(where: str, text: str, comment: str = "", separator: str = "") -> list[Table]:
    """All tables of a file: one, or one after each block of comments. Raises ImportFileError."""
    lines = text.splitlines()
    told = re.fullmatch(r'"?sep=([,;\t|: ])"?', lines[0].strip()) if lines else None
    if told:
        lines[0] = ""
        separator = separator or told[1]
    comments: dict[int, str] = {}
    if comment:
        for number, line in enumerate(lines):
            if line.startswith(comment):
                comments[number] = line
                lines[number] = ""
    separator = separator or _guess(lines)
    tables: list[Table] = []
    said: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    header: tuple[str, ...] = ()
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    before = 0
    try:
        for row in reader:
            first, before = before, reader.line_num
            if not row:
                if comment and header:
                    tables.append(Table(header, rows, tuple(said), separator))
                    header, rows, said = (), [], []
                said += [comments[number] for number in range(first, before) if number in comments]
            elif not header:
                header = tuple(plain_name(cell) for cell in row)
            else:
                rows.append((first + 1, row))
    except csv.Error as broken:
        raise ImportFileError(f"{where}: line {reader.line_num} is no CSV ({broken}); export it again") from None
    if header:
        tables.append(Table(header, rows, tuple(said), separator))
    return tables


def _guess(lines: list[str]) -> str:
    """The separator that the first line with one has most of."""
    for line in lines[:50]:
        best = max(_SEPARATORS, key=line.count)
        if line.count(best):
            return best
    return ","
