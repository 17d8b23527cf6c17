"""What an importer found, each number with how sure it is: every importer ends here, every output starts here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Sure = Literal["measured", "given", "assumed"]
"""From the file; from the command line or a field map; from a published figure or from habit."""

Counted = Literal["sessions", "orders", "requests"]


@dataclass(frozen=True)
class Figure:
    """One number of the scenario, and why it is what it is."""

    name: str
    """As the scenario spells it (`journeys.cart`, `traffic.buffer`), else in words."""
    value: float
    sure: Sure
    why: str
    low: float | None = None
    high: float | None = None
    """Ends of the 95 % interval, or of the published range; None where nobody knows."""

    @property
    def remark(self) -> str:
        """E.g. `measured: 41 of 1,200 sessions (0.0248 to 0.0459)`."""
        between = "" if self.low is None or self.high is None else f" ({self.low:.3g} to {self.high:.3g})"
        return f"{self.sure}: {self.why}{between}"


@dataclass(frozen=True)
class Dropped:
    """Rows that were understood and left out."""

    what: str
    rows: int
    why: str


@dataclass(frozen=True)
class BadLines:
    """Lines that could not be understood. Examples show the shape of a cell (a for letters, 9 for digits), never it."""

    count: int = 0
    of: int = 0
    examples: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Finding:
    """One sentence about the data; `warns` where it changes what the scenario is worth."""

    about: str
    sentence: str
    warns: bool = False


@dataclass(frozen=True)
class ImportedCurve:
    """A regular grid of steps. Shapes: (steps,)."""

    start_s: NDArray[np.int64]
    """Start of each step: seconds since 1970 UTC, or as the file writes its clock where `offset_s` is None."""
    step_s: int
    counts: Mapping[str, NDArray[np.float64]]
    """What was counted in each step, nan where the file has no row. Keys: `sessions`, `orders`, `requests`, journeys,
    and the funnel of an export: `cart_sessions`, `checkout_sessions`, `buying_sessions`."""
    leading: Counted
    """The key of `counts` that the curve is made of."""
    offset_s: NDArray[np.int64] | None
    """Local time minus UTC in each step; None where the file says no offset and nobody gave a time zone."""
    clock: str
    """The clock in words, e.g. `America/New_York`."""

    @property
    def count(self) -> NDArray[np.float64]:
        return self.counts[self.leading]

    @property
    def local_s(self) -> NDArray[np.int64]:
        """Start of each step on the shop's own clock."""
        return self.start_s if self.offset_s is None else self.start_s + self.offset_s


@dataclass(frozen=True)
class Window:
    """The stretch that the scenario rehearses: steps `first` up to, not including, `last`."""

    first: int
    last: int
    busiest_of_file: bool
    """Whether "peak 60m" finds it; not where a busier hour was passed over (the finding `peak` says which and why), nor
    where several are equally busy."""
    why: str


@dataclass(frozen=True)
class Think:
    """A log-normal think time in seconds, its error where it was fitted."""

    median_s: Figure
    p90_s: Figure
    count: int = 0
    """Think times that were measured; 0 where there were none."""
    quantiles_s: tuple[float, ...] = ()
    """Measured, at `log.models.QUANTILES`."""
    fit_error: float | None = None
    """Largest distance between the measured and the fitted share below a value."""


@dataclass(frozen=True)
class StepAnswers:
    """What last year's shop answered to one step in the window."""

    failed: Figure
    """Share of answers; named like the step."""
    answers: int
    unknown: int
    """Money steps that timed out or answered 5xx: not among the failed, as in a run."""
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    """None where the file holds no request times."""


@dataclass(frozen=True)
class Imported:
    """All that an import knows. What stays empty was not in the file; the scenario then assumes it and says so."""

    name: str
    source: str
    """Format and file name, in words."""
    curve: ImportedCurve
    window: Window
    read_rows: int
    """Rows, or requests, that the import is made of."""
    read_words: str = "rows"
    """What those are."""
    conversion: Figure | None = None
    """Orders a session; needed where the curve counts orders."""
    requests_per_session: Figure | None = None
    """Needed where the curve counts requests."""
    dropped: tuple[Dropped, ...] = ()
    bad: BadLines = BadLines()
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    """What the file could not say, one sentence each."""
    funnel: tuple[Figure, ...] = ()
    """Measured shares of sessions by how far they got."""
    mix: Mapping[str, Figure] = field(default_factory=dict)
    """Journey -> share of sessions."""
    growth: Mapping[str, Figure] = field(default_factory=dict)
    """Journey -> factor from last year to this."""
    think: Mapping[str, Think] = field(default_factory=dict)
    """Step or `default` -> think time before it."""
    shopper: Mapping[str, Figure] = field(default_factory=dict)
    """Other keys of [shopper]: popularity, coupon_share, basket_lines, search_share, ..."""
    products: tuple[tuple[str, float], ...] = ()
    """The head of the catalogue: product and share of its views."""
    moves: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Measured shares of the steps that follow each browsing step, or `start`."""
    answers: tuple[StepAnswers, ...] = ()
    """Last year's failures and latencies by step, in the window."""
    baseline: str = ""
    """What analysis/baselines/NAME/ holds, in words; empty where the file has nothing to compare a run with."""

    @property
    def sessions_per_count(self) -> float:
        """What one count of the curve stands for."""
        if self.curve.leading == "sessions":
            return 1.0
        divisor = self.conversion if self.curve.leading == "orders" else self.requests_per_session
        if divisor is None:
            raise ValueError(f"a curve of {self.curve.leading} needs what makes sessions of them")
        return 1 / divisor.value
