"""What an imported log says of itself: nothing unknown is printed as measured, nothing of a shopper gets out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from doorbuster.importers.imported import Imported
from doorbuster.importers.log.command import LogOptions, import_logs
from doorbuster.importers.log.curve import absent_minutes
from doorbuster.rehearsal.planning import plan_of
from doorbuster.scenario import load_scenario
from doorbuster.vocabulary import JOURNEYS
from tests.importers.conftest import told
from tests.importers.log.conftest import MakeLog, line

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def imported_from(*files: Path, platform: str = "staging", **options: str) -> Imported:
    imported, _ = import_logs([str(file) for file in files], "mine", LogOptions(platform, **options), force=True)  # type: ignore[arg-type]
    return imported


def scenario_line(key: str, section: str = "journeys") -> str:
    text = Path("scenarios/mine.toml").read_text()
    found = re.search(rf"^{key} = .+$", text[text.index(f"[{section}]") :], re.M)
    assert found, key
    return found[0]


def at(moment: datetime) -> str:
    return moment.strftime("%d/%b/%Y:%H:%M:%S +0000")


def test_eleven_minutes_of_a_shop_at_night_are_no_peak_and_show_no_cart(shared: Path) -> None:
    imported = imported_from(shared / "data/zanbil/access_first3000.log", platform="generic")
    assert "11 minutes at night (03:56 to 04:07 on 2019-01-22): that is no peak" in told(imported, "peak")
    assert "no add-to-cart call shows in 547 requests" in told(imported, "journeys")
    for journey in ("cart", "native_checkout", "express_wallet"):
        assert "# assumed: " in scenario_line(journey)
    assert 'window = "all"' in Path("scenarios/mine.toml").read_text()
    assert Path("scenarios/curves/mine.csv").read_text().startswith("time,sessions\n2019-01-22T03:56:00+03:30,9\n")
    page = Path("import-mine.html").read_text()
    assert "11 minutes at night" in page and "no add-to-cart call" in page and "1,093" in page
    assert plan_of(Path("scenarios/mine.toml")).due_us.size > 0


def test_rewritten_times_are_said_on_the_page(shared: Path) -> None:
    imported = imported_from(shared / "data/elastic_logs/apache_logs", platform="generic")
    read = imported.read_rows + sum(one.rows for one in imported.dropped) + imported.bad.count
    assert read == 10_000
    assert "minute :05" in told(imported, "clock")
    page = Path("import-mine.html").read_text()
    assert "minute :05" in page and "line 8899" in page
    assert plan_of(Path("scenarios/mine.toml")).due_us.size > 0


@pytest.mark.parametrize(("form", "session"), [("timed", "cookie:sid"), ("json", "header:sid")])
def test_nothing_of_a_shopper_is_in_any_output(form: str, session: str, made_log: MakeLog) -> None:
    log = made_log(form)
    imported_from(log, session=session)
    text = log.read_text()
    secrets = {
        *re.findall(r"sid[=\":]+ ?\"?(\w{8,})", text),
        *re.findall(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", text),
        *("example.com", "secret", "token123"),
    }
    assert len(secrets) > 3000
    told_all = [path.read_text() for path in Path().rglob("*") if path.suffix in (".toml", ".csv", ".html", ".json")]
    tables = list(Path("analysis").rglob("*.parquet"))
    told_all += [str(pq.read_table(path).to_pydict()) for path in tables if path.is_file()]
    assert len(told_all) >= 8
    for told_one in told_all:
        without_pictures = re.sub(r"base64,[\w+/=]+", "", told_one)
        found = set(re.findall(r"[\w.@-]{7,}", without_pictures)) & (secrets - {"127.0.0.1"})
        assert not found
        assert "@" not in without_pictures.replace("@media", "")
        assert not re.search(r"[?&]\w+=", without_pictures)


def test_a_log_in_lines_that_name_people_shows_only_their_shape(write_log: Write) -> None:
    lines = [line(at(datetime(2025, 11, 28, 20, minute, tzinfo=UTC))) for minute in range(60)] * 5
    imported_from(write_log(*lines, "192.0.2.77 ann@shop.example token=s3cret"))
    page = Path("import-mine.html").read_text()
    assert "line 301: 999.9.9.99 aaa@aaaa.aaaaaaa aaaaa=a9aaaa" in page
    assert "ann@" not in page and "s3cret" not in page and "192.0.2" not in page


def test_wallets_that_look_like_checkouts_are_split_by_a_published_share_and_marked(write_log: Write) -> None:
    def visit(minute: int, targets: list[str]) -> list[str]:
        moment = datetime(2025, 11, 28, 20, minute % 60, tzinfo=UTC)
        return [
            line(at(moment + timedelta(seconds=9 * i)), target, address=f"192.0.2.{minute}")
            for i, target in enumerate(targets)
        ]

    buys = ["/product/lamp/", "/?add-to-cart=7", "/checkout/", "/checkout/order-received/7/"]
    leaves, looks = buys[:3], buys[:1]
    lines = [row for n in range(100) for row in visit(n, buys if n < 20 else leaves if n < 40 else looks)]
    imported = imported_from(write_log(*lines), platform="woocommerce")
    assert imported.mix["buying"].value == pytest.approx(0.20)
    assert "others are rehearsed as carts that leave" in told(imported, "mix")
    scenario = load_scenario(Path("scenarios/mine.toml"))
    assert scenario.journeys.native_checkout + scenario.journeys.express_wallet == pytest.approx(0.20)
    assert (scenario.journeys.cart, scenario.journeys.browse) == pytest.approx((0.20, 0.60))
    assert "# assumed: " in scenario_line("express_wallet") and "# measured: " in scenario_line("cart")


def test_checkouts_that_never_complete_are_said_not_to_be_orders(write_log: Write) -> None:
    steps = ["/product/lamp/", "/?add-to-cart=7", "/checkout/"]
    lines = [
        line(at(datetime(2025, 11, 28, 20, n % 60, 9 * i, tzinfo=UTC)), target, address=f"192.0.2.{n}")
        for n in range(100)
        for i, target in enumerate(steps[: 1 + n % 3])
    ]
    imported = imported_from(write_log(*lines), platform="woocommerce")
    assert "no completing call shows in native_checkout" in told(imported, "mix")


def test_two_years_give_growth_by_journey(write_log: Write) -> None:
    """Looking doubles, buying grows by half: six weeks of November and December in both years."""
    rows = []
    for year, start, looking, buying in ((0, "2024-11-04", 6, 2), (1, "2025-11-03", 12, 3)):
        for day in range(42):
            for visit in range(looking + buying):
                moment = datetime.fromisoformat(f"{start}T10:00:00+00:00") + timedelta(days=day, minutes=20 * visit)
                pages = ["/products/lamp-1"]
                if visit >= looking:
                    pages += ["/carts", "/carts/7/lines", "/carts/7/checkout", "/carts/7/checkout/complete"]
                rows += [
                    line(
                        at(moment + timedelta(seconds=20 * i)), page, method="POST" if i else "GET",
                        address=f"10.{year}.{day}.{visit}",
                    )
                    for i, page in enumerate(pages)
                ]  # fmt: skip
    imported = imported_from(write_log(*rows))
    assert imported.growth["browse"].value == pytest.approx(2.0)
    assert imported.growth["native_checkout"].value == pytest.approx(1.5)
    assert imported.growth["native_checkout"].low is not None
    assert re.search("# measured: . weeks", scenario_line("browse", "traffic.growth"))
    assert "# assumed: " in scenario_line("cart", "traffic.growth")
    assert "counted among native checkouts" in imported.growth["express_wallet"].why
    assert imported.window.why.startswith("the")


def test_the_mix_follows_the_columns_of_the_curve(made_log: MakeLog) -> None:
    imported = imported_from(made_log("timed"), session="cookie:sid")
    header = Path("scenarios/curves/mine.csv").read_text().splitlines()[0]
    assert header == ",".join(["time", "sessions", *JOURNEYS])
    plan = plan_of(Path("scenarios/mine.toml"))
    window = slice(imported.window.first, imported.window.last)
    counted = np.column_stack([imported.curve.counts[journey][window] for journey in JOURNEYS])
    growth = np.array([plan.scenario.traffic.growth_of(journey) for journey in JOURNEYS])
    sent = plan.planned_per_s[1:] * 60 / growth / plan.scenario.traffic.buffer
    # Checkouts that were left are rehearsed as carts: the columns say when, the shares of the scenario how many.
    assert np.abs(sent - counted).sum() < 0.02 * counted.sum()
    assert sent.sum(axis=1) == pytest.approx(counted.sum(axis=1))


def test_mixed_clocks_become_the_one_of_most_lines(write_log: Write) -> None:
    clocks = [("20", "+0100"), ("20", "+0100"), ("19", "+0000")]
    lines = [
        line(f"28/Nov/2025:{hour}:{n % 60:02d}:00 {zone}", address=f"192.0.2.{n}")
        for n in range(120)
        for hour, zone in [clocks[n % 3]]
    ]
    imported = imported_from(write_log(*lines))
    assert imported.curve.clock == "UTC+01:00, which most lines are on"
    assert told(imported, "clock").count("\n") < 3


@pytest.mark.parametrize("of_ten", [5, 7, 9])
def test_a_constant_mixture_of_two_clocks_is_said_with_their_lines(write_log: Write, of_ten: int) -> None:
    """Every minute has more lines of the one clock than of the other: by minutes there is only one."""
    lines = [
        line(f"28/Nov/2025:{hour}:{n % 60:02d}:0{server} {zone}", address=f"192.0.{server}.{n}")
        for n in range(60)
        for server in range(10)
        for hour, zone in [("18", "+0100") if server < of_ten else ("12", "-0500")]
    ]
    imported = imported_from(write_log(*lines))
    assert f"mixes clocks ({600 - 60 * of_ten:,} lines at UTC-05:00 and {60 * of_ten:,}" in told(imported, "clock")
    assert imported.curve.clock.endswith("which most lines are on")
    assert "mixes clocks" in Path("import-mine.html").read_text()


def test_where_a_fifth_of_the_paths_is_unknown_no_moves_are_measured(shared: Path) -> None:
    imported = imported_from(shared / "data/elastic_logs/apache_logs", platform="generic")
    assert not imported.moves and "[shopper.moves" not in Path("scenarios/mine.toml").read_text()
    assert "where browsing goes on cannot be told" in told(imported, "pages")


def test_slow_crawlers_that_cannot_be_told_are_said(write_log: Write) -> None:
    evening = datetime(2025, 11, 28, 18, tzinfo=UTC)
    shoppers = [
        line(at(evening + timedelta(seconds=20 * n)), address=f"192.0.{n // 250}.{n % 250}") for n in range(300)
    ]
    crawler = [
        line(at(evening + timedelta(seconds=20 * n)), f"/products/lamp-{n}", address="198.51.100.1") for n in range(120)
    ]
    imported = imported_from(write_log(*shoppers, *crawler))
    assert "29% of the requests are of sessions without a cart of 100 pages or more (1 " in told(imported, "bots")
    assert "scroll it sideways" in Path("import-mine.html").read_text()  # its table of answers is wider than a phone
    assert "without a cart" not in told(imported_from(write_log(*shoppers, *crawler[:99])))


def test_quiet_minutes_are_zero_and_holes_are_absent() -> None:
    busy = np.full(200, 50)
    busy[90:100] = 0
    assert absent_minutes(busy, busy).nonzero()[0].tolist() == list(range(90, 100))
    quiet = np.tile([0, 1, 0, 2], 500)
    assert not absent_minutes(quiet, quiet).any()
    two_years = np.concatenate([quiet, np.zeros(500_000, dtype=int), quiet])
    assert absent_minutes(two_years, two_years).sum() >= 500_000


@pytest.mark.parametrize("a_minute", [0.5, 2.0, 5.0, 9.0])
def test_visitors_who_bring_many_lines_each_make_no_minute_absent(a_minute: float) -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        starts = rng.poisson(a_minute, 1440)
        pages = starts + rng.binomial(np.roll(starts, 1), 0.6)
        assert not absent_minutes(15 * pages, starts).any()
        starts[600:612] = pages[600:612] = 0
        if a_minute >= 2:
            found = absent_minutes(15 * pages, starts)
            assert found[600:612].all() and found.sum() < 18


def test_a_mailing_every_ten_minutes_leaves_quiet_minutes_between() -> None:
    starts = np.tile([40, *[0] * 9], 100)
    assert not absent_minutes(starts, starts).any()


def test_a_line_of_another_century_does_not_move_the_last_year(write_log: Write) -> None:
    evening = datetime(2025, 11, 28, 18, tzinfo=UTC)
    lines = [line(at(evening + timedelta(minutes=n // 10)), address=f"192.0.{n // 250}.{n % 250}") for n in range(2000)]
    lost = [line(at(datetime(year, 1, 1, tzinfo=UTC))) for year in (1999, 2035)]
    imported = imported_from(write_log(lost[0], *lines, lost[1]))
    assert "2 lines from 1999-01-01 00:00 (UTC) to 2035-01-01 00:00 are a month or more" in told(imported, "clock")
    assert imported.curve.count.size == 200 and not np.isnan(imported.curve.count).any()
