"""What real logs do to importers, one case each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.refusals import LogError
from doorbuster.importers.log.result import LogImport
from tests.importers.log.conftest import line

Write = Callable[..., Path]
CLOUDFRONT = (
    "#Version: 1.0",
    "#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent) cs-uri-query cs(Cookie) time-taken",
)


def about(log: LogImport, subject: str) -> str:
    return " ".join(finding.sentence for finding in log.findings if finding.about == subject)


def starts(log: LogImport) -> dict[int, int]:
    return {row["minute"]: row["sessions"] for row in log.minutes.to_pylist() if row["sessions"]}


def test_a_trailing_field_and_a_truncated_line_do_not_empty_the_log(write_log: Write) -> None:
    good = [line(f"25/Nov/2025:20:{m:02d}:00 +0100", tail=' "-" "x" extra') for m in range(60)]
    log = import_log([write_log(*good * 4, line()[:70])], "staging")
    assert (log.read.kept, log.read.bad.count, log.read.bad.examples[0][0]) == (240, 1, 241)


def test_an_escaped_quote_in_the_agent_or_the_address_asked_for(write_log: Write) -> None:
    odd = line(agent='Phone \\"X\\" Firefox/1'), line(target='/products/a\\"b'), line(agent="ends in \\\\")
    log = import_log([write_log(*odd)], "staging")
    assert (log.read.kept, log.read.bad.count, log.funnel["product"]) == (3, 0, 3)


def test_a_request_begins_its_request_time_before_the_line_says(write_log: Write) -> None:
    log = import_log([write_log(line("25/Nov/2025:20:01:10 +0100", tail=" 75.500"))], "staging")
    assert starts(log) == {1764097140: 1}  # 19:59:54.5
    assert log.answers["bucket_us"].to_pylist()[0] == pytest.approx(75.5e6, rel=0.008)


def test_a_request_that_began_before_the_first_line_is_no_hole_and_no_change_of_clocks(write_log: Write) -> None:
    lines = [
        line(f"25/Nov/2025:20:{m:02d}:01 +0100", address=f"10.0.{m}.{n}", tail=" 0.120")
        for m in range(60)
        for n in range(9)
    ]
    slow = line("25/Nov/2025:20:00:01 +0100", tail=" 75.500")
    log = import_log([write_log(slow, *lines)], "staging")
    assert log.minutes.num_rows == 62 and set(log.minutes["offset_min"].to_pylist()) == {60}
    assert {finding.about for finding in log.findings}.isdisjoint({"clock", "gaps"})


def test_epoch_seconds_are_not_blurred(write_log: Write) -> None:
    """A FLOAT holds 24 bits: at this date its steps are 128 seconds."""
    lines = [line(f"25/Nov/2025:20:{m:02d}:59 +0100", address=f"192.0.2.{m}", tail=" 0.001") for m in range(60)]
    log = import_log([write_log(*lines)], "staging")
    assert set(starts(log).values()) == {1} and len(starts(log)) == 60


def test_the_hour_that_dst_repeats_is_two_hours(write_log: Write) -> None:
    twice = [
        line(f"26/Oct/2025:02:{m:02d}:00 {zone}", address=f"192.0.{i}.{m}")
        for i, zone in enumerate(("+0200", "+0100"))
        for m in range(60)
    ]
    log = import_log([write_log(*twice)], "staging")
    assert len(starts(log)) == 120 and set(log.minutes["offset_min"].to_pylist()) == {120, 60}
    assert "came twice is two hours" in about(log, "clock")


def test_the_hour_that_dst_skips_is_none(write_log: Write) -> None:
    before = [line(f"30/Mar/2025:01:{m:02d}:00 +0100", address=f"192.0.2.{m}") for m in range(60)]
    after = [line(f"30/Mar/2025:03:{m:02d}:00 +0200", address=f"192.0.3.{m}") for m in range(60)]
    log = import_log([write_log(*before, *after)], "staging")
    assert log.minutes.num_rows == 120 and "skipped is none" in about(log, "clock")
    assert "gaps" not in {finding.about for finding in log.findings}


def test_servers_in_two_zones_are_one_clock(write_log: Write) -> None:
    mixed = [line(f"25/Nov/2025:{h}:{m:02d}:00 {z}") for m in range(30) for h, z in (("20", "+0100"), ("19", "+0000"))]
    log = import_log([write_log(*mixed)], "staging")
    assert log.sessions == 1 and log.minutes.num_rows == 30
    assert "mixes clocks" in about(log, "clock") or len(log.offsets) == 2


def test_a_time_zone_of_the_shop_for_a_log_in_utc(write_log: Write) -> None:
    log = import_log([write_log(line("25/Nov/2025:20:00:00 +0000"))], "staging", timezone="America/New_York")
    assert log.minutes["offset_min"].to_pylist() == [-300]


def test_a_night_without_lines_is_absent_and_not_quiet(write_log: Write) -> None:
    busy = [
        line(f"25/Nov/2025:{h}:{m:02d}:{s:02d} +0100", address=f"10.{h}.{m}.{s}")
        for h in (20, 22) for m in range(60) for s in range(10)
    ]  # fmt: skip
    log = import_log([write_log(*busy)], "staging")
    assert "60 minutes have no line" in about(log, "gaps") and "2025-11-25 21:00" in about(log, "gaps")


def test_several_files_out_of_order_packed_or_not_count_as_one(write_log: Write, tmp_path: Path) -> None:
    lines = [line(f"25/Nov/2025:20:{m:02d}:00 +0100") for m in range(40)]
    whole = import_log([write_log(*lines, name="whole.log")], "staging")
    write_log(*lines[30:], name="part.log")
    with gzip.open(tmp_path / "part.log.2.gz", "wt") as packed:
        packed.write("\n".join(reversed(lines[:15])) + "\n")
    with pa.output_stream(str(tmp_path / "part.log.1.zst"), compression="zstd") as out:
        out.write(("\n".join(lines[15:30]) + "\n").encode())
    parts = import_log([tmp_path / "part.log*", tmp_path / "part.log"], "staging")
    assert (parts.sessions, parts.read.lines, parts.read.kept) == (whole.sessions, 40, 40) == (1, 40, 40)
    assert len(parts.files) == 3 and parts.thinks == whole.thinks


def test_a_packed_file_that_ends_in_the_middle(write_log: Write, tmp_path: Path) -> None:
    plain = write_log(
        *[line(f"25/Nov/2025:20:00:{s:02d} +0100", address=f"10.1.{m}.{s}") for s in range(60) for m in range(50)]
    )
    packed = gzip.compress(plain.read_bytes())
    (tmp_path / "cut.log.gz").write_bytes(packed[: len(packed) * 3 // 4])
    log = import_log([tmp_path / "cut.log.gz"], "staging")
    assert 0 < log.read.kept < 3000 and "ends in the middle" in about(log, "files")


def test_a_slug_in_capitals_or_percent_encoded_is_the_same_product(write_log: Write) -> None:
    spelt = ("café-1", "CAF%C3%89-1", "caf%c3%a9-1", "caf%C3%A9%2D1?ref=x")
    log = import_log([write_log(*(line(target=f"/products/{slug}") for slug in spelt))], "staging")
    assert log.products.to_pylist() == [{"slug": "café-1", "views": 4}]


def test_a_cubot_is_a_phone_and_a_bot_is_not(write_log: Write) -> None:
    agents = ("Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/99", "Googlebot/2.1", "CUBOT Googlebot/2.1", "robot")
    log = import_log([write_log(*(line(agent=agent) for agent in agents))], "staging")
    assert log.read.kept == 1 and [(d.what, d.rows) for d in log.read.dropped] == [("bots", 3)]


def test_a_crawler_in_browser_clothes(write_log: Write) -> None:
    people = [
        line(f"25/Nov/2025:20:{m:02d}:00 +0100", target, address=f"192.0.2.{m}")
        for m in range(30) for target in ("/products/a", "/assets/app.js")
    ]  # fmt: skip
    crawler = [line(f"25/Nov/2025:20:{m:02d}:30 +0100", f"/products/{m}", address="198.51.100.9") for m in range(30)]
    log = import_log([write_log(*people, *crawler)], "staging")
    assert log.sessions == 30 and "crawlers in browser clothes" in about(log, "bots")


def test_a_first_hit_without_the_cookie_is_the_same_session(write_log: Write) -> None:
    lines = [
        line(f"25/Nov/2025:20:{m:02d}:{s:02d} +0100", address="192.0.2.1", tail=f' "{cookie}"')
        for m in range(10) for s, cookie in ((0, "-"), (5, f"theme=dark; sid=v{m}"), (20, f"sid=v{m}"))
    ]  # fmt: skip
    log = import_log([write_log(*lines)], "staging", session="cookie:sid")
    assert log.sessions == 10 and log.session.first_hits_stitched == 10
    by_address = import_log([write_log(*lines)], "staging")
    assert by_address.sessions == 1 and "too few sessions" in about(by_address, "sessions")


def test_a_cookie_that_the_log_does_not_hold_is_refused(write_log: Write) -> None:
    with pytest.raises(LogError, match="holds the cookie sid"):
        import_log([write_log(line())], "staging", session="cookie:sid")


def test_thirty_idle_minutes_end_a_session_and_the_limit_can_be_set(write_log: Write) -> None:
    path = write_log(*(line(f"25/Nov/2025:{t}:00 +0100") for t in ("20:00", "20:30", "21:01")))
    assert import_log([path], "staging").sessions == 2
    assert import_log([path], "staging", idle_s=3600).sessions == 1


def test_a_load_balancer_in_front_hides_nobody(write_log: Write) -> None:
    lines = [line(address="10.0.0.1", tail=f' "203.0.113.{n}, 10.0.0.1"') for n in range(9)]
    assert import_log([write_log(*lines)], "staging").sessions == 9


def test_alb_may_append_fields(write_log: Write) -> None:
    head = 'h2 2025-11-25T19:00:10.250000Z app/x/1 192.0.2.7:1 10.0.0.1:80 0.001 2.000 0.000 200 200 1 2 "GET https://s:443/products/a?q HTTP/2.0" "Firefox" - -'
    path = write_log(
        f'{head} arn "Root=1" "s" "c" 0 2025-11-25T19:00:08Z "forward" "-" "-" "new" "newer"',
        head.replace(" 2.000", " -1"),
    )
    log = import_log([path], "staging")
    assert log.funnel == {"product": 1} and starts(log) == {1764097200: 1}
    known = {row["bucket_us"] for row in log.answers.to_pylist()}
    assert None in known and len(known) == 2


def test_cloudfront_is_tabs_utc_and_in_no_order(write_log: Write) -> None:
    def row(at: str, cookie: str) -> str:
        return "\t".join(("2025-11-25", at, "192.0.2.1", "GET", "/products/a", "200", "Fire%20fox", "-", cookie, "0.1"))

    path = write_log(*CLOUDFRONT, row("19:20:00", "a=1;%20sid=z"), row("19:00:00", "sid=z"), row("19:10:00", "sid=z"))
    log = import_log([path], "staging", session="cookie:sid")
    assert log.sessions == 1 and log.read.blank == 2 and starts(log) == {1764097140: 1}


def test_a_cookie_with_a_name_that_looks_like_an_expression(write_log: Write) -> None:
    row = ("2025-11-25", "19:00:00", "192.0.2.1", "GET", "/products/a", "200", "Firefox", "-", "a(b=z", "0.1")
    log = import_log([write_log(*CLOUDFRONT, "\t".join(row))], "staging", session="cookie:a(b")
    assert log.sessions == 1


FASTLY = {"client_ip": "192.0.2.1", "request_method": "GET", "url": "/products/a?q=1", "response_status": 200, "request_user_agent": "Firefox"}  # fmt: skip
CLOUDFLARE = {"ClientIP": "192.0.2.1", "ClientRequestMethod": "GET", "ClientRequestURI": "/products/a?q=1", "EdgeResponseStatus": 200, "ClientRequestUserAgent": "Firefox"}  # fmt: skip
NGINX = {"remote_addr": "192.0.2.1", "request": "GET /products/a HTTP/1.1", "status": "200", "http_user_agent": "Firefox"}  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "took_us"),
    [
        # Fastly: a timestamp is when the request came, the time taken is microseconds and often in quotes.
        (FASTLY | {"timestamp": "2025-11-25T18:59:50+0000", "time_elapsed": 10_000_000}, 10e6),
        (FASTLY | {"timestamp": "2025-11-25T18:59:50", "time_elapsed": "10000000"}, 10e6),
        # An older template of theirs: milliseconds at both ends, and `request` is the method alone.
        ({key: value for key, value in FASTLY.items() if key != "request_method"}
         | {"time_start": 1764097199500, "time_end": 1764097200000, "time_elapsed": 500_000, "request": "GET"}, 500_000),
        # Cloudflare's three ways to write a time.
        (CLOUDFLARE | {"EdgeStartTimestamp": 1764097199500000000, "EdgeEndTimestamp": 1764097200000000000}, 500_000),
        (CLOUDFLARE | {"EdgeStartTimestamp": 1764097199, "EdgeEndTimestamp": 1764097200}, 1e6),
        (CLOUDFLARE | {"EdgeStartTimestamp": "2025-11-25T18:59:58Z", "EdgeEndTimestamp": "2025-11-25T19:00:00Z"}, 2e6),
        # Home-made: text for numbers; a request line; the time in the log's own clothes.
        (NGINX | {"msec": "1764097200.000", "request_time": "0.250"}, 250_000),
        (NGINX | {"timestamp": "2025-11-25T20:00:00+01:00", "url": "/products/a"}, None),
        ({"time_local": "25/Nov/2025:20:00:00 +0100", "ip": "192.0.2.1", "method": "get", "path": "/products/a", "status": 200, "agent": "Firefox"}, None),
    ],
)  # fmt: skip
def test_json_lines_of_every_make(write_log: Write, entry: dict[str, object], took_us: float | None) -> None:
    log = import_log([write_log(json.dumps(entry))], "staging")
    [answer] = log.answers.to_pylist()
    assert answer["step"] == "product" and log.last_us == 1764097200_000000
    assert answer["bucket_us"] == (None if took_us is None else pytest.approx(took_us, rel=0.008))


def test_json_lines_by_a_map_of_ones_own(write_log: Write, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'time = ["t"]\naddress = ["i"]\ntarget = ["p"]\nstatus = ["s"]\nagent = ["ua"]\ntook = ["ms"]\ntook_unit = "ms"\n'
    )
    entry = {"t": "2025-11-25 20:00:00", "i": "192.0.2.1", "p": "/products/a", "s": 200, "ua": "Firefox", "ms": 7}
    path = write_log(json.dumps(entry))
    log = import_log([path], "staging", field_map=str(tmp_path / "mine.toml"), timezone="Europe/Madrid")
    assert log.last_us == 1764097200_000000 and log.funnel == {"product": 1}
    with pytest.raises(LogError, match="no field map knows their keys"):
        import_log([path], "staging")


def test_above_one_bad_line_in_a_hundred_the_import_stops_and_says_what_the_file_looks_like(write_log: Write) -> None:
    path = write_log(*[line()] * 197, "nonsense 42", "nonsense 43", "nonsense 44")
    with pytest.raises(LogError, match=r"3 of 200 lines are bad.*nginx or Apache combined.*line 198: aaaaaaaa 99"):
        import_log([path], "staging")


@pytest.mark.parametrize(
    "text", ["", "\n\n", "time,sessions\n2025,1\n", "\x00\x01\x02", "{}\n", "#Version: 1.0\n#Fields: date time\n"]
)
def test_a_file_that_is_no_log_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.log").write_text(text)
    with pytest.raises(LogError, match=r"x\.log|no lines"):
        import_log([tmp_path / "x.log"], "staging")


def test_a_log_of_crawlers_alone_is_refused(write_log: Write) -> None:
    with pytest.raises(LogError, match="came from crawlers"):
        import_log([write_log(*[line()] * 40)], "staging")


def test_a_packed_log_without_its_ending(tmp_path: Path) -> None:
    (tmp_path / "access.log.3").write_bytes(gzip.compress(f"{line()}\n".encode()))
    assert import_log([tmp_path / "access.log.3"], "staging").read.kept == 1


def test_a_log_of_bots_alone_is_refused(write_log: Write) -> None:
    with pytest.raises(LogError, match="no shopper's request"):
        import_log([write_log(*[line(agent="Googlebot")] * 3)], "staging")
