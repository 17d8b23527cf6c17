"""`doorbuster import series`: an export or a monitoring series becomes a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from doorbuster.errors import ImportFileError
from doorbuster.importers.cells import Per
from doorbuster.importers.choose import choose_window
from doorbuster.importers.clocks import place, zone_of
from doorbuster.importers.daylight import in_order
from doorbuster.importers.field_map import FieldMap, load_field_map
from doorbuster.importers.findings import curve_findings, growth_by_journey
from doorbuster.importers.grid import DAY_S, lay_on_grid
from doorbuster.importers.imported import BadLines, Counted, Dropped, Finding, Imported
from doorbuster.importers.outputs import check_free, check_name, targets, write_import
from doorbuster.importers.read_csv import read_csv
from doorbuster.importers.read_prometheus import read_prometheus
from doorbuster.importers.recognise import described, is_no_series, looks_like
from doorbuster.importers.rows import Account, Rows
from doorbuster.importers.scenario_file import printable
from doorbuster.importers.season import lone_days
from doorbuster.importers.text_file import read_text
from doorbuster.importers.units import conversion_for, mix_of, requests_per_session_for

MOST_BAD: Final = 0.01


@dataclass(frozen=True)
class SeriesOptions:
    """What the command line may add to a file."""

    as_: Counted | None = None
    per: Per | None = None
    conversion: float | None = None
    requests_per_session: float | None = None
    timezone: str | None = None
    field_map: Path | None = None


def import_series(
    file: Path, name: str, options: SeriesOptions, force: bool = False
) -> tuple[Imported, dict[str, Path]]:
    """Read a file, write its scenario, curve and page; returns what was found and the paths. Raises ImportFileError."""
    check_name(name)
    check_free(targets(name), force)
    imported = read_series(file, name, options)
    return imported, write_import(imported, force)


def read_series(file: Path, name: str, options: SeriesOptions) -> Imported:
    """All that a file says; writes nothing. Raises ImportFileError."""
    text = read_text(file)
    where = printable(str(file))
    format_ = _format(where, text, options)
    reader = read_prometheus if format_.kind == "prometheus" else read_csv
    rows = reader(where, text, format_, options.as_)
    account = Account()
    zone = zone_of(options.timezone or format_.timezone)
    if _daily(rows):
        zone = None  # days are the calendar's own; a clock would make some of them 23 or 25 hours long
    _stop_when_bad(where, text, rows, account)
    placed = place(rows, zone, account)
    _stop_when_bad(where, text, rows, account)
    curve, laid = lay_on_grid(where, rows, placed, zone.key if zone else None, account)
    _stop_when_bad(where, text, rows, account)
    lone = lone_days(curve)
    window, chosen = choose_window(where, curve, lone)
    conversion = _conversion(where, rows, curve.leading, options, format_)
    mix, funnel, odd = mix_of(curve, window)
    growth, grown = growth_by_journey(curve)
    bad = _all_bad(rows, account)
    findings = [
        *chosen,
        *rows.findings,
        *laid,
        *placed.findings,
        *_order(rows),
        *curve_findings(curve, window, lone, rows.sessions_end_at_midnight_utc),
        *odd,
        *grown,
    ]
    return Imported(
        name=name,
        source=f"{rows.title}, {file.name}",
        curve=curve,
        window=window,
        read_rows=len(rows.stamps) - account.bad - sum(account.dropped.values()),
        conversion=conversion_for(curve, conversion),
        requests_per_session=requests_per_session_for(
            curve, options.requests_per_session or format_.requests_per_session
        ),
        dropped=_merged((*rows.dropped, *account.all_dropped())),
        bad=bad,
        findings=tuple(sorted(findings, key=lambda finding: not finding.warns)),
        missing=_missing(curve.counts),
        funnel=funnel,
        mix=mix,
        growth=growth,
    )


def _format(where: str, text: str, options: SeriesOptions) -> FieldMap:
    if options.field_map is not None:
        format_ = load_field_map(options.field_map)
    else:
        found = None if is_no_series(text) else looks_like(text)
        if found is None:
            raise ImportFileError(
                f"{where}: looks like {described(text)}; series are Shopify, GA4, Prometheus, Grafana or plain CSV, "
                "others need a field map (--map, see docs/importing.md)"
            )
        format_ = found
    return format_ if options.per is None else replace_per(format_, options.per)


def replace_per(format_: FieldMap, per: Per) -> FieldMap:
    """The same format with its counts per step, second or minute."""
    return format_.model_copy(update={"per": per})


def _daily(rows: Rows) -> bool:
    times = np.unique(np.array([stamp.written_s for stamp in rows.stamps], dtype=np.int64))
    return not rows.events and times.size > 1 and int(np.diff(times).min()) >= DAY_S


def _conversion(where: str, rows: Rows, leading: Counted, options: SeriesOptions, format_: FieldMap) -> float | None:
    if options.conversion is not None and leading != "orders":
        raise ImportFileError(
            f"{where}: --conversion makes sessions of orders, but the file counts {leading}; leave it out"
        )
    return options.conversion or (format_.conversion if leading == "orders" else None)


def _stop_when_bad(where: str, text: str, rows: Rows, account: Account) -> None:
    bad = _all_bad(rows, account)
    if bad.count > MOST_BAD * bad.of:
        shown = "; ".join(f"line {line}: {sentence}" for line, sentence in bad.examples)
        raise ImportFileError(
            f"{where}: {bad.count:,} of {bad.of:,} lines are bad ({shown}); read as {rows.title}, it looks like "
            f"{described(text)}: clean it, or say what its columns mean in a field map (--map)"
        )


def _all_bad(rows: Rows, account: Account) -> BadLines:
    examples = sorted((*rows.bad.examples, *account.examples))[:5]
    return BadLines(rows.bad.count + account.bad, max(rows.of, 1), tuple(examples))


def _merged(dropped: Sequence[Dropped]) -> tuple[Dropped, ...]:
    return tuple(sorted(dropped, key=lambda one: -one.rows))


def _order(rows: Rows) -> list[Finding]:
    late = in_order(rows.stamps)
    return [Finding("clock", f"{late:,} rows stand before an earlier one; they were sorted")] if late else []


def _missing(counts: object) -> tuple[str, ...]:
    told = counts if isinstance(counts, dict) else {}
    missing = [
        "latency and errors of last year: a series of counts holds none; an access log does (doorbuster import log)",
        "think times, products looked at, coupons and basket sizes: published figures or defaults",
        "wallets told from native checkouts: a published share",
    ]
    if not {"cart_sessions", "buying_sessions", "orders"} & set(told):
        missing.append("how far sessions got: a published funnel")
    return tuple(missing)
