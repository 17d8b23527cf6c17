"""`doorbuster headroom`: parse, call one function, print; `cli.py` has the other commands, and exits."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from doorbuster.audit.command_line import PATH, gate_option
from doorbuster.rehearsal.command_line import AboveZero, target_option
from doorbuster.settings import load_settings, target_option_url

hold_option = click.option(
    "--hold",
    "hold_at",
    type=AboveZero(0.01, 100),
    metavar="TIMES",
    help="Hold so many times last year's peak instead of the ramp; for scenarios with [headroom].",
)


@click.command(epilog="Example: doorbuster headroom headroom --target https://staging.example.com")
@click.argument("scenario")
@target_option
@gate_option
@click.option("--runs", type=PATH, help="Folder for run directories; else DOORBUSTER_RUNS, else ./runs.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Another seed than the scenario's.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Load processes on this machine.")
def headroom(
    scenario: str, target: str | None, gate_file: Path | None, runs: Path | None, seed: int | None, workers: int
) -> None:
    """How many times last year's peak does the shop hold within the gate's objectives?

    Walks the scenario's ramp, then hold after hold, each a run of its own, until one breaks, then the highest that
    was held once more. SCENARIO is a file with [headroom], or the name of one, e.g. headroom. Ends with 0 when it has
    walked them all, 4 when a run was no rehearsal.
    """
    from doorbuster.cards import find_scenario
    from doorbuster.progress import watching
    from doorbuster.rehearsal.headroom import find_headroom
    from doorbuster.rehearsal.prepare import RunOptions
    from doorbuster.rehearsal.rehearse import Workers
    from doorbuster.rehearsal.shop import shop_for

    settings = load_settings()
    path = find_scenario(scenario)
    with shop_for(path, target_option_url(target) or settings.target) as url, watching() as watch:
        options = RunOptions(path, url, runs or settings.runs, seed)
        walked = find_headroom(options, settings, watch, _say, Workers(workers), gate_file)
    if walked.headroom is not None:
        print(walked.headroom.text())
        print(f"chart: {walked.chart}")
    for run in walked.runs:
        for reason in run.reasons:
            print(f"INVALID: {reason}")
        print(run.directory.path)
    sys.exit(walked.exit_code)


def _say(line: str) -> None:
    print(line, flush=True)
