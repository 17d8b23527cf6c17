"""How often our comparisons cry wolf and what they find, on a shop whose truth is known; writes docs/calibration.md.

python bench/calibrate.py [--slice] [PART ...]

Parts are the modules named below; each has `measure(slice_only) -> Section`. A slice has fewer repetitions, writes no
page, and keeps the same bars. Ends with 1 when a bar was not held.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from time import monotonic

from calibration_section import Section

PARTS: tuple[str, ...] = ("equal_load", "headroom")
"""In the order of the page: `calibrate_NAME.py` each."""
PAGE = Path(__file__).resolve().parents[1] / "docs" / "calibration.md"


def page(sections: list[Section]) -> str:
    """The whole page in Markdown."""
    opening = "# What our comparisons are worth\n\nMade by `make calibrate`, which keeps or breaks every bar below."
    parts = [opening]
    for section in sections:
        bars = "\n".join(
            f"| {bar.says} | {bar.seen} | {'held' if bar.held else '**missed**'} |" for bar in section.bars
        )
        parts.append(f"## {section.title}\n\n{section.text.strip()}\n\n| bar | seen | |\n|---|---|---|\n{bars}")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    chosen = [part for part in sys.argv[1:] if part != "--slice"]
    slice_only = "--slice" in sys.argv
    sections = []
    for part in chosen or PARTS:
        began_s = monotonic()
        section = importlib.import_module(f"calibrate_{part}").measure(slice_only)
        sections.append(section)
        print(f"{section.title} ({monotonic() - began_s:.0f} s)")
        for bar in section.bars:
            print(f"  {'held  ' if bar.held else 'MISSED'} {bar.says}: {bar.seen}")
    if not slice_only and not chosen:
        PAGE.write_text(page(sections), encoding="utf-8")
        print(PAGE)
    if any(not bar.held for section in sections for bar in section.bars):
        sys.exit(1)


if __name__ == "__main__":
    main()
