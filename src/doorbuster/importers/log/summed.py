"""From the engine's small tables to the result: shares, funnel, fits; what cannot be told stays None."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from doorbuster.importers.imported import BadLines, Dropped
from doorbuster.importers.log import classify, walks, what
from doorbuster.importers.log.findings import findings, missing
from doorbuster.importers.log.models import ThinkFit, fit_think, fit_zipf
from doorbuster.importers.log.platform import Platform
from doorbuster.importers.log.result import LogImport, Read, Session
from doorbuster.importers.log.scan import Scanned
from doorbuster.importers.log.secretive import secretive
from doorbuster.importers.log.sink import Counts
from doorbuster.record.histogram import BOUNDS_US
from doorbuster.vocabulary import JOURNEYS, MONEY_STEPS, STEPS

_TOP: Final = 100
_FEW_ODD: Final = 0.001
"""Share of lines with another offset than those beside them that makes no mixture of a log."""
_LONGEST_MINUTES: Final = 3 * 366 * 1440
TELLING: Final[Mapping[str, int]] = {
    "cart": walks.CART | walks.TRIED_CART,
    "native_checkout": walks.CHECKOUT | walks.TRIED_NATIVE,
    "express_wallet": walks.WALLET | walks.TRIED_WALLET,
}
"""Journey -> the steps that tell it, answered well or not."""
COMPLETING: Final[Mapping[str, tuple[int, int]]] = {
    "native_checkout": (walks.BOUGHT_NATIVE, walks.TRIED_NATIVE),
    "express_wallet": (walks.BOUGHT_WALLET, walks.TRIED_WALLET),
}
"""Journey -> the call that completes it, and the same call refused."""


def summed(
    seen: Scanned, shop: Platform, by: Session, timezone: str | None, tables: Mapping[str, pa.Table]
) -> LogImport:
    counts, masks = seen.counts, tables["masks"]
    sessions_by_mask = list(zip(masks["mask"].to_pylist(), masks["sessions"].to_pylist(), strict=True))
    total = sum(count for _, count in sessions_by_mask)
    taken = {s: n for i, s in enumerate(STEPS) if (n := sum(c for mask, c in sessions_by_mask if mask >> i & 1))}
    occurs = {journey: any(mask & telling for mask, _ in sessions_by_mask) for journey, telling in TELLING.items()}
    by_journey = Counter[int]()
    for journey, count in zip(masks["journey"].to_pylist(), masks["sessions"].to_pylist(), strict=True):
        by_journey[journey] += count
    journeys = {name: by_journey[i] if occurs.get(name, True) else None for i, name in enumerate(JOURNEYS)}
    orders = {
        # Calls that all were refused are no orders; no call at all is no knowledge.
        name: _reached(sessions_by_mask, bought) if _reached(sessions_by_mask, bought | tried) else None
        for name, (bought, tried) in COMPLETING.items()
    }
    carts = _reached(sessions_by_mask, walks.bits("cart.add"))
    zipf_views = tables["products"]["views"].to_numpy()
    products, hidden = _top(tables["products"], seen.slugs)
    answers = _answers(tables["answers"])
    result = LogImport(
        files=tuple((name, layout.words) for name, layout in seen.layouts.items()),
        platform=shop.name,
        read=_read(counts, tables["crawlers"]),
        unknown_pages=sum(tables["unknown"]["count"].to_pylist()),
        session=by,
        first_us=counts.first_us,
        last_us=counts.last_us,
        offsets=_offsets(counts),
        mixes_clocks=_mixes_clocks(counts),
        timezone=timezone,
        minutes=_minutes(counts, tables["minutes"], timezone),
        sessions=total,
        journeys=journeys,
        orders=orders,
        funnel=taken,
        thinks=_thinks(tables["thinks"]),
        moves=_moves(tables["moves"]),
        products=products,
        hidden_products=hidden,
        product_count=len(zipf_views),
        zipf=fit_zipf(zipf_views),
        answers=answers,
        has_latency=any(layout.has_took for layout in seen.layouts.values()),
        coupon_share=taken.get("cart.discount", 0) / carts if carts and "cart.discount" in taken else None,
        basket_lines=sum(masks["adds"].to_pylist()) / carts if carts else None,
        search_share=taken["search"] / total if "search" in taken else None,
        returning_share=sum(masks["returning"].to_pylist()) / total if total else 0.0,
        pages_a_session=sum(masks["pages"].to_pylist()) / total if total else 0.0,
        findings=(),
        missing=(),
    )
    return _told(result, seen, shop, tables)


def _told(result: LogImport, seen: Scanned, shop: Platform, tables: Mapping[str, pa.Table]) -> LogImport:
    crawlers = {name: sum(tables["crawlers"][name].to_pylist()) for name in ("sessions", "pages")}
    crawlers |= {name: sum(tables["masks"][name].to_pylist()) for name in ("tireless", "tireless_pages")}
    told = (*seen.warnings, *findings(result, seen, shop, crawlers))
    return replace(result, findings=told, missing=missing(result, shop))


def _reached(sessions_by_mask: list[tuple[int, int]], bits: int) -> int:
    return sum(count for mask, count in sessions_by_mask if mask & bits)


def _read(counts: Counts, crawlers: pa.Table) -> Read:
    dropped = [Dropped(name, counts.reasons[code], why) for code, (name, why) in classify.REASONS.items()]
    pages = sum(crawlers["pages"].to_pylist())
    if pages:
        dropped.append(
            Dropped(
                "requests of crawlers in browser clothes", pages, "many pages, no static file or no pause, never a cart"
            )
        )
    return Read(
        lines=counts.read,
        blank=counts.blank,
        kept=counts.kept - pages,
        by_regex=counts.by_regex,
        bad=BadLines(counts.bad, counts.read, tuple(counts.examples)),
        dropped=tuple(entry for entry in dropped if entry.rows),
    )


def _offsets(counts: Counts) -> tuple[tuple[int, int], ...]:
    by_offset = Counter[int]()
    for (_, offset_min), lines in counts.minutes.items():
        by_offset[offset_min] += lines
    return tuple(by_offset.most_common())


def _mixes_clocks(counts: Counts) -> bool:
    """Whether lines of one quarter of an hour have several offsets: clocks change on the quarter, servers in it."""
    quarters: dict[int, Counter[int]] = {}
    for (minute, offset_min), lines in counts.minutes.items():
        quarters.setdefault(minute // 15, Counter())[offset_min] += lines
    odd = sum(of.total() - max(of.values()) for of in quarters.values())
    return odd > _FEW_ODD * sum(counts.minutes.values())


def _minutes(counts: Counts, table: pa.Table, timezone: str | None) -> pa.Table:
    """Every minute from first to last line or session start; a log that spans years keeps only minutes with lines."""
    lines = Counter[int]()
    offset: dict[int, tuple[int, int]] = {}
    for (minute, offset_min), count in counts.minutes.items():
        lines[minute] += count
        offset[minute] = max(offset.get(minute, (0, 0)), (count, offset_min))
    starts = table["minute"].to_numpy() // 60
    journeys = table["journey"].to_numpy()
    sessions = table["sessions"].to_numpy()
    first, last = min([*lines, *starts.tolist()]), max([*lines, *starts.tolist()])
    dense = last - first < _LONGEST_MINUTES
    grid = np.arange(first, last + 1) if dense else np.array(sorted({*lines, *starts.tolist()}))
    columns: dict[str, Any] = {"minute": grid * 60, "offset_min": _local(grid, offset, timezone)}
    # A request may begin minutes before the first line, which is its answer: no hole in the log.
    beginning = dict.fromkeys(range(first, min(lines)), 1)
    columns["lines"] = np.array([lines[m] or beginning.get(m, 0) for m in grid.tolist()], dtype=np.int64)
    by_journey = np.zeros((len(JOURNEYS), len(grid)), dtype=np.int64)
    np.add.at(by_journey, (journeys, np.searchsorted(grid, starts)), sessions)
    columns["sessions"] = by_journey.sum(axis=0)
    columns |= {name: by_journey[number] for number, name in enumerate(JOURNEYS)}
    return pa.table(columns)


def _local(grid: NDArray[Any], offset: Mapping[int, tuple[int, int]], timezone: str | None) -> NDArray[np.int64]:
    if timezone is not None:
        zone = ZoneInfo(timezone)
        ends = {m: datetime.fromtimestamp(m * 60, zone).utcoffset() or timedelta() for m in grid.tolist()}
        return np.array([int(ends[m].total_seconds()) // 60 for m in grid.tolist()], dtype=np.int64)
    known, filled = offset[min(offset)][1], []
    for minute in grid.tolist():
        known = offset[minute][1] if minute in offset else known
        filled.append(known)
    return np.array(filled, dtype=np.int64)


def _thinks(table: pa.Table) -> dict[str, ThinkFit]:
    step, tenths, count = (table[name].to_numpy() for name in ("step", "tenths", "count"))
    fits = {name: fit_think(tenths[step == i], count[step == i]) for i, name in enumerate(STEPS)}
    values, where = np.unique(tenths, return_inverse=True)
    fits["default"] = fit_think(values, np.bincount(where, count).astype(np.int64)) if len(values) else None
    return {name: fit for name, fit in fits.items() if fit is not None}


def _moves(table: pa.Table) -> pa.Table:
    names = [None if step is None else STEPS[step] for step in table["prev_step"].to_pylist()]
    steps = [STEPS[step] for step in table["step"].to_pylist()]
    return pa.table(
        {"prev_step": pa.array(names, pa.string()), "step": pa.array(steps, pa.string()), "count": table["count"]}
    )


def _top(numbered: pa.Table, slugs: Sequence[str]) -> tuple[pa.Table, int]:
    """The most seen products, and how many are hidden: a name that could be a secret is none of ours to show."""
    names = [slugs[number] for number in numbered["product"].to_pylist()]
    shown = pa.array([not secretive(name) for name in names], pa.bool_())
    table = pa.table({"slug": pa.array(names, pa.string()), "views": numbered["views"]}).filter(shown)
    top = table.sort_by([("views", "descending"), ("slug", "ascending")]).slice(0, _TOP)
    return top, len(names) - table.num_rows


def outcome(step: str, status: int) -> str:
    """As a run of ours would have named it. 499: the shopper left before the answer."""
    if status < 400:
        return "ok"
    if status in (408, 499):
        return "unknown" if step in MONEY_STEPS else "abandoned"
    if status >= 500:
        return "unknown" if step in MONEY_STEPS else "error"
    return {429: "throttled", 409: "conflict"}.get(status, "rejected")


def _answers(table: pa.Table) -> pa.Table:
    minute, packed = np.divmod(table["answer"].to_numpy(), walks.ANSWERS)
    latency = what.latency(packed % what.ANSWER).astype(np.int16)
    # Step and status are few: an outcome is looked up for each pair of them and not for each row.
    pair = what.step_and_status(packed).astype(np.int32)
    seen = np.flatnonzero(np.bincount(pair))
    outcomes = pa.array([outcome(STEPS[what.step(one)], what.status(one)) for one in seen.tolist()], pa.string())
    outcomes = outcomes.dictionary_encode()
    code = np.zeros(seen.max(initial=0) + 1, dtype=np.int8)
    code[seen] = outcomes.indices.to_numpy()
    bounds = np.append(BOUNDS_US, np.nan)
    return pa.table(
        {
            "minute": minute * 60,
            "journey": pa.DictionaryArray.from_arrays((packed // what.ANSWER).astype(np.int8), list(JOURNEYS)),
            "step": pa.DictionaryArray.from_arrays(what.step(pair).astype(np.int8), list(STEPS)),
            "status": what.status(pair).astype(np.int16),
            "outcome": pa.DictionaryArray.from_arrays(code[pair], outcomes.dictionary),
            # A latency that nobody wrote down is -1, the last.
            "bucket_us": pa.array(bounds[latency], mask=latency < 0),
            "count": table["count"],
        }
    )
