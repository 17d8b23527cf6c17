"""Nothing that names a shopper leaves the importer: addresses, queries, e-mails, tokens, cookies."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pyarrow.parquet as pq
import pytest

from doorbuster.importers.log.command import LogOptions, import_logs
from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.refusals import LogError
from doorbuster.importers.log.result import LogImport
from tests.importers.log.conftest import MakeLog, line


def everything(log: LogImport) -> str:
    tables = (log.minutes, log.moves, log.products, log.answers)
    return repr(log) + "".join(str(table.to_pydict()) for table in tables)


def test_no_address_query_mail_or_token_is_in_the_result(made_log: MakeLog) -> None:
    log = made_log("timed")
    told = everything(import_log([log], "staging", session="cookie:sid"))
    text = log.read_text()
    secrets = {
        *re.findall(r"sid=(\w{8,})", text),
        *re.findall(r"^([\d.]{7,15}) - ", text, re.M),
        "example.com",
        "secret",
        "token123",
    }
    assert len(secrets) > 5000
    found = set(re.findall(r"[\w.@-]{7,}", told)) & secrets
    assert not found and "@" not in told


def test_a_mail_address_in_a_path_is_no_product(write_log: Callable[..., Path]) -> None:
    path = write_log(*[line(target=f"/products/{slug}") for slug in ("ann@example.com", "ann%40example.com", "lamp")])
    log = import_log([path], "staging")
    assert log.products["slug"].to_pylist() == ["lamp"] and "ann" not in everything(log)


def test_bad_lines_are_shown_by_their_shape(write_log: Callable[..., Path]) -> None:
    with pytest.raises(LogError) as refused:
        import_log([write_log(line(), '192.0.2.77 ann@example.com token=s3cret "')], "staging")
    assert "999.9.9.99 aaa@aaaaaaa.aaa aaaaa=a9aaaa" in str(refused.value)
    assert "192" not in str(refused.value) and "s3cret" not in str(refused.value)


def test_nothing_is_left_in_the_working_folder(made_log: MakeLog, tmp_path: Path) -> None:
    import_log([made_log("combined")], "staging", working_folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_visitor_has_another_hash_each_time(
    write_log: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    salts: list[str] = []
    real = __import__("secrets").token_hex
    monkeypatch.setattr("doorbuster.importers.log.scan.secrets.token_hex", lambda n: salts.append(real(n)) or salts[-1])
    path = write_log(line())
    import_log([path], "staging")
    import_log([path], "staging")
    assert len({salt for salt in salts if len(salt) == 32}) == 2


ORDINARY = [
    "lamp",
    "b07xj8c8f5",
    "1234567890",
    "sku-44-b",
    "galaxy-s24-ultra-12gb-512gb",
    "kaffeevollautomat3000deluxe",
]
SECRET = [
    "jane%40example.com", "jane%2540example.com", "jane%252540example.com", "jane%EF%BC%A0example.com", "a+b&email=joe",
    "203.0.113.77", "203-0-113-77", "2001:db8::77", "fe80%3A%3A1", "order-4929123412341234", "4929-1234-1234-1234",
    "+491512345678", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0.abc_def", "0123456789abcdef0123456789abcdef01234567",
    "6fa459ea-ee8a-3ca4-894e-db77e160355e", "sk_live51H8xQ2eZvKYlo2C9", "MTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3A",
]  # fmt: skip


def test_no_output_names_a_product_that_could_be_a_person_or_a_secret(
    write_log: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = [f"{name};jsessionid={number:032X}" for number, name in enumerate(ORDINARY)]
    lines = [
        line(f"25/Nov/2025:20:{minute:02d}:00 +0100", f"/products/{name}", address=f"192.0.2.{number}")
        for minute in range(60)
        for number, name in enumerate([*ORDINARY, *cut, *SECRET])
    ]
    monkeypatch.chdir(tmp_path)
    imported, paths = import_logs([str(write_log(*lines))], "last", LogOptions("staging"))
    assert dict(imported.products).keys() == set(ORDINARY)
    assert any(f"hidden: {len(SECRET)} products" in found.sentence for found in imported.findings)
    written = [file for path in paths.values() for file in (path.rglob("*") if path.is_dir() else [path])]
    told = "".join(
        str(pq.read_table(file).to_pydict()) if file.suffix == ".parquet" else file.read_text()
        for file in written
        if file.is_file()
    ).lower()
    assert "lamp" in told and "192.0.2" not in told and "jsessionid" not in told
    left = [name for name in SECRET if name.lower() in told or unquote(name).lower() in told]
    assert not left
