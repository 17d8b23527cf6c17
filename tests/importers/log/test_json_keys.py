"""JSON lines that lack something: the missing key is named, and nobody is counted without it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.refusals import LogError

Write = Callable[..., Path]
NO_ADDRESS = {"time": "2025-11-28T20:00:00Z", "client": "192.0.2.1", "method": "GET", "path": "/products/a", "status": 200, "user_agent": "Firefox", "sid": "a"}  # fmt: skip
CADDY = {"level": "info", "ts": 1764358800.5, "request": {"remote_ip": "192.0.2.1", "method": "GET", "uri": "/"}, "duration": 0.05, "status": 200}  # fmt: skip


def test_lines_without_an_address_are_refused_unless_a_key_tells_shoppers_apart(write_log: Write) -> None:
    path = write_log(*(json.dumps(NO_ADDRESS | {"sid": f"v{n}"}) for n in range(5)))
    with pytest.raises(LogError, match=r"no key holds the shopper's address \(remote_addr, .*its keys are client,"):
        import_log([path], "staging")
    assert import_log([path], "staging", session="header:sid").sessions == 5


def test_a_key_inside_another_is_no_request_line_and_no_bot(write_log: Write) -> None:
    with pytest.raises(LogError, match=r"no field map knows their keys.*inside of request cannot be named"):
        import_log([write_log(json.dumps(CADDY))], "staging")
