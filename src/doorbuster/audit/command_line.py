"""`doorbuster audit`: parse, call one function, print; `cli.py` has the other commands, and exits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

PATH = click.Path(path_type=Path)
gate_option = click.option("--gate", "gate_file", type=PATH, help="Default: analysis/gates/release.toml.")


def exports_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What a shop exported, in place of what the run read back."""
    for name, what in (
        ("--events", "Purchase events from analytics"),
        ("--payments", "The payment gateway's payments"),
        ("--orders", "The shop's orders"),
    ):
        command = click.option(name, type=PATH, help=f"{what} as CSV, in place of those read back.")(command)
    return command


@click.command(epilog="Example: doorbuster audit runs/NEW")
@click.argument("run_directory", metavar="RUN", type=PATH)
@exports_options
@gate_option
def audit(
    run_directory: Path, orders: Path | None, payments: Path | None, events: Path | None, gate_file: Path | None
) -> None:
    """Say what the business would have suffered, order by order: every promise kept 0, broken 1, cannot tell 3.

    4 is a run that did not reach its end. docs/audit.md shows the CSV files. The gate file has the numbers promised.
    Writes audit.json and audit.parquet/.
    """
    from doorbuster.analysis.gate_file import load_gate
    from doorbuster.audit.audit import audit_run
    from doorbuster.audit.exports import Exports
    from doorbuster.audit.told import audit_text
    from doorbuster.audit.written import write_audit
    from doorbuster.cards import find_gate
    from doorbuster.record.directory import RunDirectory

    rules = load_gate(find_gate(gate_file)).promises
    exports = Exports(orders, payments, events)
    audited = audit_run(run_directory, exports, rules.limits, frozenset(rules.optional))
    write_audit(RunDirectory(run_directory), audited)
    print(audit_text(audited))
    sys.exit(audited.exit_code)
