"""What an import of an access log costs beside a bare parse of the same file: processor time, ratio, peak memory.

    python bench/make_access_log.py shop.log --lines 12000000 --format timed
    python bench/import_speed.py shop.log [--session cookie:sid]

The bare parse is DuckDB on one thread: read_csv split on quotes, with time, address, agent, method, path, status,
request time and session cookie as typed columns, each used once inside DuckDB and none handed out: the least that can
be called a parse of what the import needs. Handing them out as Arrow costs a tenth more, writing Parquet doubles it.
Each kind runs in a process of its own, in turns, after the file was read once: what it costs to bring it from the disk
depends on the turn, not on the kind. The median of `--runs` counts. Bars: at most 2.2 times the bare parse
at 12 million lines and 3 times at 35 million, peak memory under 1 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

BARE = """
SELECT count(*), sum(epoch_us(try_strptime(substr(c0, strpos(c0, '[') + 1, 26), '%d/%b/%Y:%H:%M:%S %z'))),
  sum(hash(split_part(c0, ' ', 1)) % 7), sum(hash(c5) % 7), sum(hash(split_part(c1, ' ', 1)) % 7),
  sum(hash(split_part(split_part(c1, ' ', 2), '?', 1)) % 7), sum(try_cast(substr(c2, 2, 3) AS SMALLINT)),
  sum(try_cast(c6 AS DOUBLE)), sum(hash(CASE WHEN c7 <> '-' THEN substr(c7, strpos(c7, '=') + 1) END) % 7)
FROM read_csv('{file}', delim = '"', quote = '', escape = '', header = false, auto_detect = false, null_padding = true,
  ignore_errors = true, strict_mode = false, parallel = false, columns = {columns})
"""


def bare(file: str) -> dict[str, float]:
    import duckdb

    duck = duckdb.connect()
    duck.execute("SET threads = 1; SET memory_limit = '400MB'")
    columns = "{" + ", ".join(f"'c{number}': 'VARCHAR'" for number in range(10)) + "}"
    row = duck.execute(BARE.format(file=file.replace("'", "''"), columns=columns)).fetchone()
    return {"lines": row[0]}


def whole(file: str, session: str) -> dict[str, float]:
    from doorbuster.importers.log.importer import import_log

    result = import_log([file], "staging", session=session)
    return {"lines": result.read.lines, "sessions": result.sessions}


def measured(kind: str, file: str, session: str) -> dict[str, float]:
    """In a process of its own: processor time from start to end, imports included."""
    with Path(file).open("rb", buffering=0) as stream:
        while stream.read(1 << 20):
            pass
    done = subprocess.run(
        [sys.executable, __file__, file, "--only", kind, "--session", session], check=True, stdout=subprocess.PIPE
    )
    return dict(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path)
    parser.add_argument("--session", default="cookie:sid")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=("bare", "whole"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        one = bare(str(args.log)) if args.only == "bare" else whole(str(args.log), args.session)
        one["cpu_s"] = time.process_time()
        one["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(one))
        return
    found = [
        {kind: measured(kind, str(args.log), args.session) for kind in ("bare", "whole")} for _ in range(args.runs)
    ]
    for kind in ("bare", "whole"):
        cpu_s = median(run[kind]["cpu_s"] for run in found)
        rate = found[0][kind]["lines"] / cpu_s / 1000
        peak_mb = max(run[kind]["peak_mb"] for run in found)
        print(f"{kind:6} {cpu_s:8.2f} s   {rate:8,.0f} thousand lines a core-second   peak {peak_mb:,.0f} MB")
    ratio = median(run["whole"]["cpu_s"] / run["bare"]["cpu_s"] for run in found)
    most = 3.0 if found[0]["whole"]["lines"] > 20e6 else 2.2
    print(f"ratio  {ratio:.2f} (at most {most})   peak memory {peak_mb:,.0f} MB (under 1,000)")


if __name__ == "__main__":
    main()
