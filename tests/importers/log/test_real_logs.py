"""Two logs that nobody made up: every line is accounted for, and what they cannot say is said."""

from __future__ import annotations

from pathlib import Path

from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.result import LogImport
from tests.importers.log.test_traps import about


def accounted(log: LogImport) -> int:
    read = log.read
    return read.kept + read.blank + read.bad.count + sum(entry.rows for entry in read.dropped)


def test_eleven_minutes_of_a_shop_at_night_are_no_peak(shared: Path) -> None:
    log = import_log([shared / "data/zanbil/access_first3000.log"], "generic")
    assert log.read.lines == accounted(log) == 3000 and log.read.bad.count == 0
    assert "The log covers 11 minutes at night (03:56 to 04:07" in about(log, "peak") and "no peak" in about(
        log, "peak"
    )
    assert "No add-to-cart call shows in" in about(log, "journeys")
    assert log.journeys["cart"] is None and log.journeys["browse"] == log.sessions
    assert any("share of cart sessions" in sentence for sentence in log.missing)
    dropped = {entry.what: entry.rows for entry in log.read.dropped}
    assert 0.30 < dropped["bots"] / 3000 < 0.40
    assert log.offsets == ((210, 3000),)


def test_rewritten_times_are_noticed(shared: Path) -> None:
    log = import_log([shared / "data/elastic_logs/apache_logs"], "generic")
    assert log.read.lines == accounted(log) == 10_000
    assert log.read.bad.count == 1  # line 8899 ends in the middle of its agent
    assert "minute :05" in about(log, "clock")
    assert "match no path" in about(log, "pages")
