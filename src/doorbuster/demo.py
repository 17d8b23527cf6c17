"""The demonstration: a rehearsal of about a minute on the embedded staging shop, with last year's run beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doorbuster.cards import cards, find_scenario
from doorbuster.errors import RunDirectoryError
from doorbuster.rehearsal.prepare import RunOptions
from doorbuster.rehearsal.rehearse import rehearse
from doorbuster.settings import Settings
from doorbuster.staging.environment import staging_environment
from doorbuster.vocabulary import EXIT_INTERRUPTED

BASELINE = "smoke-last-year"


@dataclass(frozen=True)
class Shown:
    """What the demonstration came to."""

    text: str
    exit_code: int


def demonstrate(
    settings: Settings, runs: Path, seconds: float, slow_checkout_ms: float, watch: Callable[[dict[str, Any]], None]
) -> Shown:
    """Rehearse, compare, draw, judge. Raises DoorbusterError."""
    faults = (f"slow_checkout={slow_checkout_ms:g}",) if slow_checkout_ms else ()
    with staging_environment(faults=faults) as addresses:
        options = RunOptions(find_scenario("smoke"), addresses.shop_url, runs, minutes=seconds / 60)
        rehearsed = rehearse(options, settings, watch)
    if rehearsed.exit_code == EXIT_INTERRUPTED:
        return Shown(f"interrupted; what was measured is kept\n{rehearsed.directory.path}", EXIT_INTERRUPTED)

    from doorbuster.analysis.release import judge_release
    from doorbuster.audit.told import audit_text
    from doorbuster.audit.written import write_audit

    release = judge_release([rehearsed.directory.path], [cards().analysis / "baselines" / BASELINE], (), None)
    release.write_verdict()
    report = release.write_report()
    (audit,) = release.audits
    if audit is None:  # only a run without a shop to ask has none, and the demo's has one
        raise RunDirectoryError(f"{rehearsed.directory.path}: nothing says whether the shop's books were read back")
    write_audit(rehearsed.directory, audit)
    return Shown(f"{release.text()}\nreport: {report}\n{audit_text(audit, with_kept=False)}", release.exit_code)
