"""Which steps changed most since last year: a script to copy and edit.

python analysis/year_on_year.py RUN BASELINE [CHART.png]
"""

from __future__ import annotations

import sys
from pathlib import Path

from matplotlib.figure import Figure

from doorbuster.analysis import compare_runs, open_run

METRIC = "p95"  # or p50, p99


def main(run: Path, baseline: Path, chart: Path) -> None:
    comparison = compare_runs([open_run(run)], [open_run(baseline)])
    table = comparison.table
    steps = table[(table["metric"] == METRIC) & table["ratio"].notna()].sort_values("ratio")

    shown = steps[["kind", "name", "candidate", "baseline", "ratio", "low", "high", "candidate_samples"]]
    print(shown.round(2).to_string(index=False))
    for warning in comparison.warnings:
        print(f"note: {warning}")

    figure = Figure(figsize=(6.4, 0.8 + 0.28 * len(steps)), layout="constrained")
    axes = figure.subplots()
    rows = range(len(steps))
    axes.hlines(rows, steps["low"], steps["high"], color="#8a8a8a")
    axes.plot(steps["ratio"], rows, "o", color="#123c69")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(rows, steps["name"])
    axes.set_title(f"{METRIC}: this year as a multiple of last year's, with 95 % intervals", loc="left", fontsize=10)
    figure.savefig(chart)
    print(f"chart: {chart}")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3] if len(sys.argv) == 4 else "year_on_year.png"))
