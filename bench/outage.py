"""The outage bar: what the audit says of an outage is exactly what the books of gateway, shop and ERP say.

    python bench/outage.py                 4 minutes each: gateway down for 60 s, ERP away for 60 s
    python bench/outage.py --slice         the same squeezed into 40 seconds, then with bugs that lose and double orders
    python bench/outage.py --minutes 2

Each rehearsal runs on a staging environment of its own by `doorbuster run`, and is audited by `doorbuster audit`. The
books are read straight from the services and counted here without the promises' help. Exits 1 where a recovery time
or a count differs, a sound shop lost or doubled anything, or a bug was not counted.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

from doorbuster.staging.environment import Addresses, staging_environment

GATEWAY, ERP = "nothing is lost or doubled in a payment outage", "every sale reaches the ERP once"
SESSIONS_PER_S = 4
SOUND = (("gateway_down", None), ("back_office_down", None))
WITH_BUGS = (
    ("gateway_unreachable", "charge_without_order"),
    ("gateway_down", "double_charge_on_retry"),
    ("back_office_down", "sale_never_exported"),
    ("back_office_down", "sale_exported_twice"),
)
SCENARIO = """
name = "outage"
[traffic]
curve = "flat.csv"
buffer = 1.0
seed = {seed}
[journeys]
browse = 0.2
cart = 0.1
native_checkout = 0.5
express_wallet = 0.2
[shopper]
patience_s = 20
double_submit = 0.05
coupon_share = 0.2
[shopper.think]
default = {{ median_s = 0.2, p90_s = 0.5 }}
[limits]
drain_s = 60
[[faults]]
name = "{fault}"
at = "{at_s}s"
for = "{for_s}s"
"""
BUG = """
[[faults]]
name = "{bug}"
value = 0.2
at = "0s"
for = "{for_s}s"
"""


def doorbuster(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "doorbuster", *arguments], capture_output=True, text=True, check=False)


def rehearse(folder: Path, shop: Addresses, fault: str, bug: str | None, length_s: int, seed: int) -> Path:
    """One run with the outage in the middle quarter, or SystemExit where it was none (a busy machine: free it)."""
    starts = pd.date_range("2025-11-28 12:00:00", periods=length_s, freq="s")
    pd.DataFrame({"time": starts, "sessions": SESSIONS_PER_S}).to_csv(folder / "flat.csv", index=False)
    for_s = length_s // 4
    text = SCENARIO.format(seed=seed, fault=fault, at_s=(length_s - for_s) // 2, for_s=for_s)
    (folder / "outage.toml").write_text(text + (BUG.format(bug=bug, for_s=10 * length_s) if bug else ""))
    said = doorbuster("run", str(folder / "outage.toml"), "--runs", str(folder / "runs"), "--target", shop.shop_url)
    if said.returncode:
        raise SystemExit(f"run ended with {said.returncode}: {said.stdout[-2000:]} {said.stderr[-2000:]}")
    return Path(said.stdout.splitlines()[-1])


def pages(url: str, path: str, name: str) -> Iterator[dict[str, Any]]:
    after: int | None = 0
    while after is not None:
        page = httpx.get(f"{url}{path}", params={"after": after}, timeout=30).json()
        yield from page[name]
        after = page["next"]


def window(url: str, fault: str) -> tuple[int, int]:
    """When the service itself says it was away, in unix microseconds."""
    (row,) = [row for row in httpx.get(f"{url}/admin/faults").json()["history"] if row["name"] == fault]
    return round(row["from_unix_s"] * 1e6), round(row["until_unix_s"] * 1e6)


def paid_orders(shop: Addresses) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(paid, pending) by the shop's books."""
    orders = list(pages(shop.shop_url, "/admin/orders", "orders"))
    return [one for one in orders if one["status"] == "paid"], [one for one in orders if one["status"] == "pending"]


def captured_us(shop: Addresses) -> dict[str, list[int]]:
    """Intent to when its money was taken, by the gateway's books; what was given back does not count."""
    taken: dict[str, list[int]] = defaultdict(list)
    for payment in pages(shop.gateway_url, "/admin/payments", "payments"):
        if payment["status"] == "captured":
            taken[payment["intent"]] += [at_us for status, at_us, _ in payment["history"] if status == "captured"]
    return taken


def gateway_books(shop: Addresses, fault: str, confirmed: dict[str, str]) -> dict[str, float]:
    """`confirmed`: order id to intent, as shoppers' pages said it from the outage on."""
    down_us, up_us = window(shop.gateway_url, fault)
    (paid, pending), taken = paid_orders(shop), captured_us(shop)
    orders: dict[str, list[int]] = defaultdict(list)
    for order in paid:
        orders[order["intent"]].append(order["at_unix_us"])
    known = {order["intent"] for order in (*paid, *pending)}
    ids = {order["id"] for order in paid}
    lost = {intent for order_id, intent in confirmed.items() if order_id not in ids}
    lost |= {intent for intent, at_us in taken.items() if intent not in known and min(at_us) >= down_us}
    twice = [(intent, at_us) for told in (orders, taken) for intent, at_us in told.items() if len(at_us) > 1]
    doubled = {intent for intent, at_us in twice if max(at_us) >= down_us}
    # An order under way when the gateway went down waits as well as one made while it was away.
    before = [intent for intent, at_us in orders.items() if min(at_us) < up_us]
    waited = {intent: min(taken[intent]) for intent in before if min(taken[intent], default=0) >= up_us}
    still = sum(order["at_unix_us"] < up_us for order in pending)
    first_us = min(at_us for intent in orders for at_us in taken[intent][:1] if at_us >= up_us)
    return {
        "outage_s": (up_us - down_us) / 1e6,
        "pending_then": len(waited) + still,
        "recovery_s": (max([first_us, *waited.values()]) - up_us) / 1e6,
        "lost": len(lost),
        "doubled": len(doubled),
        "pending_now": len(pending),
    }


def erp_books(shop: Addresses, fault: str) -> dict[str, float]:
    down_us, up_us = window(shop.back_office_url, fault)
    (paid, _), taken = paid_orders(shop), captured_us(shop)
    sales = list(pages(shop.back_office_url, "/admin/sales", "sales"))
    times = Counter(sale["number"] for sale in sales)
    booked_us = {sale["number"]: sale["booked_unix_us"] for sale in reversed(sales)}
    done = []
    for order in paid:
        if order["id"] in times:
            paid_us = max(order["at_unix_us"], *taken[order["intent"]][:1])
            done.append((paid_us, booked_us[order["id"]]))
    waited_us = [at_us for paid_us, at_us in done if paid_us < up_us <= at_us]
    return {
        "outage_s": (up_us - down_us) / 1e6,
        "waiting_then": len(waited_us),
        "recovery_s": (max(waited_us) - up_us) / 1e6,
        "delay_s_max": max(at_us - paid_us for paid_us, at_us in done) / 1e6,
        "lost": sum(order["id"] not in times for order in paid),
        "doubled": sum(times[order["id"]] > 1 for order in paid),
    }


def confirmed_in(run: Path, down_at_s: int) -> dict[str, str]:
    facts = pd.read_parquet(run / "facts.parquet")
    seen = facts[(facts.kind == "order_seen") & (facts.at_us >= down_at_s * 1_000_000)]
    return dict(zip(seen.order_id, seen.intent, strict=True))


def held(folder: Path, fault: str, bug: str | None, length_s: int, seed: int) -> bool:
    promise = ERP if fault == "back_office_down" else GATEWAY
    with staging_environment() as shop:
        run = rehearse(folder, shop, fault, bug, length_s, seed)
        if promise == ERP:
            books = erp_books(shop, fault)
        else:
            books = gateway_books(shop, fault, confirmed_in(run, (length_s - length_s // 4) // 2))
    verdict = doorbuster("audit", str(run)).returncode
    audited = json.loads((run / "audit.json").read_text())["promises"]
    told = next(one for one in audited if one["promise"] == promise)
    broken = sorted(one["promise"] for one in audited if one["kept"] is False)
    print(
        f"\n{fault}{f' with {bug}' if bug else ''}, {length_s} s, audit exit {verdict}: {told['sentence']}", flush=True
    )
    good = [verdict == (1 if bug else 0)]
    for name, by_books in books.items():
        by_audit = told["numbers"].get(name)
        same = by_audit is not None and abs(by_audit - by_books) < 2e-6
        good.append(same)
        print(f"  {name:14} books {by_books:12.6f}   audit {by_audit!s:>12}{'' if same else '   DIFFERENT'}")
    harmed = books["lost"] + books["doubled"]
    good.append(harmed > 0 if bug else harmed == 0)
    if broken:
        print(f"  broken: {', '.join(broken)}")
    return all(good)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--slice", action="store_true", help="40 seconds each, sound and with bugs")
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    length_s = 40 if options.slice else round(options.minutes * 60)
    cases = (*SOUND, *WITH_BUGS) if options.slice else SOUND
    good = []
    for number, (fault, bug) in enumerate(cases):
        with tempfile.TemporaryDirectory() as folder:
            good.append(held(Path(folder), fault, bug, length_s, options.seed + number))
    print(f"\n{sum(good)} of {len(good)} outages were told exactly as the books have them")
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
