"""`doorbuster compare`, `report` and `gate`: parse, call one function, print; `cli.py` has the others, and exits.

Not in analysis/: that package loads pandas, which `doorbuster --help` can do without.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from doorbuster.audit.command_line import PATH, exports_options, gate_option
from doorbuster.settings import load_settings

aa_option = click.option("--aa", type=PATH, multiple=True, help="A repeat that changed nothing; repeat for several.")

noise_option = click.option("--noise", type=PATH, help="Default: analysis/baselines/noise.toml, where there is one.")


def check_repeats(baseline: tuple[Path, ...], aa: tuple[Path, ...], noise: Path | None) -> None:
    """Raises UsageError for repeats that nothing would be compared with."""
    if not baseline and (aa or noise is not None):
        raise click.UsageError("--aa and --noise say how far runs lie apart by chance; they go with --baseline.")


def baseline_option() -> Callable[[Any], Any]:
    return click.option("--baseline", type=PATH, multiple=True, help="A run of last year; repeat for several.")


@click.command(epilog="Example: doorbuster compare --candidate runs/NEW --baseline runs/OLD")
@click.option("--candidate", type=PATH, multiple=True, required=True, help="A run of this release; repeatable.")
@baseline_option()
@aa_option
@noise_option
@gate_option
def compare(
    candidate: tuple[Path, ...],
    baseline: tuple[Path, ...],
    aa: tuple[Path, ...],
    noise: Path | None,
    gate_file: Path | None,
) -> None:
    """Set runs of this release beside last year's: ratios with their intervals, and the verdict."""
    from doorbuster.analysis.release import judge_release

    check_repeats(baseline, aa, noise)
    release = judge_release(candidate, baseline, aa, gate_file, noise=noise)
    if not baseline and not release.verdict.comparison.paired:
        raise click.UsageError("Give --baseline, or a candidate that walked a control (`doorbuster run --control`).")
    print(release.comparison_text())
    print(release.text())
    sys.exit(release.exit_code)


@click.command(epilog="Example: doorbuster report runs/NEW --baseline runs/OLD")
@click.argument("run_directory", metavar="RUN", type=PATH)
@baseline_option()
@noise_option
@gate_option
@exports_options
@click.option("--series", type=PATH, multiple=True, help="CSV or a saved Prometheus answer to draw beside; repeatable.")
def report(
    run_directory: Path,
    baseline: tuple[Path, ...],
    noise: Path | None,
    gate_file: Path | None,
    orders: Path | None,
    payments: Path | None,
    events: Path | None,
    series: tuple[Path, ...],
) -> None:
    """Draw the charts and write report.html into the run directory.

    The gate file's [[series]], metrics of the shop's own, are fetched for the run's minutes and drawn on its clock.
    """
    from doorbuster.analysis.release import judge_release
    from doorbuster.audit.exports import Exports

    check_repeats(baseline, (), noise)
    release = judge_release([run_directory], baseline, (), gate_file, Exports(orders, payments, events), noise)
    gathered = release.gather_series(series, load_settings())
    for sentence in gathered.missing:
        print(sentence, file=sys.stderr)
    print(release.write_report(gathered))


@click.command(epilog="Example: doorbuster gate runs/NEW --baseline runs/OLD --junit junit.xml --summary summary.md")
@click.argument("run_directories", metavar="RUN...", type=PATH, nargs=-1, required=True)
@baseline_option()
@aa_option
@noise_option
@gate_option
@exports_options
@click.option("--junit", type=PATH, help="Also write JUnit XML here.")
@click.option("--summary", type=PATH, help="Also write a Markdown summary here.")
def gate(
    run_directories: tuple[Path, ...],
    baseline: tuple[Path, ...],
    aa: tuple[Path, ...],
    noise: Path | None,
    gate_file: Path | None,
    orders: Path | None,
    payments: Path | None,
    events: Path | None,
    junit: Path | None,
    summary: Path | None,
) -> None:
    """Give the verdict: PASS 0, FAIL 1, INCONCLUSIVE 3, INVALID 4."""
    from doorbuster.analysis.release import judge_release
    from doorbuster.audit.exports import Exports

    check_repeats(baseline, aa, noise)
    release = judge_release(run_directories, baseline, aa, gate_file, Exports(orders, payments, events), noise)
    release.write_verdict(junit, summary)
    print(release.text())
    sys.exit(release.exit_code)
