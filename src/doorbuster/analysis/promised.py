"""Hands what the audit of each run found to the verdict: the gate judges no promise itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from doorbuster.analysis.entries import PromiseResult
from doorbuster.analysis.load import Run
from doorbuster.analysis.promise_rules import PromiseRules
from doorbuster.audit.audit import Audit, audit_run
from doorbuster.audit.exports import NO_EXPORTS, Exports
from doorbuster.promises.fact import Finding
from doorbuster.promises.words import money_at_stake, people


def audit_of(run: Run, rules: PromiseRules, exports: Exports = NO_EXPORTS) -> Audit | None:
    """The audit of a run, or None for one that has no promises to keep: made from telemetry, or without a shop to ask.

    Raises RunDirectoryError when the facts cannot be read, ExportError when an export cannot.
    """
    if run.info.get("read_back") is None:
        return None
    return audit_run(run.directory.path, exports, rules.limits, frozenset(rules.optional))


def promise_results(audits: Sequence[Audit | None]) -> tuple[PromiseResult, ...]:
    """Every promise of every run as a line of the verdict, with the run's id where there are several."""
    return tuple(
        _result(finding, f" ({audit.run})" if len(audits) > 1 else "", finding.promise not in audit.optional)
        for audit in audits
        if audit is not None
        for finding in audit.findings
    )


def _result(finding: Finding, where: str, required: bool) -> PromiseResult:
    words: dict[bool | None, Literal["PASS", "FAIL", "INCONCLUSIVE"]] = {
        True: "PASS",
        False: "FAIL",
        None: "INCONCLUSIVE",
    }
    numbers = {"checked": float(finding.checked), "broken": float(len(finding.offences)), **finding.numbers}
    if finding.offences:
        numbers["shoppers"] = float(people(finding.offences))
        for currency, total_minor in money_at_stake(finding.offences).items():
            numbers[f"{currency or 'unnamed'}_minor"] = float(total_minor)
    return PromiseResult(finding.promise + where, words[finding.kept], finding.sentence + where, numbers, required)
