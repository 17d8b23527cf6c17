"""What files are called and where they lie: each is read, once, and no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from doorbuster.importers.log import scan
from doorbuster.importers.log.files import PlainFile, plain
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


def test_lines_that_nobody_counted_are_never_taken(write_log: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def grown(path: Path, folder: Path) -> PlainFile:
        one = plain(path, folder)
        return PlainFile(one.name, one.path, one.lines - 1, one.is_copy, one.cut_short)

    monkeypatch.setattr(scan, "plain", grown)
    with pytest.raises(LogError, match="1 of its lines are new"):
        import_log([write_log(*[line()] * 3)], "staging")
