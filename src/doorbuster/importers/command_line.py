"""`doorbuster import ...`: parse, call one function, print; `cli.py` has the other commands, and exits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from doorbuster.rehearsal.command_line import AboveZero

if TYPE_CHECKING:
    from doorbuster.importers.imported import Imported

PATH = click.Path(path_type=Path)


@click.group("import")
def import_group() -> None:
    """Last year from what a shop has: exports, monitoring, logs, another load tool's results."""


@import_group.command(epilog="Example: doorbuster import series shopify-hours.csv -o last-november")
@click.argument("file", type=PATH)
@click.option("-o", "name", required=True, help="Name of the scenario to make.")
@click.option("--as", "as_", type=click.Choice(["sessions", "orders", "requests"]), help="What the file counts.")
@click.option("--per", type=click.Choice(["step", "second", "minute"]), help="What a count is per; a step is a row.")
@click.option("--conversion", type=click.FloatRange(0, 1, min_open=True), help="Orders a session, e.g. 0.031.")
@click.option("--requests-per-session", type=click.FloatRange(1, 100_000), help="Where the file counts requests.")
@click.option("--timezone", help="The shop's clock, e.g. America/New_York.")
@click.option("--map", "field_map", type=PATH, help="A field map (TOML) for a format that is not known.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def series(file: Path, name: str, force: bool, **options: Any) -> None:
    """Make a scenario from sessions, orders or requests over time.

    FILE is an export of Shopify or GA4, Prometheus query_range JSON, a Grafana panel's CSV, or any CSV of times and
    counts; .gz too.
    """
    from doorbuster.importers.series import SeriesOptions, import_series

    imported, paths = import_series(file, name, SeriesOptions(**options), force)
    print(told(imported, paths))


@import_group.command(
    epilog="Example: doorbuster import log access.log* --platform magento -o last-november --session cookie:PHPSESSID"
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--platform", required=True, help="Whose paths these are: a shipped name, or a TOML file of your own.")
@click.option("-o", "name", required=True, help="Name of the scenario to make.")
@click.option("--timezone", help="The shop's clock, e.g. Europe/Madrid; else the log's own offsets.")
@click.option("--session", default="address", help="cookie:NAME, header:NAME or address (with user agent).")
@click.option("--idle-minutes", type=click.FloatRange(0.1, 1440), default=30.0, help="A pause that ends a session.")
@click.option("--map", "field_map", help="TOML file that names the keys of JSON lines.")
@click.option("--memory-mb", type=click.IntRange(100, 1_000_000), default=400, help="What the engine may use.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def log(files: tuple[str, ...], name: str, force: bool, **options: Any) -> None:
    """Make a scenario from access logs: curve, journeys, think times, products, last year's errors and latency.

    FILE is one or more logs or globs, plain, .gz or .zst, in any order: nginx or Apache combined, AWS ALB, CloudFront,
    JSON lines.
    """
    from doorbuster.importers.log.command import LogOptions, import_logs

    imported, paths = import_logs(files, name, LogOptions(**options), force)
    print(told(imported, paths))


@import_group.command(
    epilog="Example: doorbuster import results results.jtl --platform magento -o november-2025 --warm-up 120"
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("-o", "name", required=True, help="Name of last year's run, under analysis/baselines/.")
@click.option("--steps", type=PATH, help="TOML file that says which request names are which steps.")
@click.option("--platform", help="Whose paths these are, where names are paths or URLs.")
@click.option("--warm-up", "warm_up_s", type=AboveZero(0, 86_400), default=0.0, help="Seconds not to judge.")
@click.option("--force", is_flag=True, help="Overwrite what is there.")
def results(files: tuple[str, ...], name: str, force: bool, **options: Any) -> None:
    """Make last year's side of a comparison from another load tool's results.

    FILE is one or more result files of one run: JMeter JTL (CSV or XML), Gatling simulation.log, k6 CSV, JSON lines or
    summary, Locust CSV files, Artillery JSON; .gz and .zst too.
    """
    from doorbuster.importers.results.command import ResultOptions, import_results
    from doorbuster.importers.results.told import told as results_told

    found, path = import_results(files, name, ResultOptions(**options), force)
    print(results_told(found, name, path))


def told(imported: Imported, paths: dict[str, Path]) -> str:
    """An import in a few lines for a terminal; all of it is on the page."""
    bad = imported.bad
    lines = [
        f"{imported.source}: {imported.read_rows:,} {imported.read_words} read, {bad.count:,} bad lines of {bad.of:,}"
    ]
    lines += [f"  left out: {one.rows:,} {one.what} ({one.why})" for one in imported.dropped]
    lines += [f"  line {line}: {sentence}" for line, sentence in bad.examples]
    lines += [f"{'warning' if one.warns else 'found'}: {one.sentence}" for one in imported.findings]
    lines += [str(path) for path in paths.values()]
    return "\n".join([*lines, f"next: doorbuster plan {imported.name}"])
