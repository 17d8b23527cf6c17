"""Makes the two curves in rows of one second, both of nobody's data.

- scenarios/curves/flash-drop.csv: one product, announced for 12:00:00. 20 s of waiting shoppers, a ten-second ramp from
  1 to 40 sessions a second, a minute of rush and a minute of ebb (half-life 20 s).
- scenarios/curves/minute.csv: an evening in one minute, for smoke tests: rises from 4 to 8 sessions a second and falls
  to 5. The busiest second is about 1.3 times the mean.

    python bench/make_short_curves.py scenarios/curves
"""

import math
import sys
from datetime import datetime, timedelta
from pathlib import Path

QUIET, TOP = 1.0, 40.0


def drop(second: int) -> float:
    if second < 20:
        return QUIET
    if second < 30:
        return QUIET + (TOP - QUIET) * (second - 19) / 10
    if second < 90:
        return TOP
    return QUIET + (TOP - QUIET) * 0.5 ** ((second - 90) / 20)


def minute(second: int) -> float:
    return 4 + second / 60 + 4 * math.exp(-0.5 * ((second - 35) / 10) ** 2)


for name, rate, seconds in (("flash-drop", drop, 150), ("minute", minute, 60)):
    start = datetime(2025, 11, 28, 11, 59, 40)
    rows = [f"{start + timedelta(seconds=s):%Y-%m-%d %H:%M:%S},{rate(s):.2f}" for s in range(seconds)]
    Path(sys.argv[1], f"{name}.csv").write_text("\n".join(["time,sessions", *rows]) + "\n")
