"""The importer once more, in plain Python that can be read at one sitting: slow, and what the fast one must agree with."""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from doorbuster.importers.log.classify import robots
from doorbuster.importers.log.platform import Platform, load
from doorbuster.record.histogram import bucket_of, lower_bound_us
from doorbuster.vocabulary import JOURNEYS, STEPS

OTHER = len(STEPS)
FILLING = ("cart.add", "cart.update", "cart.discount", "checkout.complete", "wallet.complete")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Request(NamedTuple):
    end_us: int
    address: str
    agent: str
    method: str
    target: str
    status: int
    took_us: int | None
    sid: str | None


class Event(NamedTuple):
    start_us: int
    step: int
    took_us: int
    status: int
    slug: str | None
    timed: bool
    client: tuple[str, str]


@dataclass
class Counted:
    read: int = 0
    blank: int = 0
    bad: int = 0
    bad_lines: list[int] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    stitched: int = 0
    alone: int = 0
    sessions: Counter[tuple[int, str]] = field(default_factory=Counter)
    funnel: Counter[str] = field(default_factory=Counter)
    thinks: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    moves: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    products: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[int, str, str, int, float | None]] = field(default_factory=Counter)
    returning: int = 0


def _us(at: datetime) -> int:
    gone = at - EPOCH
    return (gone.days * 86400 + gone.seconds) * 10**6 + gone.microseconds


def _micros(seconds: str | float | None) -> int | None:
    try:
        return round(float(seconds) * 1e6)  # type: ignore[arg-type]  # None is a TypeError, and no time
    except (TypeError, ValueError):
        return None


_COMBINED = re.compile(
    r'(\S+) [^"\[]*\[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (?:\d+|-) "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)"(.*)'
)


def combined(line: str, sid: str) -> Request | None:
    found = _COMBINED.fullmatch(line)
    if found is None:
        return None
    address, at, request, status, agent, rest = found.groups()
    method, _, after = request.partition(" ")
    took = re.match(r" (\d+\.\d{3})( |$)", rest)
    cookie = re.search(rf'["; ]{sid}=([^;"]+)', rest) if sid else None
    end_us = _us(datetime.strptime(at, "%d/%b/%Y:%H:%M:%S %z"))
    return Request(end_us, address, agent, method, after.partition(" ")[0], int(status), _micros(took and took[1]), cookie and cookie[1])  # fmt: skip


def alb(line: str, sid: str) -> Request | None:
    found = re.match(r'(\S+ \S+Z \S+ \S+ \S+ \S+ \S+ \S+ \d+ [^"]*)"((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)" ', line)
    if found is None:
        return None
    words, (method, url, _) = found[1].split(" "), found[2].split(" ")
    times = [float(word) for word in words[5:8]]
    took_us = None if min(times) < 0 else _micros(sum(times))
    return Request(_us(datetime.fromisoformat(words[1])), words[3].rsplit(":", 1)[0], found[3], method,
                   re.sub(r"^https?://[^/]*", "", url), int(words[8]), took_us, None)  # fmt: skip


def cloudfront(line: str, sid: str) -> Request | None:
    c = line.split("\t")
    if len(c) != 26:
        return None
    query = "" if c[11] == "-" else f"?{c[11]}"
    cookie = re.search(rf"(?:^|[; ]){sid}=([^; ]+)", unquote(c[12])) if sid else None
    return Request(_us(datetime.fromisoformat(f"{c[0]}T{c[1]}Z")), c[4], unquote(c[10]), c[5], c[7] + query, int(c[8]),
                   _micros(c[18]), cookie and cookie[1])  # fmt: skip


def json_line(line: str, sid: str) -> Request | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return Request(_us(datetime.fromisoformat(entry["time"])), entry["remote_addr"], entry["http_user_agent"],
                   entry["request_method"], entry["request_uri"], entry["status"], _micros(entry["request_time"]),
                   entry.get(sid) or None)  # fmt: skip


def fastly(line: str, sid: str) -> Request | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    took_us = int(entry["time_elapsed"])
    return Request(_us(datetime.fromisoformat(entry["timestamp"])) + took_us, entry["client_ip"], entry["request_user_agent"],
                   entry["request_method"], entry["url"], entry["response_status"], took_us, entry.get(sid) or None)  # fmt: skip


def cloudflare(line: str, sid: str) -> Request | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    start_us, end_us = (entry[f"Edge{when}Timestamp"] // 1000 for when in ("Start", "End"))
    return Request(end_us, entry["ClientIP"], entry["ClientRequestUserAgent"], entry["ClientRequestMethod"],
                   entry["ClientRequestURI"], entry["EdgeResponseStatus"], end_us - start_us, None)  # fmt: skip


PARSERS: dict[str, Callable[[str, str], Request | None]] = {
    "combined": combined, "timed": combined, "alb": alb, "cloudfront": cloudfront, "json": json_line,
    "fastly": fastly, "cloudflare": cloudflare,
}  # fmt: skip


def why_dropped(request: Request, shop: Platform) -> str | None:
    data, agent = robots(), request.agent.lower()
    path = request.target.partition("?")[0]
    if "bot" in agent.replace("cubot", "") or any(word in agent for word in data["words"]):
        return "bots"
    if agent in ("", "-"):
        return "requests without a user agent"
    if not path.startswith("/"):
        return "requests that are no HTTP"
    if path in [*data["health_paths"], "/robots.txt"]:
        return "health checks and robots.txt"
    like_file = "." in path and not path.endswith(shop.calls_like_files)
    if path.startswith(shop.statics) or (like_file and path.lower().rsplit(".", 1)[1] in data["static_endings"]):
        return "static files"
    return "HEAD and OPTIONS" if request.method in ("HEAD", "OPTIONS") else None


def step_of(request: Request, shop: Platform) -> tuple[int, str | None]:
    path = request.target.partition("?")[0].rstrip("/")
    for rule in shop.rules:
        found = re.fullmatch(rule.pattern, path)
        if found and rule.method in ("*", request.method) and (not rule.query or re.search(rule.asked, request.target)):
            return rule.step, unquote(found[1]).lower() if rule.product else None
    return OTHER, None


def journey_of(steps: set[int], refused: set[str]) -> str:
    names = {STEPS[step] for step in steps if step != OTHER}
    for complete, journey in (("wallet.complete", "express_wallet"), ("checkout.complete", "native_checkout")):
        if complete in names:
            return journey
    for journey, marks in (("express_wallet", "wallet."), ("native_checkout", "checkout.")):
        if any(name.startswith(marks) for name in names | (refused & {"wallet.complete", "checkout.complete"})):
            return journey
    return "cart" if names & {"cart.add", "cart.update", "cart.discount"} else "browse"


def run(file: Path, form: str, platform: str, session: str = "address", idle_s: int = 1800) -> Counted:
    out, shop = Counted(), load(platform)
    sid = session.partition(":")[2]
    named: dict[str, dict[tuple[str, str], list[Event]]] = defaultdict(lambda: defaultdict(list))
    loose: dict[tuple[str, str], list[Event]] = defaultdict(list)
    fetched_static: set[object] = set()
    for number, line in enumerate(file.read_text().split("\n")[:-1], 1):
        out.read += 1
        request = PARSERS[form](line, sid) if line and not line.startswith("#") else None
        if request is None:
            out.blank += not line or line.startswith("#")
            out.bad += bool(line) and not line.startswith("#")
            if line and not line.startswith("#"):
                out.bad_lines.append(number)
            continue
        client = (request.address, request.agent)
        reason = why_dropped(request, shop)
        if reason == "static files":
            fetched_static.add(request.sid or client)
        if reason:
            out.dropped[reason] += 1
            continue
        out.kept += 1
        step, slug = step_of(request, shop)
        took_us = request.took_us or 0
        timed = request.took_us is not None
        event = Event(request.end_us - took_us, step, took_us, request.status, slug, timed, client)
        if request.sid:
            named[request.sid][client].append(event)
        else:
            loose[client].append(event)
    visitors = stitched(named, loose, idle_s * 10**6, out) if session != "address" else dict(loose)
    statics_logged = out.dropped["static files"] > 0.1 * out.kept
    for visitor, events in visitors.items():
        fetched = any({visitor, event.client} & fetched_static for event in events)
        walk(events, fetched or not statics_logged, idle_s * 10**6, out)
    return out


def stitched(
    named: dict[str, dict[tuple[str, str], list[Event]]],
    loose: dict[tuple[str, str], list[Event]],
    idle_us: int,
    out: Counted,
) -> dict[object, list[Event]]:
    visitors: dict[object, list[Event]] = {s: [e for events in of.values() for e in events] for s, of in named.items()}
    pairs: dict[tuple[str, str], list[tuple[int, int, str]]] = defaultdict(list)
    for visitor, of in named.items():
        for client, events in of.items():
            starts = [event.start_us for event in events]
            pairs[client].append((min(starts), max(starts), visitor))
    for client, events in loose.items():
        known = sorted(pairs.get(client, ()))
        firsts = [first for first, _, _ in known]
        for event in events:
            after = bisect_left(firsts, event.start_us - 2_000_000)
            before = bisect_right(firsts, event.start_us - 2_000_001) - 1
            owner: object = client
            if after < len(known) and firsts[after] - event.start_us <= idle_us:
                owner = known[after][2]
            elif before >= 0 and event.start_us - known[before][1] <= idle_us:
                owner = known[before][2]
            out.stitched += owner != client
            out.alone += owner == client
            visitors.setdefault(owner, []).append(event)
    return visitors


def sessions_of(events: list[Event], idle_us: int) -> Iterator[list[Event]]:
    session: list[Event] = []
    for event in sorted(events, key=lambda e: e[:3]):
        if session and event.start_us - session[-1].start_us > idle_us:
            yield session
            session = []
        session.append(event)
    yield session


def crawls(session: list[Event], fetched: bool) -> bool:
    trade = any(
        STEPS[e.step].startswith(("cart.", "checkout.", "wallet.", "order.")) for e in session if e.step != OTHER
    )
    hurried = session[-1].start_us - session[0].start_us < (len(session) - 1) * 1_000_000
    return len(session) >= 20 and not trade and (not fetched or hurried)


def walk(events: list[Event], fetched: bool, idle_us: int, out: Counted) -> None:
    visits = list(sessions_of(events, idle_us))
    if any(crawls(session, fetched) for session in visits):
        out.dropped["requests of crawlers in browser clothes"] += len(events)
        out.kept -= len(events)
        return
    out.returning += len(visits) - 1
    for session in visits:
        answered = [e for e in session if e.status not in (400, 401, 403, 404, 405, 410)]
        refused = {STEPS[e.step] for e in answered if e.step != OTHER and e.status >= 400}
        reached = {e.step for e in answered if e.status < 400 or e.step == OTHER or STEPS[e.step] not in FILLING}
        journey = journey_of(reached, refused)
        out.sessions[session[0].start_us // 60_000_000 * 60, journey] += 1
        out.funnel.update(STEPS[step] for step in reached if step != OTHER)
        last: Event | None = None
        for event in session:
            if event.step == OTHER:
                continue
            step = STEPS[event.step]
            out.moves[STEPS[last.step] if last else None, step] += 1
            if last:
                out.thinks[step][max(0, event.start_us - last.start_us - last.took_us) // 100_000] += 1
            if event.slug is not None and event.status < 400:
                out.products[event.slug] += 1
            bucket = lower_bound_us(bucket_of(event.took_us)) if event.timed else None
            out.answers[event.start_us // 60_000_000 * 60, journey, step, event.status, bucket] += 1
            last = event


assert set(JOURNEYS) == {"browse", "cart", "native_checkout", "express_wallet"}
