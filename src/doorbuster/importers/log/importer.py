"""From access logs to what they say: the way in for the command line and for programs."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from doorbuster.importers.log import classify, engine
from doorbuster.importers.log.buckets import BucketWriter
from doorbuster.importers.log.files import existing, packed
from doorbuster.importers.log.platform import load
from doorbuster.importers.log.refusals import LogError
from doorbuster.importers.log.result import LogImport, Session
from doorbuster.importers.log.scan import connection, scan
from doorbuster.importers.log.summed import summed

_PACKED = 12
"""How much larger a packed log is when unpacked, for the number of buckets."""


def import_log(
    files: Sequence[str | Path],
    platform: str,
    *,
    session: str = "address",
    timezone: str | None = None,
    idle_s: int = 1800,
    field_map: str | None = None,
    working_folder: Path | None = None,
    memory_mb: int = 400,
) -> LogImport:
    """Read access logs of a shop.

    `files`: names or globs, plain, .gz or .zst, in any order. `platform`: a name of `platform.names()` or the path of a
    TOML file. `session`: `address` (and user agent), `cookie:NAME` or `header:NAME`. `timezone`: IANA name of the
    shop's clock, also for times without a zone; without it the log's own offsets are used. `field_map`: a TOML file
    that names the keys of JSON lines. `working_folder`: where the
    hashed events live while it runs (about a fifth of the log; more for packed logs); they are gone afterwards.
    Raises LogError when a file is not understood or more than 1 % of its lines are bad.
    """
    kind, _, name = session.partition(":")
    if (kind != "address" or name) and (kind not in ("cookie", "header") or not name):
        raise LogError(f'session "{session}": use address, cookie:NAME or header:NAME')
    if idle_s < 1:
        raise LogError(f"idle minutes: {idle_s / 60:g} is not more than nothing")
    _check_zone(timezone)
    shop = load(platform)
    paths = existing(files)
    size = sum(path.stat().st_size * (_PACKED if packed(path) else 1) for path in paths)
    with tempfile.TemporaryDirectory(prefix="doorbuster-import-", dir=working_folder) as temporary:
        folder = Path(temporary)
        writer = BucketWriter(folder, size, by_name=kind != "address")
        seen = scan(paths, shop, session, writer, folder, timezone=timezone, field_map=field_map, memory_mb=memory_mb)
        if not seen.counts.kept:
            raise LogError(_nothing_left(seen.counts.reasons.total(), seen.counts.bad))
        if kind != "address" and not seen.counts.sids:
            raise LogError(f"no request carries the {kind} {name}; use --session address")
        with connection(memory_mb) as duck:
            duck.execute("SET temp_directory = ?", [temporary])
            by = _stitched(duck, writer, session, idle_s)
            # Statics tell crawlers from browsers only where the shop's own server serves them.
            statics = seen.counts.reasons[classify.STATIC] > 0.1 * seen.counts.kept
            tables = engine.add_up(
                duck, writer, engine.program(idle_s * 1_000_000, others=seen.counts.others > 0, statics_logged=statics)
            )
    if not len(tables["masks"]):
        raise LogError("no shopper's session: all requests that look like browsers' came from crawlers")
    return summed(seen, shop, by, timezone, tables)


def _stitched(duck: duckdb.DuckDBPyConnection, writer: BucketWriter, session: str, idle_s: int) -> Session:
    writer.close()
    if session == "address":
        return Session(session, idle_s)
    given, alone = engine.stitch(duck, writer, idle_s * 1_000_000)
    return Session(session, idle_s, given, alone)


def _check_zone(timezone: str | None) -> None:
    if timezone is None:
        return
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise LogError(f'time zone "{timezone}": not known; use a name like Europe/Madrid') from None


def _nothing_left(understood: int, bad: int) -> str:
    return f"no shopper's request: {bad:,} lines are bad, the other {understood:,} bots, static files or no HTTP"
