"""What an access log says: plain values and Arrow tables, nothing that names a shopper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from doorbuster.importers.imported import BadLines, Dropped, Finding
from doorbuster.importers.log.models import ThinkFit, ZipfFit

MOST_UNKNOWN: Final = 0.2


@dataclass(frozen=True)
class Read:
    """What became of the lines: read = kept + blank + bad + all that was dropped."""

    lines: int
    blank: int
    """Empty lines and headers."""
    kept: int
    """Requests of shoppers, crawlers in browser clothes included."""
    by_regex: int
    """Lines that only the regular expression understood."""
    bad: BadLines
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True)
class Session:
    """How sessions were told apart."""

    by: str
    """`address`, `cookie:NAME` or `header:NAME`."""
    idle_s: int
    first_hits_stitched: int = 0
    first_hits_alone: int = 0


@dataclass(frozen=True)
class LogImport:
    """All that the engine of `import log` hands on."""

    files: tuple[tuple[str, str], ...]
    """(name, format in words)."""
    platform: str
    read: Read
    unknown_pages: int
    """Requests of shoppers that no rule of the platform names."""
    session: Session
    first_us: int
    last_us: int
    """First and last line of any kind: microseconds since 1970, UTC."""
    offsets: tuple[tuple[int, int], ...]
    """(local time minus UTC in minutes, lines), most lines first; empty where no line says."""
    mixes_clocks: bool
    """Lines of the same time have several offsets: servers whose clocks differ, and no change of a clock."""
    timezone: str | None
    """As given; None: the log's own offsets."""
    minutes: pa.Table
    """A row for each minute from first to last: minute (s since 1970, UTC), offset_min (local minus UTC), lines (of any
    kind; 0 says the log has none: absent, not quiet), sessions, and a column for each journey. A journey that the log
    cannot tell from another is counted with the other; `journeys` says which."""
    sessions: int
    journeys: Mapping[str, int | None]
    """Sessions by how far they got; None where no call that tells ever occurs: unknown, not nought."""
    orders: Mapping[str, int | None]
    """Journey -> sessions that completed a purchase; None where no completing call occurs."""
    funnel: Mapping[str, int]
    """Step -> sessions that took it at least once; steps that no session took are not in it."""
    thinks: Mapping[str, ThinkFit]
    """Step -> think time before it, from the end of the request before; `default`: all steps together."""
    moves: pa.Table
    """prev_step (null: the session's first), step, count."""
    products: pa.Table
    """slug, views: the hundred most seen, decoded and in lower case."""
    hidden_products: int
    """Those whose name could be a person's or a secret: counted, never named."""
    product_count: int
    zipf: ZipfFit | None
    answers: pa.Table
    """minute (s since 1970 UTC, of the request's start), journey, step, status, outcome, bucket_us (lower bound as in a
    run directory, null without request time), count."""
    has_latency: bool
    coupon_share: float | None
    """Of sessions that put something into a cart."""
    basket_lines: float | None
    """Calls that add to the cart, in sessions that have any."""
    search_share: float | None
    returning_share: float
    """Of sessions, those whose visitor had another one before in this log."""
    pages_a_session: float
    findings: tuple[Finding, ...]
    missing: tuple[str, ...]
    """What the log could not say, one sentence each."""

    @property
    def knows_paths(self) -> bool:
        """Whether the platform's rules name enough of the pages for steps that follow one another to mean anything."""
        return self.unknown_pages <= MOST_UNKNOWN * self.read.kept
