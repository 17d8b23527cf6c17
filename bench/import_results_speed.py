"""How long does the import of a JMeter result file of a million rows take? The bar is 10 s on two cores.

python bench/import_results_speed.py            # makes the file, imports it three times, prints the times
python bench/import_results_speed.py --rows 5000000
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from doorbuster.importers.results.command import ResultOptions, import_results
from doorbuster.record.directory import RunDirectory
from doorbuster.record.reading import read_table

LABELS = ("Home", "Search", "Product page", "Add to cart", "Checkout", "Place order", "Think")
HEADER = (
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,"
    "grpThreads,allThreads,URL,Latency,IdleTime,Connect\n"
)
BAR_S = 10.0


def write_jtl(path: Path, rows: int) -> None:
    """As JMeter writes them, one in a hundred failed; an hour long."""
    rng = np.random.default_rng(2026)
    at_ms = 1764345600000 + np.sort(rng.integers(0, 3_600_000, rows))
    took_ms = rng.lognormal(4.6, 0.6, rows).astype(int)
    label = rng.integers(0, len(LABELS), rows)
    failed = rng.random(rows) < 0.01
    with path.open("w", encoding="utf-8") as out:
        out.write(HEADER)
        columns = (at_ms, took_ms, label, failed, label + at_ms % 400)
        for at, took, name, bad, thread in zip(*(column.tolist() for column in columns), strict=True):
            code, message, passed = ("503", "Service Unavailable", "false") if bad else ("200", "OK", "true")
            why = '"Test failed: code expected to equal /200/, was 503"' if bad else ""
            out.write(
                f"{at},{took},{LABELS[name]},{code},{message},Shoppers 1-{thread},text,{passed},{why},5120,310,400,400,"
                f"https://shop.example/page/{thread},{took - 1},0,3\n"
            )


def main() -> None:
    """Print the file's size, the times and the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    rows = given.rows
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        jtl = Path("results.jtl")
        write_jtl(jtl, rows)
        print(f"{rows:,} rows, {jtl.stat().st_size / 1e6:,.0f} MB")
        took_s = []
        for _ in range(given.times):
            began, began_cpu = time.perf_counter(), time.process_time()
            found, path = import_results([str(jtl)], "november", ResultOptions(), force=True)
            took_s.append(time.perf_counter() - began)
            print(f"{took_s[-1]:.2f} s, {time.process_time() - began_cpu:.2f} s of processor time")
            written = sum(read_table(RunDirectory(path), "latency")["count"].to_pylist()) // 2
            if found.notes.rows != rows or found.taken != written:
                raise SystemExit(f"{found.notes.rows:,} rows read, {found.taken:,} taken, {written:,} written")
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"at best {min(took_s):.2f} s, {rows / min(took_s):,.0f} rows a second")
        print(f"peak memory {memory_mb:,.0f} MB; bar: {BAR_S:g} s for a million rows")


if __name__ == "__main__":
    main()
