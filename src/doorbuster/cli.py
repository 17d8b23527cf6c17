"""The command line: parse, call one function, print, exit."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from doorbuster import said_version
from doorbuster.audit.command_line import audit
from doorbuster.errors import DoorbusterError
from doorbuster.importers.command_line import import_group
from doorbuster.judge_command_line import compare, gate, report
from doorbuster.rehearsal.command_line import (
    PATH,
    AboveZero,
    check,
    cleanup,
    minutes_option,
    runs_option,
    scale_option,
    scenario_argument,
    seed_option,
    target_option,
)
from doorbuster.rehearsal.headroom_command_line import headroom, hold_option
from doorbuster.repeat_command_line import repeat
from doorbuster.settings import load_settings, target_option_url
from doorbuster.vocabulary import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_USAGE

if TYPE_CHECKING:
    from doorbuster.rehearsal.rehearse import Workers


@click.group(no_args_is_help=True)
@click.version_option(said_version(), message="doorbuster %(version)s")
def app() -> None:
    """Rehearse your shop's peak before code freeze: last year's curve, real journeys, one verdict."""


for command in (import_group, check, repeat, headroom, audit, compare, report, gate, cleanup):
    app.add_command(command)


@app.command(epilog="Example: doorbuster init my-rehearsal")
@click.argument("directory", type=PATH)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def init(directory: Path, force: bool) -> None:
    """Copy scenarios/, locustfiles/ and analysis/ out to edit."""
    from doorbuster.cards import copy_cards

    written = copy_cards(directory, force)
    print(f"{len(written)} files written to {directory}; next: doorbuster plan {directory}/scenarios/smoke.toml")


@app.command(epilog="Example: doorbuster plan black-friday --chart plan.png")
@scenario_argument
@click.option("--chart", type=PATH, help="Also draw it, as PNG or SVG by the name's ending.")
@seed_option
@scale_option
@minutes_option
@hold_option
def plan(
    scenario: str, chart: Path | None, seed: int | None, scale: float, minutes: float | None, hold_at: float | None
) -> None:
    """Say what would be sent, and send nothing.

    SCENARIO is a file, or the name of one in scenarios/ or among the shipped.
    """
    from doorbuster.cards import find_scenario
    from doorbuster.journeys.expect import expect
    from doorbuster.rehearsal.planning import plan_of, pools_of
    from doorbuster.traffic.outlook import outlook
    from doorbuster.traffic.outlook_text import outlook_text

    path = find_scenario(scenario)
    planned = plan_of(path, seed, scale, minutes, hold_at=hold_at)
    pools = pools_of(planned.scenario, path, load_settings())
    seen = outlook(planned, expect(planned.scenario, planned.seed), pools)
    print(outlook_text(planned, seen))
    if chart is not None:
        from doorbuster.analysis.planned import draw_plan

        draw_plan(chart, planned)
        print(f"chart: {chart}")


@app.command(epilog="Example: doorbuster run smoke --minutes 0.2")
@scenario_argument
@target_option
@runs_option
@seed_option
@scale_option
@minutes_option
@hold_option
@click.option("--control", metavar="URL", help="Last release's deployment; each shopper goes to one of the two.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Load processes on this machine.")
@click.option("--expect-workers", type=click.IntRange(1, 1000), help="Wait for so many `doorbuster worker` instead.")
@click.option("--bind", metavar="HOST[:PORT]", help="Where expected workers find us; default 127.0.0.1:5557.")
def run(
    scenario: str,
    target: str | None,
    runs: Path | None,
    seed: int | None,
    scale: float,
    minutes: float | None,
    hold_at: float | None,
    control: str | None,
    workers: int,
    expect_workers: int | None,
    bind: str | None,
) -> None:
    """Rehearse a scenario. The last line is the run directory.

    SCENARIO is a file, or the name of one in scenarios/ or among the shipped. With platform "staging" and no target,
    the embedded staging environment is started for the run.
    """
    from doorbuster.cards import find_scenario
    from doorbuster.progress import watching
    from doorbuster.rehearsal.prepare import RunOptions
    from doorbuster.rehearsal.rehearse import rehearse
    from doorbuster.rehearsal.shop import shop_for

    settings = load_settings()
    crew = _workers(workers, expect_workers, bind)
    path = find_scenario(scenario)
    beside = target_option_url(control, "--control")
    with shop_for(path, target_option_url(target) or settings.target) as url, watching() as watch:
        options = RunOptions(path, url, runs or settings.runs, seed, scale, minutes, beside, hold_at)
        rehearsed = rehearse(options, settings, watch, crew)
    for reason in rehearsed.reasons:
        print(f"INVALID: {reason}")
    print(rehearsed.directory.path)
    sys.exit(rehearsed.exit_code)


@app.command(epilog="Example: doorbuster worker --master-host 127.0.0.1")
@click.option("--master-host", required=True, help="Where `doorbuster run --expect-workers` or `locust --master` is.")
@click.option("--master-port", type=click.IntRange(1, 65535), default=5557)
def worker(master_host: str, master_port: int) -> None:
    """Walk shoppers for a master elsewhere, until it is done.

    Secrets, trust and host override come from this machine's own DOORBUSTER_ variables and must be set as at the
    master; all else comes from the master, which is not authenticated: use a private network.
    """
    command = [sys.executable, "-m", "doorbuster.swarm.worker_process", master_host, str(master_port)]
    os.execv(sys.executable, command)  # Locust has to be imported before anything that it makes cooperative


@app.command(epilog="Example: doorbuster staging --fault slow_checkout=150")
@click.option(
    "--port", type=click.IntRange(0, 65531), default=0, help="The shop's; the services behind it take the next."
)
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--fault", multiple=True, metavar="NAME[=VALUE]", help="Switch a bug on; repeatable.")
@click.option("--list-faults", is_flag=True, help="One switchable bug a line.")
@click.option("--access-log", type=PATH, help="File to which the shop adds a line a request, for `import log`.")
def staging(port: int, host: str, fault: tuple[str, ...], list_faults: bool, access_log: Path | None) -> None:
    """Run the embedded staging environment in the foreground, until Ctrl-C."""
    if list_faults:
        from doorbuster.staging.faults import list_faults as all_faults

        for one in all_faults():
            print(one.line())
        return
    from doorbuster.staging.environment import staging_environment

    with staging_environment(port=port, host=host, faults=fault, access_log=access_log) as addresses:
        print(addresses.text())
        print(f"Ctrl-C ends it; rehearse on it with: doorbuster run smoke --target {addresses.shop_url}", flush=True)
        signal.pause()


@app.command(epilog="Example: doorbuster demo --seconds 20")
@click.option("--seconds", type=AboveZero(1, 3600), default=60.0, help="Length of the rehearsed window.")
@click.option("--slow-checkout", type=AboveZero(min=0), default=0.0, metavar="MS", help="Slow checkout.complete.")
@runs_option
def demo(seconds: float, slow_checkout: float, runs: Path | None) -> None:
    """All of it on the embedded staging environment: rehearse, compare with last year, charts, report, verdict."""
    from doorbuster.demo import demonstrate
    from doorbuster.progress import watching

    settings = load_settings()
    with watching() as watch:
        shown = demonstrate(settings, runs or settings.runs, seconds, slow_checkout, watch)
    print(shown.text)
    sys.exit(shown.exit_code)


def _workers(local: int, expected: int | None, bind: str | None) -> Workers:
    from doorbuster.rehearsal.rehearse import Workers

    if expected is None:
        if bind is not None:
            raise click.UsageError("--bind goes with --expect-workers.")
        return Workers(local)
    if local != 1:
        raise click.UsageError("--workers starts them here, --expect-workers waits for others; give one of the two.")
    host, _, port = (bind or "127.0.0.1").partition(":")
    if not host or (port and not (port.isdecimal() and 0 < int(port) < 65536)):
        raise click.UsageError(
            f"--bind {bind}: give HOST or HOST:PORT, a name or an IPv4 address, for example 0.0.0.0:5557."
        )
    return Workers(1, expected, host, int(port or 5557))


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> NoReturn:
    """Entry point. Exit codes: 0 to 4 as documented, 2 usage, 70 internal error, 130 interrupted."""
    signal.signal(signal.SIGTERM, _interrupt)  # a CI job that is cancelled ends as if by Ctrl-C
    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)  # --help and --version end with a code of their own
    except DoorbusterError as error:
        print(f"doorbuster: {error}", file=sys.stderr)
        sys.exit(EXIT_USAGE)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except (KeyboardInterrupt, click.Abort) as cut_off:
        said = str(cut_off.__cause__ or cut_off)  # click makes an Abort of it
        print(f"doorbuster: interrupted{'; ' if said else ''}{said}", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
    except Exception:  # noqa: BLE001  (a bug of ours must never look like a FAIL)
        traceback.print_exc()
        print("doorbuster: internal error; please report it with the lines above", file=sys.stderr)
        sys.exit(EXIT_INTERNAL)
