"""Two hundred guest checkouts of django-oscar in one run, by scenarios/shops/oscar.toml and no Python written for it.

    python bench/html_checkouts.py [--checkouts 200] [--per-second 0.5]

Installs and starts Oscar as `make test-live` does, runs, and lays what shoppers saw beside Oscar's own database. Ends
with 0 when so many shoppers or more have an order that is in the books with the same total and currency, under the
same purchase intent, and no order is there that no shopper made; with 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pandas as pd
from tests.conftest import ROOT, clean_environment
from tests.live.oscar_engine import ENGINE
from tests.live.rehearsed import doorbuster

from doorbuster.storefronts.people import intent_in

SCENARIO = """
name = "html-checkouts"
[traffic]
curve = "curve.csv"
buffer = 1.0
arrivals = "even"
[journeys]
native_checkout = 1.0
[shopper]
patience_s = 120
coupon_share = 0.2
basket_lines = 1.2
think = {{ default = {{ median_s = 0.3, p90_s = 0.6 }} }}
[storefront]
platform = "html"
options = {{ description = {description} }}
[limits]
warm_up_s = 0
drain_s = 300
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkouts", type=int, default=200)
    parser.add_argument("--per-second", type=float, default=0.5)
    wanted = parser.parse_args()
    cache = ROOT / ".engines" / ENGINE.name
    ENGINE.install(cache)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "engine").mkdir()
        minutes = -(-wanted.checkouts // max(1, round(wanted.per_second * 60)))
        rows = [f"2025-11-28 {20 + at // 60}:{at % 60:02d}:00,{wanted.per_second * 60}" for at in range(minutes + 1)]
        (work / "curve.csv").write_text("\n".join(["time,sessions", *rows]) + "\n")
        with ENGINE.running(cache, work / "engine") as running:
            description = json.dumps(running.options["description"])
            (work / "scenario.toml").write_text(SCENARIO.format(description=description))
            command = [sys.executable, "-m", "doorbuster", "run", str(work / "scenario.toml")]
            command += ["--target", running.base_url, "--runs", str(work / "runs")]
            environment = {**clean_environment(), **running.env}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            print(done.stdout + done.stderr)
            run = Path(done.stdout.strip().splitlines()[-1])
            sessions = pd.read_parquet(run / "sessions.parquet")
            booked = running.read_books().orders
            print(doorbuster("audit", run, env=running.env).stdout)
    seen = sessions[sessions.order_id.notna()]
    found = sum(
        row.order_id in booked
        and (booked[row.order_id].total_minor, booked[row.order_id].currency) == (row.total_minor, row.currency)
        and intent_in(booked[row.order_id].email) == row.intent
        for row in seen.itertuples()
    )
    strangers = {intent_in(order.email) for order in booked.values()} - set(sessions.intent)
    outcomes = sessions.outcome.value_counts().to_dict()
    print(f"sessions {len(sessions)} {outcomes}, orders seen {len(seen)}, in the books with the same total {found}, "
          f"in the books {len(booked)}, of no shopper {len(strangers)}")  # fmt: skip
    sys.exit(0 if found >= wanted.checkouts and found == len(seen) and not strangers else 1)


if __name__ == "__main__":
    main()
