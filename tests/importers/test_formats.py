"""Each export that a shop may have, with the trap that it is known for."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from doorbuster.errors import ImportFileError
from doorbuster.importers.field_map import shipped_formats
from tests.importers.conftest import SAMPLES, Read, told


def test_shopify_hours_with_their_total_row_offsets_and_funnel(sample: Read) -> None:
    imported = sample("shopify-hours.csv")
    assert imported.source.startswith("Shopify analytics CSV")
    assert (imported.curve.step_s, imported.read_rows, imported.curve.leading) == (3600, 97, "sessions")
    assert [one.what for one in imported.dropped] == ["total rows"]
    # The night of 2 November has 01:00 twice, once at -04:00 and once at -05:00: four days are 97 hours.
    assert np.isnan(imported.curve.count).sum() == 0
    assert "the hour that comes twice is two" in told(imported, "clock")
    assert imported.mix["buying"].sure == "measured"
    assert imported.mix["buying"].value == pytest.approx(0.03, abs=0.002)
    assert imported.mix["cart"].value == pytest.approx(0.05, abs=0.002)


def test_shopifys_midnight_cut_is_named_and_measured(sample: Read) -> None:
    said = told(sample("shopify-hours.csv"), "midnight")
    assert "midnight UTC" in said
    assert "19:00 or 20:00" in said
    assert "2.09 times the mean of its neighbours" in said
    assert "the chosen peak holds that step" in said


def test_shopifyql_names_are_the_same_columns(sample: Read) -> None:
    imported = sample("shopifyql.csv")
    assert imported.source.startswith("Shopify analytics CSV")
    assert {"sessions", "cart_sessions", "buying_sessions"} <= set(imported.curve.counts)
    # The comparison with the year before is another column, not half as many sessions.
    assert imported.curve.count[0] == 188


def test_an_order_on_several_lines_counts_once(sample: Read) -> None:
    imported = sample("shopify-orders.csv")
    assert imported.curve.leading == "orders"
    assert imported.read_rows == 40
    assert np.nansum(imported.curve.count) == 40
    assert imported.dropped[0].rows == 10


def test_invoices_leave_out_cancellations_and_further_items(sample: Read) -> None:
    imported = sample("invoices.csv")
    assert imported.read_rows == 200
    assert {one.what: one.rows for one in imported.dropped} == {"further lines of an order": 160, "cancellations": 40}


def test_ga4_report_numbers_its_days_from_a_date_in_a_comment(sample: Read) -> None:
    imported = sample("ga4-report.csv")
    assert imported.source.startswith("GA4 report CSV")
    assert imported.curve.step_s == 86400
    assert "busiest day: 2025-11-28 (Fri), 3,450 sessions" in told(imported, "peak")
    assert "other tables in the file, not read: 1" in told(imported)


def test_ga4_exploration_does_not_count_its_grand_total(sample: Read) -> None:
    imported = sample("ga4-exploration.csv")
    assert imported.source.startswith("GA4 exploration CSV")
    assert {one.what for one in imported.dropped} == {"total rows", "rows without a time of their own"}
    assert np.nansum(imported.curve.count) == 12296
    assert "144 rows over 72 times" in told(imported)  # by device, added up


def test_ga4s_one_row_for_the_doubled_hour_is_spread_over_two(sample: Read) -> None:
    imported = sample("ga4-exploration.csv", timezone="America/New_York")
    assert imported.curve.count.size == 73
    assert np.nansum(imported.curve.count) == 12296
    assert imported.curve.count[25] == imported.curve.count[26]
    assert "spread evenly" in told(imported, "clock")


def test_an_export_that_was_cut_does_not_add_up_to_its_own_total(read: Read) -> None:
    text = (SAMPLES / "ga4-exploration.csv").read_text().splitlines()
    imported = read("\n".join(text[:60]) + "\n")
    assert "the export's own total says" in told(imported, "read")


def test_prometheus_strings_nan_and_several_series(sample: Read) -> None:
    imported = sample("prometheus.json")
    assert imported.curve.leading == "requests"  # from the metric's name
    counts = imported.curve.count
    assert np.isnan(counts[9])  # NaN in both
    assert counts[5] == pytest.approx(60 * 3 * (2 + np.sin(5 / 9)), rel=1e-5)  # NaN in one
    assert counts[0] == pytest.approx(60 * 8)  # a rate a second, both added up
    assert "a rate a second" in told(imported, "unit")
    assert "2 series were added up" in told(imported)
    assert sample("prometheus.json", per="step").curve.count[0] == pytest.approx(8)


def test_a_raw_prometheus_counter_is_what_it_grew_by(sample: Read) -> None:
    imported = sample("prometheus-counter.json")
    assert imported.curve.leading == "sessions"
    assert np.isnan(imported.curve.count[0])
    assert imported.curve.count[1] == 120
    assert imported.curve.count[30] == 40  # a restart: it grew from zero
    assert "raw counters" in told(imported, "unit")


def test_grafanas_units_in_cells(sample: Read) -> None:
    imported = sample("grafana-formatted.csv")
    assert imported.curve.leading == "requests"  # the cells say req/s
    assert imported.curve.count[0] == pytest.approx(60 * (2 * 3 + 800))
    assert np.isnan(imported.curve.count[7])  # undefined


def test_grafanas_raw_milliseconds(sample: Read) -> None:
    imported = sample("grafana-raw.csv")
    assert imported.curve.leading == "sessions"  # from the series' name
    assert imported.curve.start_s[0] == 1764360000
    assert imported.curve.count[0] == 60
    assert "whole numbers" in told(imported, "unit")


def test_a_latency_panel_is_no_count(read: Read) -> None:
    lines = "\n".join(f"2025-11-28 20:{m:02d}:00,{m + 3} ms" for m in range(30))
    with pytest.raises(ImportFileError, match="times or sizes"):
        read(f'sep=,\n"Time","checkout p95"\n{lines}\n', as_="requests")


def test_plain_minutes_keep_absent_apart_from_zero(sample: Read) -> None:
    imported = sample("plain.csv")
    assert int(np.isnan(imported.curve.count).sum()) == 3
    assert imported.curve.count[60] == 0
    assert "3 of 62 steps of 1 min are absent, not zero" in told(imported, "absent")


def test_a_field_map_reads_what_is_not_known(sample: Read) -> None:
    imported = sample("kasse.csv", field_map=SAMPLES / "kasse.toml")
    assert imported.curve.leading == "orders"
    assert imported.curve.count[0] == 1000  # 1.000 with a dot for the thousand
    assert imported.curve.start_s[0] == 1761256800  # 24 October 2025 00:00 in Berlin
    assert imported.conversion is not None
    assert (imported.conversion.value, imported.conversion.sure) == (0.5, "given")


def test_a_thousand_or_one_and_a_bit_is_asked(read: Read) -> None:
    lines = "\n".join(f"2025-11-28 20:{m:02d}:00;1.{m:03d}" for m in range(30))
    for separator in (";", ","):
        with pytest.raises(ImportFileError, match="a thousand or one and a bit"):
            read(f"time;sessions\n{lines}\n".replace(";", separator))


def test_what_is_counted_is_never_guessed(read: Read) -> None:
    lines = "\n".join(f"2025-11-28 20:{m:02d}:00,{m}" for m in range(30))
    with pytest.raises(ImportFileError, match="--as sessions, --as orders or --as requests"):
        read(f"time,value\n{lines}\n")
    assert read(f"time,value\n{lines}\n", as_="orders").curve.leading == "orders"
    with pytest.raises(ImportFileError, match="its column counts orders"):
        read(f"time,orders\n{lines}\n", as_="sessions")


def test_orders_and_requests_become_sessions_by_a_stated_figure(read: Read) -> None:
    lines = "\n".join(f"2025-11-28 20:{m:02d}:00,37" for m in range(30))
    orders = read(f"time,value\n{lines}\n", as_="orders")
    assert orders.conversion is not None
    assert orders.conversion.sure == "assumed"
    assert orders.sessions_per_count == pytest.approx(1 / 0.036)
    given = read(f"time,value\n{lines}\n", as_="orders", conversion=0.02)
    assert given.sessions_per_count == pytest.approx(50)
    requests = read(f"time,value\n{lines}\n", as_="requests")
    assert requests.requests_per_session is not None
    assert requests.requests_per_session.sure == "assumed"
    assert requests.sessions_per_count == pytest.approx(1 / 18.5)
    with pytest.raises(ImportFileError, match="--conversion makes sessions of orders"):
        read(f"time,value\n{lines}\n", as_="requests", conversion=0.02)


@pytest.mark.parametrize("encode", ["utf-8-sig", "utf-16", "gzip"])
def test_packed_and_marked_files_read_alike(encode: str, read: Read) -> None:
    text = (SAMPLES / "plain.csv").read_text()
    packed = gzip.compress(text.encode()) if encode == "gzip" else text.encode(encode)
    assert np.array_equal(read(packed).curve.count, read(text).curve.count, equal_nan=True)


@pytest.mark.parametrize(
    ("time", "second"),
    [
        ("2025-11-28T20:00:00Z", 1764360000),
        ("2025-11-28 15:00:00 -0500", 1764360000),
        ("2025-11-28 20:00:00 UTC", 1764360000),
        ("1764360000", 1764360000),
        ("1764360000.123", 1764360000),
        ("1764360000123", 1764360000),
        ("1764360000123456", 1764360000),
        ("1764360000123456789", 1764360000),
        ("202511282000", 1764360000),
        ("2025112820", 1764360000),
        ("2025/11/28 20:00", 1764360000),
        ("28/11/2025 20:00", 1764360000),
        ("11/28/2025 8:00 PM", 1764360000),
        ("28.11.2025 20:00:00", 1764360000),
        ('"Nov 28, 2025, 8:00 PM"', 1764360000),
        ("28 November 2025 20:00", 1764360000),
    ],
)
def test_times_as_tools_write_them(time: str, second: int, read: Read) -> None:
    imported = read(f"time,sessions\n{time},5\n2025-11-28T20:01:00Z,6\n2025-11-28T20:02:00Z,6\n", timezone="UTC")
    assert imported.curve.start_s[0] == second


def test_a_date_that_could_be_two_is_asked(read: Read) -> None:
    with pytest.raises(ImportFileError, match="day first or month first"):
        read("date,sessions\n03/11/2025,5\n04/12/2025,6\n")
    assert read("date,sessions\n03/11/2025,5\n04/11/2025,6\n05/11/2025,6\n").curve.step_s == 86400


def test_every_shipped_format_has_a_sample() -> None:
    from doorbuster.importers.recognise import looks_like

    seen = {found.title for path in SAMPLES.iterdir() if (found := looks_like(path.read_text(errors="replace")))}
    assert seen == {known.title for known in shipped_formats()}


def test_prometheus_answers_that_are_no_range(read: Read) -> None:
    for answer, says in (
        ({"status": "error", "error": "token=secret"}, "answered an error"),
        ({"status": "success", "data": {"resultType": "vector", "result": []}}, "not a range"),
        ({"status": "success", "data": {"resultType": "matrix", "result": []}}, "no series"),
        (
            {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "histograms": []}]}},
            "histograms",
        ),
        ({"rows": []}, "no answer of Prometheus"),
    ):
        with pytest.raises(ImportFileError, match=says) as refused:
            read(json.dumps(answer), "answer.json", as_="requests")
        assert "secret" not in str(refused.value)
    with pytest.raises(ImportFileError, match="not valid JSON"):
        read('{"status": "success", "data": {"resul', "answer.json")


def test_a_panels_own_total_is_not_added_to_its_parts(read: Read) -> None:
    lines = [f"2025-11-28 20:{m:02d}:00,{m + 10} req/s,{3 * m + 20} req/s,{4 * m + 30} req/s" for m in range(30)]
    imported = read('sep=,\n"Time","cart","browse","everything"\n' + "\n".join(lines) + "\n")
    assert imported.curve.count[0] == 30 * 60
    assert "2 columns were added up" in told(imported, "read")


def test_an_export_appended_to_itself_counts_once(read: Read) -> None:
    text = (SAMPLES / "ga4-exploration.csv").read_text()
    once = read(text)
    twice = read(text + "\n".join(text.splitlines()[8:]) + "\n")
    assert np.nansum(twice.curve.count) == np.nansum(once.curve.count)
    assert ("rows that are there twice", 144) in [(one.what, one.rows) for one in twice.dropped]


def test_rows_without_a_count_are_events_and_regular_ones_are_a_mistake(read: Read) -> None:
    times = ["2025-11-28 20:00:13", "2025-11-28 20:00:45", "2025-11-28 20:02:01", "2025-11-28 20:02:30"]
    imported = read("created_at\n" + "\n".join(times) + "\n", as_="orders")
    assert imported.curve.count.tolist() == [2, 0, 2]
    assert "each row is taken as one of the orders" in told(imported, "unit")
    regular = [f"2025-11-28 20:{m:02d}:00,lots" for m in range(30)]
    with pytest.raises(ImportFileError, match="no column holds counts"):
        read("time,visitors\n" + "\n".join(regular) + "\n", as_="sessions")


def test_ga4_with_date_and_hour_in_two_columns_and_hours_numbered(read: Read) -> None:
    head = "# ----\n# Start date: 20251128\n# End date: 20251128\n"
    two = read(head + "Date,Hour,Sessions\n" + "".join(f"20251128,{hour},{hour + 5}\n" for hour in range(24)))
    numbered = read(head + "Nth hour,Sessions\n" + "".join(f"{hour:04d},{hour + 5}\n" for hour in range(24)))
    for imported in (two, numbered):
        assert imported.curve.start_s[0] == 1764288000
        assert imported.curve.count.tolist() == list(range(5, 29))
