"""The audit of one run: every promise, what became of it, and the word for the whole."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from doorbuster.audit.exports import NO_EXPORTS, Exports
from doorbuster.audit.run_facts import read_facts
from doorbuster.audit.whose import with_shoppers
from doorbuster.errors import RunDirectoryError
from doorbuster.promises import PROMISES
from doorbuster.promises.fact import Fact, Finding, Offence
from doorbuster.promises.ledger import ledger_of
from doorbuster.promises.limits import DEFAULT_LIMITS, Limits
from doorbuster.promises.words import NOT_HEARD
from doorbuster.record.directory import RunDirectory
from doorbuster.vocabulary import EXIT_CODES, Verdict

_WITNESSES_OF_THE_RUN: Final = ("shopper", "run")
_OF_THE_BOOKS: Final = tuple(why for witness, why in NOT_HEARD.items() if witness not in _WITNESSES_OF_THE_RUN)
"""Why a promise cannot tell that needs what was to be read back."""


@dataclass(frozen=True)
class Audit:
    """A run held against every promise."""

    run: str
    """The run's id."""
    findings: tuple[Finding, ...]
    unfinished: str | None
    """Why the run cannot be audited to the end; None for one that reached its end and was closed."""
    exports: Mapping[str, str]
    """`orders`, `payments`, `events` to the name of the file that was read in place of the run's own facts."""
    optional: frozenset[str] = frozenset()
    """Promises that may stay untold."""

    @property
    def verdict(self) -> Verdict:
        if self.unfinished:
            return "INVALID"
        if any(finding.kept is False for finding in self.findings):
            return "FAIL"
        untold = any(finding.kept is None and finding.promise not in self.optional for finding in self.findings)
        return "INCONCLUSIVE" if untold else "PASS"

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.verdict]

    def broken(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kept is False)

    def rows(self) -> Iterator[tuple[str, Offence]]:
        """(promise, offence), promise by promise."""
        return ((finding.promise, offence) for finding in self.findings for offence in finding.offences)


def audit_run(
    path: Path | str,
    exports: Exports = NO_EXPORTS,
    limits: Limits = DEFAULT_LIMITS,
    optional: frozenset[str] = frozenset(),
) -> Audit:
    """Hold a run's facts, and a shop's exports in place of what they tell better, against every promise.

    `limits` are the numbers promised; `optional` promises may stay untold.

    Raises RunDirectoryError where the run cannot be read, ExportError where an export cannot.
    """
    folder = Path(path)
    if not folder.exists():
        raise RunDirectoryError(f"{folder}: no such folder; give the path that `doorbuster run` printed last")
    directory = RunDirectory(folder)
    info = directory.read_run()
    facts, read_back = read_facts(directory), info.get("read_back") or {}
    unread = read_back.get("done") is False
    if unread:
        heard = info.get("witnesses_read") or {}
        told = {*_WITNESSES_OF_THE_RUN, *(heard.get("names", ()) if heard.get("done") else ())}
        facts = (fact for fact in facts if fact.witness in told)  # half a shop's books mislead
    findings = with_shoppers(directory, check_promises(exports.beside(facts, info.get("started_at")), limits))
    if unread:
        why = f"the shop's books were not read back ({read_back.get('why')})"
        findings = tuple(_not_read_back(finding, why) for finding in findings)
    return Audit(str(info.get("id", directory.name)), findings, _unfinished(info), exports.names(), optional)


def check_promises(facts: Iterable[Fact], limits: Limits = DEFAULT_LIMITS) -> tuple[Finding, ...]:
    """Every promise over these facts."""
    with _no_garbage_collection():
        ledger = ledger_of(facts, limits)
        return tuple(check(ledger) for check in PROMISES)


def _unfinished(info: Mapping[str, Any]) -> str | None:
    if info.get("complete") is not True:
        return f"the run did not reach its end: {info.get('stopped_because') or 'it does not say why'}"
    return "the run was cut off before the shop's books were read back" if info.get("closed") is False else None


def _not_read_back(finding: Finding, why: str) -> Finding:
    """Why it cannot tell, where it needs what was to be read back; who cannot tell for another reason says that."""
    if finding.kept is not None or not finding.sentence.endswith(_OF_THE_BOOKS):
        return finding
    return replace(finding, sentence=f"{finding.promise}: cannot tell, {why}")


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    # Millions of rows without a cycle among them: looking for cycles again and again would be half the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()  # what was read stays until the end: the next collection need not go through it
            gc.enable()
