"""`doorbuster check` and `doorbuster cleanup`, and the options that every rehearsal takes; `cli.py` has the others."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import click

from doorbuster.settings import load_settings, target_option_url

PATH = click.Path(path_type=Path)


class AboveZero(click.FloatRange):
    """A number above zero; neither nan nor infinity, which compare as if they were in range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no number to reckon with.", param, ctx)
        return number


ABOVE_ZERO = AboveZero(min=0, min_open=True)

scenario_argument = click.argument("scenario")
seed_option = click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Another seed than the scenario's.")
scale_option = click.option("--scale", type=ABOVE_ZERO, default=1.0, help="Multiplies the rates.")
minutes_option = click.option("--minutes", type=ABOVE_ZERO, help="Squeezes the scenario's clock into so many minutes.")
runs_option = click.option("--runs", type=PATH, help="Folder for run directories; else DOORBUSTER_RUNS, else ./runs.")
target_option = click.option("--target", help="Base URL of the shop; else DOORBUSTER_TARGET.")


@click.command(epilog="Example: doorbuster check smoke --requests")
@scenario_argument
@target_option
@click.option("--requests", is_flag=True, help="Also list each request under its step.")
def check(scenario: str, target: str | None, requests: bool) -> None:
    """Walk one shopper through each journey, the day before: what works, what does not, what to do.

    SCENARIO is a file, or the name of one. The shop is brought into its known state as for a run; what is bought is
    cancelled where the platform allows. Ends with 0, or 1 when something does not work.
    """
    from doorbuster.cards import find_scenario
    from doorbuster.rehearsal.check import check_shop
    from doorbuster.rehearsal.check_rows import rows_of
    from doorbuster.rehearsal.check_text import check_text, requests_text
    from doorbuster.rehearsal.shop import shop_for

    settings = load_settings()
    path = find_scenario(scenario)
    with shop_for(path, target_option_url(target) or settings.target) as url:
        seen = check_shop(path, url, settings)
    rows = rows_of(seen)
    print(check_text(seen, rows))
    if requests:
        print(requests_text(seen))
    sys.exit(int(any(row.state == "does not work" for row in rows)))


@click.command(epilog="Example: doorbuster cleanup runs/NEW --yes")
@click.argument("run_directory", metavar="RUN", type=PATH)
@click.option("--target", help="Where the shop answers now; else where the run found it.")
@click.option("--yes", is_flag=True, help="Cancel them; without it they are only listed.")
def cleanup(run_directory: Path, target: str | None, yes: bool) -> None:
    """List the orders that a run left in the shop, and cancel them where the platform allows.

    Only orders that the shop's books give to one of this run's shoppers are touched.
    """
    from doorbuster.rehearsal.cleanup import clean_up_all, cleanup_text

    for cleaned in clean_up_all(run_directory, load_settings(), target_option_url(target), yes):
        print(cleanup_text(cleaned))
