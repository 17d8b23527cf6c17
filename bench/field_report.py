"""The field report: shoppers who collide on three live engines, laid beside the engines' own databases.

    python bench/field_report.py [--only ENGINE ...] [--collisions NAME ...] [--tries 8] [--keep FOLDER]
                                 [--write docs/field-report.md]

Installs, starts and seeds each engine of tests/live as `make test-live` does, with few units of one product and a code
with a small limit, and runs three scenarios on it through `doorbuster run` and `doorbuster audit`. A run that the
validity check refuses says nothing: the engine is started afresh and the run repeated. Exits 1 when a run was refused
at every try; whatever the engines did is a finding, no failure.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from field_page import Report, in_short, page
from field_run import COLLISIONS, COUPON_LIMIT, SCARCE_UNITS, Collision, Refused, Told, collide
from proof import revision
from tests.conftest import ROOT
from tests.live.engine import Engine, engines

CACHE = ROOT / ".engines"


def report_on(engine: Engine, collision: Collision, tries: int, folder: Path) -> Told | Refused:
    """One collision on a fresh engine, again while it is refused."""
    engine.install(CACHE / engine.name)
    seen: Told | Refused = Refused(engine.name, collision.name, ())
    for number in range(1, tries + 1):
        work = folder / f"{engine.name}-{collision.name}-{number}"
        (work / "engine").mkdir(parents=True)
        with engine.running(CACHE / engine.name, work / "engine") as running:
            seen = collide(engine, running, collision, work, seen.why)
        if isinstance(seen, Told):
            print(in_short(seen), flush=True)
            return seen
        print(f"{engine.name}, {collision.name}: {seen.why[-1]}", flush=True)
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = {engine.name: engine for engine in engines()}
    names = [collision.name for collision in COLLISIONS]
    parser.add_argument("--only", nargs="+", choices=sorted(known), metavar="ENGINE", default=sorted(known))
    parser.add_argument("--collisions", nargs="+", choices=names, metavar="NAME", default=names)
    parser.add_argument("--tries", type=int, default=8)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="Leave scenarios, runs and logs here.")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Replace this page by what was seen.")
    asked = parser.parse_args()
    if asked.write and (len(asked.only) < len(known) or len(asked.collisions) < len(names)):
        parser.error("a page is about every engine and collision: leave --write out, or --only and --collisions")
    os.environ |= {"SCARCE_UNITS": str(SCARCE_UNITS), "COUPON_LIMIT": str(COUPON_LIMIT)}  # read by the seeds
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="field-") as folder:
        seen = [
            report_on(known[name], collision, asked.tries, asked.keep or Path(folder))
            for name in asked.only
            for collision in COLLISIONS
            if collision.name in asked.collisions
        ]
    told = tuple(one for one in seen if isinstance(one, Told))
    lost = tuple(one for one in seen if isinstance(one, Refused))
    report = Report(told, lost, revision(), time.monotonic() - began_s)
    if asked.write:
        unfinished = asked.write.with_name(f".{asked.write.name}.new")
        unfinished.write_text(page(report), encoding="utf-8")
        unfinished.replace(asked.write)
    print(f"{len(told)} of {len(seen)} collisions rehearsed, {report.took_s:.0f} s")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
