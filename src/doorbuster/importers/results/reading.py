"""What one import of result files holds: counted samples, summaries beside them, and what is not there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from doorbuster.importers.imported import Dropped, Finding
from doorbuster.importers.results.tally import Tally

MOST_EXAMPLES: Final = 5


@dataclass(frozen=True)
class Summary:
    """One figure that a tool worked out over many requests; never a sample."""

    name: str
    method: str
    start_s: float
    """Start of the stretch it sums up: seconds since 1970."""
    over_s: float
    metric: str
    """`p50` ... `p99.9`, `mean`, `min`, `max`, or the name of a measurement."""
    value_ms: float
    count: int | None
    how: str
    """`last seconds`, `so far`, `period`, `whole run` or `measurement`."""


@dataclass(frozen=True)
class Visit:
    """A virtual user, or an iteration of one, as the tool's own log has it."""

    group: str
    started_us: int
    ended_us: int | None


@dataclass
class Notes:
    """What a reader comes upon beside the samples."""

    tally: Tally = field(default_factory=Tally)
    rows: int = 0
    """Samples, or rows of a summary, that were read."""
    bad: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(what, why) -> rows."""
    script_errors: Counter[str] = field(default_factory=Counter)
    """Exceptions of the tool's own script by message: no answer of the shop."""
    failures: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    summaries: list[Summary] = field(default_factory=list)
    transactions: Tally = field(default_factory=Tally)
    """Sums over several requests, apart: whoever counted both would count twice."""
    dropped_arrivals: int = 0
    written_clock: bool = False
    """Times were written as dates without an offset."""

    def reject(self, row: int, sentence: str) -> None:
        self.bad += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append((row, sentence))

    def warn(self, about: str, sentence: str) -> None:
        self.findings.append(Finding(about, sentence, True))

    def all_dropped(self) -> list[Dropped]:
        return [Dropped(what, rows, why) for (what, why), rows in self.dropped.most_common()]


@dataclass(frozen=True)
class Kind:
    """A format: what it is called, and what its files can and cannot say."""

    key: str
    tool: str
    words: str
    latency: str | None
    """What its times are; None where it has no times of single requests."""
    resolution_s: float = 1.0
    visits: str | None = None
    """What `sessions` of the run directory are made of."""
    whole_run: bool = False
    """Nothing is told by the second: totals of a whole run, or figures only."""
    absent: tuple[str, ...] = ()
