"""How many times last year's peak this release holds: a script to copy and edit.

python analysis/headroom.py RAMP [HOLD ...] [CHART.png]

Takes run directories of a headroom scenario: one ramp, and the holds that belong to it, also those walked later with
`doorbuster run headroom --hold 1.35`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from doorbuster.analysis.charts.headroom import headroom_chart
from doorbuster.analysis.headroom import open_headroom

GATE = None  # the gate file whose objectives count; None for analysis/gates/release.toml
WORTH_IT = 1.5  # what you want to hold, in last year's peaks


def main(runs: list[Path], chart: Path) -> None:
    headroom = open_headroom(runs, GATE)
    print(headroom.text())
    if headroom.low >= WORTH_IT:
        print(f"enough: {WORTH_IT:g}x is held")
    else:
        print(f"not shown to be enough for {WORTH_IT:g}x")
    headroom_chart(headroom).savefig(chart, dpi=150)
    print(f"chart: {chart}")


if __name__ == "__main__":
    given = [Path(name) for name in sys.argv[1:]]
    pictures = [path for path in given if path.suffix in (".png", ".svg")]
    if len(given) == len(pictures) or len(pictures) > 1:
        sys.exit(__doc__)
    main([path for path in given if path not in pictures], pictures[0] if pictures else Path("headroom.png"))
