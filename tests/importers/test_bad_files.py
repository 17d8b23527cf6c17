"""Files that are not what they should be: one sentence, nothing written, nobody's address shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from doorbuster.errors import ImportFileError
from doorbuster.importers.series import SeriesOptions, import_series
from tests.importers.conftest import SAMPLES, Read, rows, told

SECRETS = ("ann@shop.example", "203.0.113.77", "eyJhbGciOi.tok-en_1", "4111111111111111")


def long_file(bad: dict[int, str], of: int = 1000) -> str:
    """Minutes of a day, some lines replaced; line 1 is the header."""
    text = rows("2025-11-28 00:00:00", 60, [50.0] * of).splitlines()
    for line, words in bad.items():
        text[line - 1] = words
    return "\n".join(text) + "\n"


def test_bad_lines_are_counted_with_five_examples_and_line_numbers(read: Read) -> None:
    bad = {
        10: "yesterday,5",
        20: "2025-11-28 00:18:00,many",
        30: "2025-11-28 00:28:00",
        40: ",7",
        50: "2025-11-28 00:48:00,-3",
        60: "99,99,99",
    }
    imported = read(long_file(bad))
    assert (imported.bad.count, imported.bad.of) == (6, 1000)
    assert imported.bad.examples == (
        (10, "aaaaaaaaa is no time"),
        (20, "aaaa is no count"),
        (30, "1 cells where the header has 2"),
        (40, "has no time"),
        (50, "-9 is no count"),
    )


def test_above_one_percent_the_import_stops_and_says_what_the_file_looks_like(read: Read) -> None:
    ten = {100 + n: "x,y" for n in range(10)}
    assert read(long_file(ten)).bad.count == 10
    eleven = {**ten, 500: "x,y"}
    with pytest.raises(ImportFileError) as refused:
        read(long_file(eleven))
    assert "11 of 1,000 lines are bad (line 100: a is no time" in str(refused.value)
    assert "it looks like plain CSV" in str(refused.value)
    # Under the wrong field map the sentence names the right format.
    wrong = SAMPLES.parent / "samples/kasse.toml"
    with pytest.raises(ImportFileError, match="no column of times"):
        read((SAMPLES / "shopify-hours.csv").read_text(), field_map=wrong)


def test_a_wrong_time_format_names_the_format_that_fits(read: Read, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('title = "ours"\ntime = ["sessions"]\n[counts]\nsessions = ["hour"]\n')
    with pytest.raises(ImportFileError, match="read as ours, it looks like Shopify analytics CSV"):
        read((SAMPLES / "shopify-hours.csv").read_text(), field_map=wrong)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"PK\x03\x04xxxxxx", "spreadsheet"),
        (b"%PDF-1.7", "PDF"),
        (b"PAR1xxxx", "Parquet"),
        (b"\x1f\x8b\x08broken", "cannot be read"),
        (b"\0\1\2\3" * 100, "no text"),
        (b'1.2.3.4 - - [28/Nov/2025:20:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "x"\n', "an access log; use doorbuster import log"),
        (b"timeStamp,elapsed,label\n1,2,x\n", "JMeter"),
        (b"metric_name,timestamp,metric_value\n", "k6"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"hello\nworld\n", "no format known here"),
        (b"time,sessions\n", "no rows"),
        (b"time,sessions\n2025-11-28 20:00:00,5\n", "one row is no curve"),
        (b"time,sessions\n2025-11-28 20:00:00,0\n2025-11-28 20:01:00,0\n", "counts nothing at all"),
        (b"time,sessions\n2025-01-01,5\n2025-02-01,5\n2025-03-01,5\n", "covers 28 days|covers 31 days"),
        (b"time,sessions\n2025-11-28 20:00:00,5\n2025-11-28 20:00:01,5\n2025-11-28 20:00:02,5\n2099-11-28 20:00:00,5\n", "correct the odd time"),
        (b"# Start date: 20251115\nNth day,Sessions\n0000,5\n9999999,6\n", "2 lines are bad|1 of 2 lines are bad"),
        (b'sep="\n"Time","requests"\n2025-11-28 20:00:00,5\n', "no format known|column of times"),
        (b'{"data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[' + b"9" * 400 + b', "1"]]}]}}', "bad|samples|what it counts"),
        (b"time,a,b\n2025-11-28 20:00:00,5,6\n2025-11-28 20:01:00,5,6\n", "2 columns hold numbers"),
        (b'time,sessions\n"2025-11-28 20:00:00,5\n' + b"2025-11-28 20:00:00,5\n" * 9000, "no CSV|bad"),
    ],
)  # fmt: skip
def test_what_is_no_series_is_one_sentence(content: bytes, says: str, read: Read) -> None:
    with pytest.raises(ImportFileError, match=says) as refused:
        read(content, as_="sessions" if b"a,b" in content else None)
    assert "\n" not in str(refused.value)


def test_rows_that_are_there_twice_are_left_out_and_said(read: Read) -> None:
    text = rows("2025-11-28 00:00:00", 60, range(1, 500))
    imported = read(text + "\n".join(text.splitlines()[100:200]) + "\n")
    assert [(one.what, one.rows) for one in imported.dropped] == [("rows that are there twice", 100)]
    assert imported.curve.count.tolist() == list(range(1, 500))


def test_times_that_jitter_keep_their_minute(read: Read) -> None:
    lines = [f"2025-11-28 20:{m:02d}:{(m * 7) % 4:02d},{m + 1}" for m in range(60)]
    imported = read("time,sessions\n" + "\n".join(lines) + "\n")
    assert imported.curve.step_s == 60
    assert imported.curve.count.tolist() == list(range(1, 61))


def test_no_address_mail_or_token_reaches_an_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They stand in other columns, in names of series, in bad cells, in comments and in what Prometheus adds."""
    monkeypatch.chdir(tmp_path)
    bad = [f"{secret},{secret}" for secret in SECRETS]
    plain = long_file({50 + n: words for n, words in enumerate(bad)})
    orders = (SAMPLES / "shopify-orders.csv").read_text()
    ga4 = (SAMPLES / "ga4-report.csv").read_text().replace("Example Shop", " ".join(SECRETS))
    grafana = (SAMPLES / "grafana-raw.csv").read_text().replace("shop=", f'instance=""{SECRETS[1]}"",token=')
    files = {"plain.csv": plain, "orders.csv": orders, "ga4.csv": ga4, "grafana.csv": grafana, "prometheus.json": (SAMPLES / "prometheus.json").read_text()}  # fmt: skip
    for number, (name, text) in enumerate(files.items()):
        (tmp_path / name).write_text(text)
        import_series(Path(name), f"import{number}", SeriesOptions())
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name not in files]
    assert len(written) == 3 * len(files)
    for path in written:
        text = path.read_text()
        for secret in (*SECRETS, "customer.example", "Ann Example", "+15550100", "10.20.30.4", "s3cr3t"):
            assert secret not in text, (path, secret)
        without_images = re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
        without_images = re.sub(r"\b[a9]+([.@_-]+[a9]+)+\b", "", without_images)  # shapes of cells
        assert not re.search(r"\b\d{1,3}(\.\d{1,3}){3}\b", without_images.replace("127.0.0.1", "")), path
        assert not re.search(r"[\w.]+@[\w.]+\.\w+", without_images), path


def test_errors_show_no_address_either(read: Read) -> None:
    with pytest.raises(ImportFileError) as refused:
        read(long_file(dict.fromkeys(range(2, 40), f"{SECRETS[0]},{SECRETS[2]}")))
    assert "aaa@aaaa.aaaaaaa" in str(refused.value)
    assert not any(secret in str(refused.value) for secret in SECRETS)


def test_the_page_escapes_what_comes_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "<script>alert(1)<&.csv"
    file.write_text(rows("2025-11-28 20:00:00", 60, range(1, 60)))
    _, paths = import_series(file, "page", SeriesOptions())
    page = paths["page"].read_text()
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page)
    assert "http" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", page)


def test_the_page_says_how_sure_and_what_was_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    imported, paths = import_series(SAMPLES / "shopify-hours.csv", "page", SeriesOptions())
    page = paths["page"].read_text()
    for words in ("total rows", "measured", "assumed", "What the file could not say", "midnight UTC", "bad lines"):
        assert words in page
    assert page.count("data:image/png;base64,") == 2
    assert all(one.sentence.replace("'", "&#39;") in page for one in imported.findings)
    assert told(imported)
