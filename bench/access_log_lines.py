"""How one request of the made-up shop looks in each log format; used by make_access_log.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import numpy as np

from doorbuster.vocabulary import STEPS

Rows = dict[str, np.ndarray]
_CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 {}Safari/537.36"
SHOP_AGENTS = (
    [_CHROME.format("Windows NT 10.0; Win64; x64", v, "") for v in range(120, 140)]
    + [_CHROME.format(f"Linux; Android {v}; Pixel {v - 5}", 138, "Mobile ") for v in range(10, 16)]
    + [f"Mozilla/5.0 (iPhone; CPU iPhone OS {v}_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
       f"Version/{v}.1 "
       "Mobile/15E148 Safari/604.1" for v in range(14, 19)]
    + ["Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.0.0 Mobile "
       "Safari/537.36",
       'Mozilla/5.0 (Linux; Android 11; The \\"Quoted\\" Phone) AppleWebKit/537.36 Chrome/101.0.0.0 Safari/537.36']
)  # fmt: skip
WEB_BOTS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "python-requests/2.32.3",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "curl/8.5.0",
    "-",
]
# Three ways in which links spell the same slug: as it is, in capitals, percent-encoded in lower-case hexadecimal.
SLUGS = [f"café-{n}" if n % 3 == 0 else f"lamp-{n}" for n in range(2000)]
_SPELT = [(quote(s), quote(s.upper()), quote(s).lower().replace("-", "%2d")) for s in SLUGS]
_METHOD = {"cart.create": "POST", "cart.add": "POST", "cart.update": "PUT", "cart.discount": "POST",
           "checkout.start": "POST", "checkout.address": "PUT", "checkout.shipping": "PUT", "checkout.payment": "POST",
           "checkout.complete": "POST", "wallet.start": "POST", "wallet.update": "POST",
           "wallet.complete": "POST"}  # fmt: skip
_PATH: dict[str, Callable[[int, int, int], str]] = {
    "home": lambda c, p, v: "/" if v else "/?utm_source=mail&utm_campaign=x@example.com",
    "collection": lambda c, p, v: f"/collections/{'lamp' if p % 3 else 'caf%C3%A9'}",
    "search": lambda c, p, v: f"/search?q=secret{p}",
    "product": lambda c, p, v: f"/products/{_SPELT[p][v if v < 3 else 0]}{'?ref=token123' if v == 4 else ''}",
    "cart.create": lambda c, p, v: "/carts",
    "cart.add": lambda c, p, v: f"/carts/{c}/lines",
    "cart.discount": lambda c, p, v: f"/carts/{c}/discounts",
    "cart.view": lambda c, p, v: f"/carts/{c}",
    "checkout.start": lambda c, p, v: f"/carts/{c}/checkout",
    "wallet.start": lambda c, p, v: "/checkout_sessions",
    "wallet.update": lambda c, p, v: f"/checkout_sessions/cs_{c}",
    "wallet.complete": lambda c, p, v: f"/checkout_sessions/cs_{c}/complete",
}
for _part in ("address", "shipping", "payment", "complete"):
    _PATH[f"checkout.{_part}"] = lambda c, p, v, part=_part: f"/carts/{c}/checkout/{part}"
_STATICS = ("/assets/app.js", "/assets/theme.css?v=3", "/images/{}.jpg", "/images/{}.webp", "/favicon.ico")


def lines_of(rows: Rows) -> Iterator[tuple[int, int, str, str, str, str, int, str]]:
    """(end us, request time ms, address, agent, method, target, status, sid or -) of each row, in order."""
    keys = ("end_us", "start_us", "visitor", "step", "product", "variant", "status", "cookie", "cart")
    agents = len(SHOP_AGENTS)
    for end, start, visitor, step, product, variant, status, cookie, cart in zip(
        *(rows[k].tolist() for k in keys), strict=True
    ):
        sid, method = "-", "GET"
        if step >= -1:
            # The visitor's number decides who shares an address: some thirty networks with one kind of phone each.
            mixed = visitor * 2654435761 % 2**32
            nat = mixed % 100 < 3
            a = mixed % 30 if nat else visitor
            address = f"{'100.64' if nat else 10 + (a >> 16 & 63)}.{a >> 8 & 255}.{a & 255}" + (
                "" if nat else f".{a >> 22 & 255}"
            )
            agent = SHOP_AGENTS[mixed % 7 if nat else (mixed >> 8) % agents]
            if cookie:
                sid = f"{mixed:08x}{visitor:08x}"
            if step == -1:
                target = _STATICS[product % 5].format(product)
            else:
                name = STEPS[step]
                target, method = _PATH[name](cart, product, variant), _METHOD.get(name, "GET")
        elif step == -2:
            address, agent, target = f"66.249.66.{visitor}", WEB_BOTS[visitor], f"/products/{_SPELT[product][0]}"
        elif step == -3:
            address, agent, target = f"45.9.20.{visitor}", SHOP_AGENTS[visitor], f"/products/{_SPELT[product][0]}"
        else:
            yield end, 0, "", "", "", "", -1, str(product % 4)
            continue
        yield end, (end - start) // 1000, address, agent, method, target, status, sid


def _local(rows: Rows, zone: ZoneInfo) -> dict[int, str]:
    seconds = np.unique(rows["end_us"] // 10**6).tolist()
    return {s: datetime.fromtimestamp(s, zone).strftime("%d/%b/%Y:%H:%M:%S %z") for s in seconds}


_JUNK = ("10.0.0.1 - - [25/Oct/2025:20", "", "\\x16\\x03\\x01 not a log line", '2025-10-25 [notice] worker "exited" x')


def combined(rows: Rows, zone: ZoneInfo, timed: bool = False) -> Iterator[str]:
    when = _local(rows, zone)
    for end, took_ms, address, agent, method, target, status, sid in lines_of(rows):
        if status < 0:
            yield (_JUNK[int(sid)] or "broken") + "\n"
            continue
        took = f" {took_ms / 1000:.3f}" if timed else ""
        yield (
            f'{address} - - [{when[end // 1000000]}] "{method} {target} HTTP/1.1" {status} 1234 '
            f'"https://shop.example/" "{agent}"{took} "{"-" if sid == "-" else "sid=" + sid}"\n'
        )


def timed(rows: Rows, zone: ZoneInfo) -> Iterator[str]:
    return combined(rows, zone, timed=True)


def alb(rows: Rows, zone: ZoneInfo) -> Iterator[str]:
    """AWS application load balancer; it cannot log cookies."""
    for end, took_ms, address, agent, method, target, status, _ in lines_of(rows):
        if status < 0:
            yield "https 2025-10-25T18 broken\n"
            continue
        at = datetime.fromtimestamp(end // 1000000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        yield (
            f"https {at}.{end // 1000 % 1000:03d}000Z app/shop/50dc6c495c0c9188 {address}:2817 10.0.0.66:9000 0.000 "
            f'{took_ms / 1000:.3f} 0.000 {status} {status} 34 366 "{method} https://shop.example:443{target} HTTP/1.1" '
            f'"{agent}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:x:y "Root=1-58337281" "shop.example" "arn:c" 1 '
            f'{at}.000000Z "forward" "-" "-" "10.0.0.66:9000" "{status}" "-" "-" TID_1234\n'
        )


def cloudfront(rows: Rows, zone: ZoneInfo) -> Iterator[str]:
    for end, took_ms, address, agent, method, target, status, sid in lines_of(rows):
        if status < 0:
            yield "2025-10-25\tbroken\n"
            continue
        at = datetime.fromtimestamp(end // 1000000, UTC)
        path, _, query = target.partition("?")
        cookie = "-" if sid == "-" else f"theme=dark;%20sid={sid}"
        yield (
            f"{at:%Y-%m-%d}\t{at:%H:%M:%S}\tMAD50-C1\t1234\t{address}\t{method}\td1.cloudfront.net\t{path}\t{status}\t"
            f"https://shop.example/\t{quote(agent, safe='/()')}\t{query or '-'}\t{cookie}\tMiss\tAbC==\t"
            f"shop.example\thttps\t99\t{took_ms / 1000:.3f}\t-\tTLSv1.3\tX\tMiss\tHTTP/2.0\t-\t-\n"
        )


def json_lines(rows: Rows, zone: ZoneInfo) -> Iterator[str]:
    """A home-made nginx log_format with escape=json."""
    for end, took_ms, address, agent, method, target, status, sid in lines_of(rows):
        if status < 0:
            yield '{"time": "2025-10-25T1\n'
            continue
        at = datetime.fromtimestamp(end // 1000000, zone)
        stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{end // 1000 % 1000:03d}{at.isoformat()[-6:]}"
        yield (
            f'{{"time":"{stamp}","remote_addr":"{address}","request_method":"{method}","request_uri":{json.dumps(target)},'
            f'"status":{status},"request_time":{took_ms / 1000:.3f},"http_user_agent":{json.dumps(agent)},'
            f'"sid":"{"" if sid == "-" else sid}"}}\n'
        )


def fastly(rows: Rows, zone: ZoneInfo) -> Iterator[str]:
    """Whole seconds of when the request came, and how long it took in microseconds: in quotes, as its templates have it."""
    for end, took_ms, address, agent, method, target, status, sid in lines_of(rows):
        if status < 0:
            yield '{"timestamp": "2025-10-25T1\n'
            continue
        at = datetime.fromtimestamp((end // 1000 - took_ms) // 1000, UTC)
        entry = {"timestamp": f"{at:%Y-%m-%dT%H:%M:%S}+0000", "time_elapsed": str(took_ms * 1000), "client_ip": address,
                 "request_method": method, "url": target, "response_status": status, "request_user_agent": agent,
                 "sid": "" if sid == "-" else sid}  # fmt: skip
        yield json.dumps(entry) + "\n"


def cloudflare(rows: Rows, zone: ZoneInfo) -> Iterator[str]:
    """Nanoseconds, at both ends; it logs cookies only where it is asked to."""
    for end, took_ms, address, agent, method, target, status, _ in lines_of(rows):
        if status < 0:
            yield '{"EdgeEndTimestamp": 17\n'
            continue
        end_ms = end // 1000
        entry = {"EdgeStartTimestamp": (end_ms - took_ms) * 10**6, "EdgeEndTimestamp": end_ms * 10**6,
                 "ClientIP": address, "ClientRequestMethod": method, "ClientRequestURI": target,
                 "EdgeResponseStatus": status, "ClientRequestUserAgent": agent}  # fmt: skip
        yield json.dumps(entry) + "\n"


FORMATS: dict[str, Callable[[Rows, ZoneInfo], Iterator[str]]] = {
    "combined": combined,
    "timed": timed,
    "alb": alb,
    "cloudfront": cloudfront,
    "json": json_lines,
    "fastly": fastly,
    "cloudflare": cloudflare,
}
HEADERS = {
    "cloudfront": "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) "
    "cs-uri-stem sc-status "
    "cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol "
    "cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version "
    "fle-status fle-encrypted-fields\n"
}
