"""Prometheus's answer to query_range: string values, NaN, several series, raw counters."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doorbuster.errors import ImportFileError
from doorbuster.importers.cells import Per
from doorbuster.importers.column_kinds import hinted_by
from doorbuster.importers.field_map import FieldMap
from doorbuster.importers.imported import Counted, Finding
from doorbuster.importers.prometheus_answer import sample_of, series_of
from doorbuster.importers.rows import Account, Rows
from doorbuster.importers.shape import shape
from doorbuster.importers.times import TimeReader


def read_prometheus(where: str, text: str, format_: FieldMap, as_: Counted | None) -> Rows:
    """All series added up at each time. Raises ImportFileError; a sample that is none is a bad line, counted from 1."""
    series = series_of(where, text)
    account = Account()
    samples = 0
    total: dict[float, float] = {}
    names = [str((one.get("metric") or {}).get("__name__", "")) for one in series]
    raw = [_is_counter(one, name) for one, name in zip(series, names, strict=True)]
    reader = TimeReader()
    for one, counter in zip(series, raw, strict=True):
        times, values = [], []
        for sample in one["values"]:
            samples += 1
            taken = sample_of(sample)
            if taken is None:
                account.reject(samples, f"sample {shape(json.dumps(sample))} is no [time, value]")
            else:
                times.append(int(taken[0]))
                values.append(taken[1])
        if counter:
            values = _increase(np.array(values)).tolist()
        for at, value in zip(times, values, strict=True):
            before = total.get(at, math.nan)
            total[at] = value if isnan(before) else before if isnan(value) else before + value
    leading = as_ or hinted_by([name for name in names if name])
    if leading is None:
        raise ImportFileError(f"{where}: nothing says what it counts; say --as sessions, --as orders or --as requests")
    if samples == 0:
        raise ImportFileError(f"{where}: holds no samples; widen the query's time range")
    values_of = np.array([value if isnan(value) or value >= 0 else math.nan for value in total.values()])
    negative = sum(1 for value in total.values() if value < 0)
    if negative:
        account.drop("negative samples", "a count cannot be negative; taken as absent", negative)
    stamps = [stamp for at in total if (stamp := reader.read(str(at)))]
    per, findings = _per(raw, format_)
    if len(series) > 1:
        findings.append(
            Finding("read", f"{len(series)} series were added up; one that repeats the others would count twice", True)
        )
    return Rows(
        title=format_.title,
        leading=leading,
        lines=np.arange(1, len(stamps) + 1),
        stamps=stamps,
        counts={leading: values_of},
        per=per,
        events=False,
        by_dimension=False,
        of=samples,
        dropped=account.all_dropped(),
        bad=account.bad_lines(samples),
        findings=tuple(findings),
    )


def _is_counter(one: dict[str, Any], name: str) -> bool:
    """A raw counter: called so, and never falling but to begin again."""
    if not name.endswith(("_total", "_count")):
        return False
    values = [taken[1] for sample in one["values"] if (taken := sample_of(sample))]
    falls = sum(1 for before, after in pairwise(values) if after < before)
    return len(values) > 2 and falls <= len(values) // 20


def _increase(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a counter grew by in the step that ends at each sample; after a restart it grew from zero."""
    before = np.concatenate([[math.nan], values[:-1]])
    return np.where(values < before, values, values - before)


def _per(raw: list[bool], format_: FieldMap) -> tuple[Per, list[Finding]]:
    if any(raw):
        return "step", [Finding("unit", "raw counters: each step is what they grew by; a fall is a restart from zero")]
    if format_.per is not None:
        return format_.per, []
    told = "the values are taken as a rate a second, as rate() gives them (assumed; --per says otherwise)"
    return "second", [Finding("unit", told, True)]
