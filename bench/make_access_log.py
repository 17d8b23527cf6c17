"""Writes an access log whose truth is known: sessions, journeys, think times, popularity, errors, and real logs' dirt.

    python bench/make_access_log.py LOG --lines 12000000 [--format timed] [--seed 1]

`LOG.truth.json` and `LOG.minutes.parquet` (minute, journey, sessions), `LOG.errors.parquet` (minute, step, errors) are
written beside it. The shop is the staging shop; the day is the one on which Madrid's clocks go back (02:00 to 03:00
comes twice), with a peak of eight times the usual evening. Formats are those of access_log_lines.py: `combined` is
nginx's with the cookie `sid` as a last quoted field, `timed` has the request time before it. Made slice by slice:
memory does not grow with the number of lines.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from access_log_lines import FORMATS, HEADERS, SHOP_AGENTS, WEB_BOTS

from doorbuster.vocabulary import STEPS

ZONE = ZoneInfo("Europe/Madrid")
START_S = int(datetime(2025, 10, 25, 18, tzinfo=ZONE).timestamp())
HOURS, SLICE_S, PEAK = 20, 300, 8.0
JOURNEY_SHARES = {"browse": 0.70, "cart": 0.16, "native_checkout": 0.09, "express_wallet": 0.05}
ZIPF, PRODUCTS, RETURNING, NAT_SHARE, COUPON, FRESH_WITHOUT_COOKIE = 0.95, 2000, 0.2, 0.03, 0.2, 0.8
ERRORS, BASKET = 0.006, 1.5
THINK = {"home": (5, 0.8), "collection": (6, 0.85), "search": (9, 0.9), "product": (12, 1.0), "cart.add": (7, 0.7),
         "cart.view": (5, 0.7), "checkout.start": (6, 0.6),
         "checkout.address": (28, 0.8), "checkout.payment": (20, 0.7)}  # fmt: skip
OTHER_THINK = (4, 0.7)
STATIC, BOT, CRAWLER, JUNK = -1, -2, -3, -4
FIELDS = ("end_us", "start_us", "visitor", "step", "product", "variant", "status", "cookie", "cart")
LINE_SHARES = {STATIC: 0.20, BOT: 0.17, CRAWLER: 0.03, JUNK: 0.0006}


def walk(journey: str, rng: np.random.Generator) -> list[int]:
    """The steps of one session, with the loops and detours that the fixed journeys lack."""
    steps = (["home"] if rng.random() < 0.6 else []) + (["collection"] if rng.random() < 0.7 else [])
    steps += ["search"] if rng.random() < 0.25 else []
    steps += ["product"] * (1 + rng.poisson(1.0))
    if journey == "express_wallet":
        steps += ["wallet.start", "wallet.update", "wallet.complete"]
    elif journey != "browse":
        steps += ["cart.create", "cart.add"]
        for _ in range(rng.poisson(BASKET - 1)):
            steps += ["product", "cart.add"]
        steps += ["cart.discount"] if rng.random() < COUPON else []
        steps += ["cart.view"]
    if journey == "native_checkout":
        steps += [f"checkout.{part}" for part in ("start", "address", "shipping", "payment", "complete")]
    return [STEPS.index(step) for step in steps]


def rate_shape() -> np.ndarray:
    """Relative sessions in each slice: an evening, a night, and a peak of `PEAK` evenings at 22:00."""
    hours = (np.arange(HOURS * 3600 // SLICE_S) + 0.5) * SLICE_S / 3600
    day = 0.35 + 0.65 * np.cos((hours - 2) / 24 * 2 * math.pi).clip(0)
    return day + (PEAK - 1) * np.exp(-0.5 * ((hours - 4) / 0.6) ** 2)


class Shoppers:
    """Sessions of one slice after the other; remembers who came before."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.walks = {j: [walk(j, rng) for _ in range(400)] for j in JOURNEY_SHARES}
        self.popularity = np.cumsum(np.arange(1, PRODUCTS + 1) ** -ZIPF)
        self.popularity /= self.popularity[-1]
        self.median = np.array([THINK.get(s, OTHER_THINK)[0] for s in STEPS], dtype=float)
        self.sigma = np.array([THINK.get(s, OTHER_THINK)[1] for s in STEPS])
        self.before: list[np.ndarray] = []
        self.next_visitor = 0
        self.returning = 0

    def steps_a_session(self) -> float:
        return sum(s * np.mean([len(w) for w in self.walks[j]]) for j, s in JOURNEY_SHARES.items())

    def visitors(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """(visitor, had a cookie before): some come back, hours later; the others are new."""
        rng, fresh = self.rng, np.arange(self.next_visitor, self.next_visitor + count)
        self.next_visitor += count
        old = self.before[: -7200 // SLICE_S]
        again = rng.random(count) < (RETURNING if old and len(old[-1]) else 0)
        # Who was here in the last two hours would only lengthen a session.
        recent = np.concatenate(self.before[-7200 // SLICE_S :]) if self.before else fresh
        pool = np.setdiff1d(np.concatenate(old), recent) if again.any() else fresh
        wanted = np.flatnonzero(again)[: len(pool)]
        fresh[wanted] = rng.choice(pool, len(wanted), replace=False)
        self.before = [*self.before[-60:], fresh.copy()]
        self.returning += len(wanted)
        back = np.zeros(count, dtype=bool)
        back[wanted] = True
        return fresh, back

    def slice(self, slice_start_s: int, count: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        rng = self.rng
        journey = rng.choice(len(JOURNEY_SHARES), count, p=list(JOURNEY_SHARES.values()))
        start_us = np.sort(rng.integers(0, SLICE_S * 10**6, count)) + slice_start_s * 10**6
        visitor, back = self.visitors(count)
        kinds = [self.walks[j] for j in JOURNEY_SHARES]
        chosen = [kinds[j][w] for j, w in zip(journey.tolist(), rng.integers(0, 400, count).tolist(), strict=True)]
        lengths = np.array([len(w) for w in chosen])
        step = np.fromiter((s for w in chosen for s in w), dtype=np.int8, count=int(lengths.sum()))
        session = np.repeat(np.arange(count), lengths)
        n, first = len(step), np.cumsum(lengths) - lengths
        service_us = np.exp(rng.normal(np.log(np.where(step > 12, 180e3, 70e3)), 0.6)).astype(np.int64)
        think_us = (self.median[step] * np.exp(rng.normal(0, 1, n) * self.sigma[step]) * 1e6).clip(0, 1.2e9)
        think_us[first] = 0
        elapsed = np.cumsum(think_us.astype(np.int64) + service_us)
        end = start_us[session] + elapsed - (elapsed[first] - service_us[first])[session]
        cookie = np.ones(n, dtype=np.int8)
        cookie[first[~back & (rng.random(count) < FRESH_WITHOUT_COOKIE)]] = 0
        status = np.where(rng.random(n) < ERRORS, rng.choice([500, 502, 503], n), 200)
        events = dict(zip(FIELDS, (end, end - service_us, visitor[session], step,
                      np.searchsorted(self.popularity, rng.random(n)), rng.integers(0, 10, n), status, cookie,
                      start_us[session] // 1000 * 7919 % 10**9), strict=True))  # fmt: skip
        return events, start_us // 60_000_000 * 60, journey


def dirt(rng: np.random.Generator, pages: dict[str, np.ndarray], until_s: int) -> list[dict[str, np.ndarray]]:
    """Statics of the shoppers, bots that say so, crawlers in browser clothes, and lines nobody can read."""
    n = len(pages["end_us"])
    made = []
    for kind, share in LINE_SHARES.items():
        count = rng.binomial(n, share / 0.6)
        if kind == STATIC:
            of = rng.integers(0, n, count)
            late = rng.integers(20_000, 2_000_000, count)
            rows = {f: pages[f][of] for f in FIELDS} | {"end_us": pages["end_us"][of] + late}
            rows["start_us"] = rows["end_us"] - 3000
        else:
            # A crawler is one of five addresses that walk on steadily; bots are more.
            end = rng.integers((until_s - SLICE_S) * 10**6, until_s * 10**6, count)
            who = rng.integers(0, 5 if kind == CRAWLER else len(WEB_BOTS), count)
            rows = {f: np.zeros(count, dtype=np.int64) for f in FIELDS}
            rows |= {"end_us": np.sort(end), "start_us": np.sort(end) - 40_000, "visitor": who}
            rows |= {"product": rng.integers(0, PRODUCTS, count), "status": np.full(count, 200)}
        made.append(rows | {"step": np.full(count, kind, dtype=np.int8)})
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path)
    parser.add_argument("--lines", type=int, default=12_000_000)
    parser.add_argument("--format", choices=sorted(FORMATS), default="combined")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    make(args.log, args.lines, args.format, args.seed)


def make(log: Path, lines: int, form: str, seed: int) -> None:
    rng = np.random.Generator(np.random.Philox(key=seed))
    shoppers = Shoppers(rng)
    shape = rate_shape()
    sessions = rng.poisson(shape / shape.sum() * lines * 0.6 / shoppers.steps_a_session())
    count: Counter[str] = Counter()
    journeys: Counter[str] = Counter()
    by_minute: Counter[tuple[int, str]] = Counter()
    errors: Counter[tuple[int, str]] = Counter()
    names = list(JOURNEY_SHARES)
    pending: list[dict[str, np.ndarray]] = []
    with log.open("w", encoding="utf-8", newline="\n") as out:
        out.write(HEADERS.get(form, ""))
        for number in range(len(sessions) + 12):
            slice_start_s = START_S + number * SLICE_S
            until_us = (slice_start_s + SLICE_S) * 10**6
            if number < len(sessions) and sessions[number]:
                pages, minutes, journey = shoppers.slice(slice_start_s, int(sessions[number]))
                for (minute, j), k in Counter(zip(minutes.tolist(), journey.tolist(), strict=True)).items():
                    by_minute[minute, names[j]] += k
                    journeys[names[j]] += k
                pending += [pages, *dirt(rng, pages, slice_start_s + SLICE_S)]
            if number == len(sessions) + 11:
                until_us = 2**62
            if not pending:
                continue
            pool = {f: np.concatenate([p[f] for p in pending]) for f in FIELDS}
            due = pool["end_us"] < until_us
            rows = {f: v[due] for f, v in pool.items()}
            pending = [{f: v[~due] for f, v in pool.items()}]
            # Servers flush late: lines are a second or two out of order.
            order = np.argsort(rows["end_us"] + rng.integers(0, 2_000_000, len(rows["end_us"])), kind="stable")
            rows = {f: v[order] for f, v in rows.items()}
            count_lines(form, rows, count, errors)
            out.writelines(FORMATS[form](rows, ZONE))
    write_truth(log, form, seed, shoppers, {"lines": count, "journeys": journeys}, by_minute, errors)


def count_lines(form: str, rows: dict[str, np.ndarray], count: Counter[str], errors: Counter[tuple[int, str]]) -> None:
    kinds = {STATIC: "static", BOT: "bot", CRAWLER: "crawler", JUNK: "bad"}
    for step, k in zip(*np.unique(rows["step"], return_counts=True), strict=True):
        count[kinds.get(int(step), "page")] += int(k)
    failed = (rows["step"] >= 0) & (rows["status"] >= 500)
    # As the log can know it: the end to the log's own resolution, less the request time where it is written.
    end_us, took_ms = rows["end_us"][failed], (rows["end_us"] - rows["start_us"])[failed] // 1000
    logged_us = end_us // 1000 * 1000 if form in ("json", "alb", "cloudflare") else end_us // 10**6 * 10**6
    start_us = logged_us - (0 if form == "combined" else took_ms * 1000)
    if form == "fastly":
        start_us = (end_us // 1000 - took_ms) // 1000 * 10**6
    for step, minute in zip(rows["step"][failed].tolist(), (start_us // 60_000_000 * 60).tolist(), strict=True):
        errors[minute, STEPS[step]] += 1


def write_truth(log: Path, form: str, seed: int, shoppers: Shoppers, counts: dict[str, Counter[str]],
                by_minute: Counter[tuple[int, str]], errors: Counter[tuple[int, str]]) -> None:  # fmt: skip
    total = Counter[int]()
    for (minute, _), k in by_minute.items():
        total[minute] += k
    peak = max(total, key=lambda minute: total[minute])
    # Nobody thinks before a session's first step.
    thought = sorted({step for walks in shoppers.walks.values() for steps in walks for step in steps[1:]})
    thinks = {STEPS[step]: THINK.get(STEPS[step], OTHER_THINK) for step in thought}
    truth = {"format": form, "seed": seed, "lines": sum(counts["lines"].values()), "lines_by_kind": counts["lines"],
             "sessions": total.total(), "journeys": counts["journeys"], "peak_minute": peak,
             "peak_sessions": total[peak], "returning": shoppers.returning, "zipf": ZIPF,
             "think": {s: dict(zip(("median_s", "sigma"), law, strict=True)) for s, law in thinks.items()},
             "coupon_share_of_carts": COUPON, "basket_lines": BASKET, "agents": len(SHOP_AGENTS)}  # fmt: skip
    Path(f"{log}.truth.json").write_text(json.dumps(truth, indent=1))
    rows = sorted(by_minute.items())
    columns = {
        "minute": [m for (m, _), _ in rows],
        "journey": [j for (_, j), _ in rows],
        "sessions": [k for _, k in rows],
    }
    pq.write_table(pa.table(columns), f"{log}.minutes.parquet")
    rows = sorted(errors.items())
    columns = {"minute": [m for (m, _), _ in rows], "step": [s for (_, s), _ in rows], "errors": [k for _, k in rows]}
    pq.write_table(pa.table(columns), f"{log}.errors.parquet")


if __name__ == "__main__":
    main()
