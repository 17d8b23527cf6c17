"""`doorbuster audit`: parse, call one function, print; `cli.py` has the other commands, and exits."""

from __future__ import annotations

import sys
from pathlib import Path

import click

PATH = click.Path(path_type=Path)


@click.command(epilog="Example: doorbuster audit runs/NEW")
@click.argument("run_directory", metavar="RUN", type=PATH)
@click.option("--orders", type=PATH, help="The shop's orders as CSV, in place of those read back.")
@click.option("--payments", type=PATH, help="The payment gateway's payments as CSV, in place of those read back.")
@click.option("--events", type=PATH, help="Purchase events from analytics as CSV, in place of those read back.")
def audit(run_directory: Path, orders: Path | None, payments: Path | None, events: Path | None) -> None:
    """Say what the business would have suffered, order by order: every promise kept 0, broken 1, cannot tell 3.

    4 is a run that did not reach its end. docs/audit.md shows the CSV files. Writes audit.json and audit.parquet/.
    """
    from doorbuster.audit.audit import audit_run
    from doorbuster.audit.exports import Exports
    from doorbuster.audit.told import audit_text
    from doorbuster.audit.written import write_audit
    from doorbuster.record.directory import RunDirectory

    audited = audit_run(run_directory, Exports(orders, payments, events))
    write_audit(RunDirectory(run_directory), audited)
    print(audit_text(audited))
    sys.exit(audited.exit_code)
