"""`doorbuster repeat`: parse, call one function, print; `cli.py` has the other commands, and exits."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from doorbuster.audit.command_line import gate_option
from doorbuster.rehearsal.command_line import (
    PATH,
    minutes_option,
    runs_option,
    scale_option,
    seed_option,
    target_option,
)
from doorbuster.settings import load_settings, target_option_url

if TYPE_CHECKING:
    from doorbuster.rehearsal.repeat import Repeated

_REHEARSING: Final = ("times", "target", "runs", "seed", "scale", "minutes", "workers")
"""Options that say how to rehearse."""


@click.command(epilog="Example: doorbuster repeat smoke -n 5; or: doorbuster repeat --from runs/A runs/B runs/C")
@click.argument("what", metavar="SCENARIO|RUN...", nargs=-1, required=True)
@click.option("-n", "times", type=click.IntRange(1, 100), default=5, show_default=True, help="How many runs in a row.")
@click.option("--from", "made", is_flag=True, help="Learn from these RUNs, made already, instead of rehearsing.")
@click.option("--into", type=PATH, help="Add to this noise profile; else analysis/baselines/noise.toml is made anew.")
@click.option("--release", default="", help="What is deployed, where a profile spans several releases.")
@target_option
@runs_option
@seed_option
@scale_option
@minutes_option
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Load processes on this machine.")
@gate_option
def repeat(
    what: tuple[str, ...],
    times: int,
    made: bool,
    into: Path | None,
    release: str,
    target: str | None,
    runs: Path | None,
    seed: int | None,
    scale: float,
    minutes: float | None,
    workers: int,
    gate_file: Path | None,
) -> None:
    """Learn how far runs lie apart by chance: the same rehearsal several times, with nothing changed (A/A).

    Keeps a noise profile that later comparisons use. SCENARIO is a file, or the name of one. Runs can be spread over
    days: repeat -n 1 --into analysis/baselines/noise.toml. Ctrl-C keeps what is finished. Ends with 0, or 4 where no
    run was a rehearsal.
    """
    from doorbuster.analysis.gate_file import load_gate
    from doorbuster.analysis.noise_file import DEFAULT
    from doorbuster.cards import find_gate, find_scenario
    from doorbuster.progress import watching
    from doorbuster.rehearsal.prepare import RunOptions
    from doorbuster.rehearsal.rehearse import Workers
    from doorbuster.rehearsal.repeat import Keeping, check_times, learn_from
    from doorbuster.rehearsal.repeat import repeat as rehearse_again

    keeping = Keeping(into or DEFAULT, into is not None, load_gate(find_gate(gate_file)), release)
    if made:
        _refuse_how_to_rehearse()
        check_times(len(what), keeping)
        _end(learn_from([Path(run) for run in what], keeping), keeping.path)
    if len(what) > 1:
        raise click.UsageError("give one SCENARIO, or RUNs with --from.")
    check_times(times, keeping)
    settings = load_settings()
    shop = target_option_url(target) or settings.target
    options = RunOptions(find_scenario(what[0]), shop or "", runs or settings.runs, seed, scale, minutes)
    with watching() as watch:
        repeated = rehearse_again(
            options, shop, settings, times, keeping, watch, lambda said: print(said, flush=True), Workers(workers)
        )
    _end(repeated, keeping.path)


def _refuse_how_to_rehearse() -> None:
    """Nobody shall think that an option did something."""
    context = click.get_current_context()
    typed = click.core.ParameterSource.COMMANDLINE
    idle = [
        option.opts[0]
        for option in context.command.params
        if option.name in _REHEARSING and context.get_parameter_source(option.name) is typed
    ]
    if idle:
        raise click.UsageError(f"{', '.join(idle)}: --from rehearses nothing, it learns from runs that were made.")


def _end(repeated: Repeated, path: Path) -> None:
    from doorbuster.analysis.noise_text import noise_words

    for sentence in repeated.left_out:
        print(f"left out: {sentence}")
    if repeated.noise is not None:
        print(noise_words(repeated.noise))
    print(path if repeated.kept else f"{path} is as it was", flush=True)
    sys.exit(repeated.exit_code)
