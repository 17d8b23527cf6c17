"""What the shop answered in the rehearsed window: failed steps and latencies, step by step."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from doorbuster.importers.imported import ImportedCurve, StepAnswers, Window
from doorbuster.importers.log.result import LogImport
from doorbuster.importers.units import share
from doorbuster.record.histogram import OVERFLOW, index_of_bounds, quantile_us
from doorbuster.vocabulary import FAILED_OUTCOMES, LATENCY_OUTCOMES, STEPS


def in_window(log: LogImport, curve: ImportedCurve, window: Window) -> pa.Table:
    """Rows of `LogImport.answers` in the window, as text and with `second`: seconds since the window began."""
    start_s = int(curve.start_s[window.first])
    end_s = start_s + (window.last - window.first) * curve.step_s
    minute = log.answers["minute"]
    rows = log.answers.filter(pc.and_(pc.greater_equal(minute, start_s), pc.less(minute, end_s)))
    for name in ("journey", "step", "outcome"):
        rows = rows.set_column(rows.column_names.index(name), name, rows[name].cast(pa.string()))
    return rows.append_column("second", pc.subtract(rows["minute"], start_s))


def answers_of(rows: pa.Table) -> tuple[StepAnswers, ...]:
    """One entry for each step with an answer, in the order shoppers meet them. `rows` as `in_window` gives them."""
    step, outcome = (np.asarray(rows[name]) for name in ("step", "outcome"))
    count, bucket_us = rows["count"].to_numpy(), rows["bucket_us"].to_numpy()
    found = []
    for name in STEPS:
        here = step == name
        of = int(count[here].sum())
        if not of:
            continue
        failed = int(count[here & np.isin(outcome, list(FAILED_OUTCOMES))].sum())
        timed = here & np.isin(outcome, LATENCY_OUTCOMES) & ~np.isnan(bucket_us)
        histogram = np.bincount(index_of_bounds(bucket_us[timed]), count[timed], OVERFLOW + 1)
        p50_ms, p95_ms, p99_ms = (quantile_us(histogram, q) / 1000 if timed.any() else None for q in (0.50, 0.95, 0.99))
        unknown = int(count[here & (outcome == "unknown")].sum())
        found.append(StepAnswers(share(name, failed, of, "answers"), of, unknown, p50_ms, p95_ms, p99_ms))
    return tuple(found)
