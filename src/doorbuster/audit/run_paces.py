"""How fast the shop answered, slice by slice of the run: facts that the run itself is the witness of."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from doorbuster.promises.fact import Fact
from doorbuster.record.directory import RunDirectory
from doorbuster.record.histogram import dense, index_of_bounds, quantile_us
from doorbuster.record.reading import read_parts, read_table
from doorbuster.vocabulary import LATENCY_OUTCOMES

_SLICES: Final = 12
"""At most: thirds of the run are compared, and a slice that was out of the ordinary should not decide one alone."""

_DONE: Final = tuple(outcome for outcome in LATENCY_OUTCOMES if outcome != "rejected")
"""A refusal is quick however slow the work is that it spares, and there are more of them as goods run out."""
_QUICK: Final = 0.1
"""A machine that stalls delays most answers of a slice; in a step that got slower the quickest are slower, too."""


def read_paces(directory: RunDirectory) -> Iterator[Fact]:
    """For each slice and step facts `pace` {step, answers, quick_ms} and `load` {shoppers}; once `generator`
    {loop_stall_ms_p99, machines}.

    Warm-up and drain are left out. `at_us` is where the slice begins. No facts for a run that does not say how long
    it was. Raises RunDirectoryError when one of the two tables is damaged.
    """
    info = directory.read_run()
    clock, generator = info.get("clock") or {}, info.get("generator") or {}
    begin_s, end_s = clock.get("warm_up_s"), clock.get("duration_s")
    if not isinstance(begin_s, int | float) or not isinstance(end_s, int | float) or end_s <= begin_s:
        return
    begin, end = math.ceil(begin_s), math.ceil(end_s)
    slice_s = max(1, math.ceil((end - begin) / _SLICES))
    buckets: dict[tuple[int, str], Counter[int]] = defaultdict(Counter)
    for part in read_parts(directory, "latency"):
        for (number, step), counts in _in_slices(part, begin, end, slice_s).items():
            buckets[number, step].update(counts)
    for (number, step), counts in sorted(buckets.items()):
        detail = {"step": step, "answers": counts.total(), "quick_ms": quantile_us(dense(counts), _QUICK) / 1e3}
        yield _fact(begin + number * slice_s, "pace", detail)
    machines = {worker.get("host") for worker in info.get("by_worker") or ()}
    stalls = {"loop_stall_ms_p99": generator.get("loop_stall_ms_p99"), "machines": len(machines)}
    yield _fact(begin, "generator", stalls)
    shoppers: Counter[int] = Counter()
    arrivals = read_table(directory, "arrivals")
    for second, started in zip(arrivals["second"].to_pylist(), arrivals["started"].to_pylist(), strict=True):
        if begin <= second < end:
            shoppers[(second - begin) // slice_s] += started
    for number, started in sorted(shoppers.items()):
        yield _fact(begin + number * slice_s, "load", {"shoppers": started})


def _fact(at_s: int, kind: str, detail: dict[str, Any]) -> Fact:
    return Fact(at_s * 1_000_000, "run", kind, None, None, None, None, None, orjson.dumps(detail).decode())


def _in_slices(part: pa.Table, begin: int, end: int, slice_s: int) -> dict[tuple[int, str], Counter[int]]:
    """(slice, step) to histogram bucket to count."""
    second = part["second"]
    wanted = pc.and_(
        pc.and_(pc.equal(part["clock"], "service"), pc.is_in(part["outcome"], pa.array(_DONE))),
        pc.and_(pc.greater_equal(second, begin), pc.less(second, end)),
    )
    rows = part.filter(pc.and_(wanted, pc.is_valid(part["bucket_us"])))
    number = pc.divide(pc.subtract(rows["second"], begin), slice_s)
    table = pa.table([number, rows["step"], rows["bucket_us"], rows["count"]], ["slice", "step", "bucket_us", "count"])
    summed = table.group_by(["slice", "step", "bucket_us"]).aggregate([("count", "sum")]).to_pydict()
    found: dict[tuple[int, str], Counter[int]] = defaultdict(Counter)
    indexes = index_of_bounds(summed["bucket_us"]).tolist()
    for number_, step, index, count in zip(summed["slice"], summed["step"], indexes, summed["count_sum"], strict=True):
        found[number_, step][index] += count
    return found
