"""One line of a verdict: what was asked, what came out, and one sentence that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

EntryKind = Literal["objective", "regression", "promise"]
EntryVerdict = Literal["PASS", "FAIL", "INCONCLUSIVE", "ADVICE", "INVALID"]


@dataclass(frozen=True)
class Entry:
    """An objective, a regression or a promise, judged. ADVICE is said and decides nothing.

    In a run that was no rehearsal every entry is INVALID, whatever its numbers say.
    """

    kind: EntryKind
    name: str
    verdict: EntryVerdict
    required: bool
    """Whether INCONCLUSIVE here keeps the run from passing; FAIL always fails it."""
    sentence: str
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PromiseResult:
    """A business promise as checked against the facts of the run."""

    name: str
    verdict: Literal["PASS", "FAIL", "INCONCLUSIVE"]
    sentence: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    required: bool = True


def promise_entry(promise: PromiseResult) -> Entry:
    """A promise as a line of the verdict; a required one that could not be checked keeps the run from passing."""
    return Entry("promise", promise.name, promise.verdict, promise.required, promise.sentence, promise.numbers)
