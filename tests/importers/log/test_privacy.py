"""Nothing that names a shopper leaves the importer: addresses, queries, e-mails, tokens, cookies."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

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
