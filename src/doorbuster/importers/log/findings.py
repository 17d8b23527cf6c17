"""What a reader must know about a log before trusting a number from it, one sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.importers.clocks import offset_text
from doorbuster.importers.imported import Finding
from doorbuster.importers.log.curve import absent_minutes
from doorbuster.importers.log.platform import Platform
from doorbuster.importers.log.result import LogImport
from doorbuster.importers.log.scan import Scanned
from doorbuster.importers.log.walks import TIRELESS_PAGES
from doorbuster.vocabulary import STEPS

_CALLS: Final = {
    "cart": ("add-to-cart call", "cart.add"),
    "native_checkout": ("checkout call", "checkout."),
    "express_wallet": ("wallet call", "wallet."),
}
_FEWEST_MINUTES: Final = 60
_MANY_PAGES: Final = 0.1
"""Share of requests from which sessions that no shopper has are worth a warning."""


def findings(log: LogImport, seen: Scanned, shop: Platform, crawlers: Mapping[str, int]) -> tuple[Finding, ...]:
    sentences = (
        *_peak(log), *_calls(log, shop), *_pages(log, shop), *_sessions(log), *_crawlers(log, crawlers),
        *_clocks(log), *_gaps(log), *_latency(log), *_products(log), *_files(seen),
    )  # fmt: skip
    return tuple(sentences)


def missing(log: LogImport, shop: Platform) -> tuple[str, ...]:
    """What the scenario will have to assume."""
    gone = [
        f"the share of {name} sessions: no {_CALLS[name][0]} in the log"
        for name in _CALLS
        if log.journeys[name] is None
    ]
    if not log.has_latency:
        gone.append("last year's latency: the log holds no request times")
    if log.zipf is None:
        gone.append("the popularity of products: fewer than ten were seen a hundred times")
    asked = {
        "the share of coupons": log.coupon_share,
        "the size of baskets": log.basket_lines,
        "the share of searches": log.search_share,
    }
    gone += [f"{what}: no such call in the log" for what, value in asked.items() if value is None]
    if not log.thinks:
        gone.append("think times: too few steps follow one another")
    return (*gone, *shop.notes)


def _local(log: LogImport, column: str = "sessions") -> tuple[NDArray[Any], NDArray[Any]]:
    """(start of each minute on the shop's own clock in seconds, what was counted in it)."""
    minutes = log.minutes
    return minutes["minute"].to_numpy() + minutes["offset_min"].to_numpy() * 60, minutes[column].to_numpy()


def clock(local_s: int, form: str = "%Y-%m-%d %H:%M") -> str:
    return datetime.fromtimestamp(local_s, UTC).strftime(form)


def _peak(log: LogImport) -> Iterator[Finding]:
    local_s, sessions = _local(log)
    minutes = len(local_s)
    if minutes < _FEWEST_MINUTES:
        hour = int(local_s[minutes // 2]) // 3600 % 24
        night = " at night" if hour < 6 else ""
        span = f"{clock(int(local_s[0]), '%H:%M')} to {clock(log_end(log), '%H:%M')}"
        count = round((log.last_us - log.first_us) / 60e6)
        yield Finding(
            "peak",
            f"The log covers {count:,} minute{'s' if count != 1 else ''}{night} ({span} on "
            f"{clock(int(local_s[0]), '%Y-%m-%d')}): that is "
            "no peak, and a curve made of it rehearses none; import the log of the busiest day.",
            warns=True,
        )
        return
    busiest = int(sessions.argmax())
    present = log.minutes["lines"].to_numpy() > 0
    nonzero, within = np.median(sessions[sessions > 0]), np.median(sessions[present])
    yield Finding(
        "peak",
        f"The busiest minute is {clock(int(local_s[busiest]))} with {sessions[busiest]:,} sessions: "
        f"{_times(sessions[busiest], within)} the median minute, zero minutes counted in, "
        f"{_times(sessions[busiest], nonzero)} without them.",
    )
    if minutes >= 1440:
        hours = np.bincount((local_s - local_s[0]) // 3600, sessions)
        hour = int(hours.argmax())
        yield Finding(
            "peak",
            f"The busiest hour begins {clock(int(local_s[0]) + hour * 3600)} with {hours[hour]:,.0f} sessions: "
            f"{_times(hours[hour], np.median(hours))} the median hour.",
        )
    of_hour = np.bincount((local_s // 60 % 60)[present], log.minutes["lines"].to_numpy()[present], minlength=60)
    if minutes > 300 and of_hour.max() > 0.9 * of_hour.sum():
        yield Finding(
            "clock",
            f"{of_hour.max() / of_hour.sum():.0%} of the lines are in minute :{int(of_hour.argmax()):02d} of "
            f"their hour: the times were "
            "rewritten or rounded, and arrival rates from them mean nothing.",
            warns=True,
        )


def log_end(log: LogImport) -> int:
    return log.last_us // 1_000_000 + int(log.minutes["offset_min"][-1].as_py()) * 60


def _times(value: float, median: float) -> str:
    return f"{value / median:.1f} times" if median else "beyond any multiple of"


def _calls(log: LogImport, shop: Platform) -> Iterator[Finding]:
    named = {STEPS[rule.step] for rule in shop.rules}
    for journey, (call, beginning) in _CALLS.items():
        if log.journeys[journey] is not None:
            continue
        if any(step.startswith(beginning) for step in named):
            why = f"No {call} shows in {log.read.kept:,} requests of shoppers"
        else:
            why = f"The paths of {shop.words} name no {call}, so the log cannot show one"
        yield Finding(
            "journeys",
            f"{why}: the share of {journey} sessions is unknown, not nought; any that is used is assumed.",
            warns=True,
        )
    if log.journeys["native_checkout"] is not None and log.journeys["express_wallet"] is None and not shop.wallet_apart:
        yield Finding(
            "journeys", "Wallet and native checkout look the same in this log: native_checkout holds both.", warns=True
        )
    for journey, orders in log.orders.items():
        if orders is None and log.journeys[journey] is not None:
            yield Finding(
                "orders", f"No call that completes a {journey} shows: its sessions got somewhere, orders are unknown."
            )


def _pages(log: LogImport, shop: Platform) -> Iterator[Finding]:
    if not log.knows_paths:
        yield Finding(
            "pages",
            f"{log.unknown_pages / log.read.kept:.0%} of the shoppers' requests match no path of {shop.words}: "
            "sessions are counted, steps and journeys are not to be trusted, and where browsing goes on cannot be told "
            "([shopper.moves] is left out); copy the platform file, add your paths and pass it with --platform.",
            warns=True,
        )


def _sessions(log: LogImport) -> Iterator[Finding]:
    minutes = log.session.idle_s / 60
    if log.session.by == "address":
        yield Finding(
            "sessions",
            f"Sessions are told by address and user agent and end after {minutes:g} idle minutes. Shoppers "
            f"behind one address with "
            "one kind of phone count as one (too few sessions, too many steps each); a phone that changes "
            "networks counts twice.",
        )
    else:
        name = log.session.by.split(":", 1)[1]
        given, alone = log.session.first_hits_stitched, log.session.first_hits_alone
        yield Finding(
            "sessions",
            f"Sessions are told by {name} and end after {minutes:g} idle minutes. {given:,} hits came before "
            f"their {name} and were given "
            f"to the visitor whose {name} their client showed next; counted apart they would have made up to "
            f"{given / max(1, log.sessions):.0%} "
            f"too many sessions. {alone:,} without it stayed with their address.",
            warns=alone > 0.2 * log.read.kept,
        )
    yield Finding(
        "sessions",
        "Pages that a CDN answers never reach this log: sessions that saw only those are missing, and think "
        "times around them are too long.",
    )


def _crawlers(log: LogImport, crawlers: Mapping[str, int]) -> Iterator[Finding]:
    if crawlers["pages"]:
        yield Finding(
            "bots",
            f"{crawlers['pages']:,} requests in {crawlers['sessions']:,} sessions came from crawlers in browser "
            f"clothes and were left out: "
            "twenty pages or more, no cart, and no static file or no pause between pages.",
        )
    if crawlers["tireless_pages"] > _MANY_PAGES * log.read.kept:
        yield Finding(
            "bots",
            f"{crawlers['tireless_pages'] / log.read.kept:.0%} of the requests are of sessions without a cart "
            f"of {TIRELESS_PAGES} pages or more ({crawlers['tireless']:,} sessions): slow crawlers, or many "
            "shoppers behind one address. They are counted as shoppers, and move think times, popularity and moves; "
            "leave their addresses out of the log if they are crawlers, or tell sessions by a cookie.",
            warns=True,
        )


def _clocks(log: LogImport) -> Iterator[Finding]:
    if len(log.offsets) < 2:
        return
    offset = log.minutes["offset_min"].to_numpy()[log.minutes["lines"].to_numpy() > 0]
    changes = int((np.diff(offset) != 0).sum())
    by_offset = sorted(log.offsets)
    if not log.mixes_clocks and changes <= len(log.minutes) // 100_000 + 2:
        local_s, _ = _local(log, "lines")
        back = bool((np.diff(local_s) < 0).any())
        yield Finding(
            "clock",
            f"The clock changed between {' and '.join(offset_text(60 * offset_min) for offset_min, _ in by_offset)}: "
            + ("the hour that came twice is two hours." if back else "the hour that was skipped is none."),
        )
    else:
        shown = " and ".join(f"{lines:,} lines at {offset_text(60 * offset_min)}" for offset_min, lines in by_offset)
        yield Finding(
            "clock",
            f"The log mixes clocks ({shown}): each line was read by its own. Where a server writes an offset that "
            "is not its clock's, its lines are in the wrong hour.",
            warns=True,
        )


def _gaps(log: LogImport) -> Iterator[Finding]:
    starts = log.minutes["sessions"].to_numpy()
    absent = absent_minutes(log.minutes["lines"].to_numpy() + starts, starts)
    if not absent.any():
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[0], absent.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    longest = int((ends - starts).argmax())
    local_s, _ = _local(log, "lines")
    yield Finding(
        "gaps",
        f"{int(absent.sum()):,} minutes have no line of any kind: absent, not quiet. The longest stretch begins "
        f"{clock(int(local_s[starts[longest]]))} and lasts {int(ends[longest] - starts[longest]):,} minutes.",
        warns=True,
    )


def _latency(log: LogImport) -> Iterator[Finding]:
    if not log.has_latency:
        yield Finding(
            "latency",
            "The log holds no request times: sessions are placed by the end of their first answer, think times "
            "contain the shop's own "
            "time, and last year has errors but no latency.",
        )


def _products(log: LogImport) -> Iterator[Finding]:
    if hidden := log.hidden_products:
        yield Finding(
            "products",
            f"Hidden: {hidden:,} product{'s' if hidden > 1 else ''} whose name could be a secret (an address, a card, "
            "a token); their views are counted.",
        )


def _files(seen: Scanned) -> Iterator[Finding]:
    for name, layout in seen.layouts.items():
        for note in layout.notes:
            yield Finding("format", f"{name}: {note}.")
        if layout.form == "common":
            yield Finding("bots", f"{name}: no user agents are logged, so bots count as shoppers.", warns=True)
    for name in seen.cut_short:
        yield Finding("files", f"{name} ends in the middle; what was there is read.", warns=True)
