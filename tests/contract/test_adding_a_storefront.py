"""docs/adding-a-storefront.md, followed to the letter: the suite green, a rehearsal run, its orders in the books."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.conftest import ROOT, clean_environment, write_scenario
from tests.contract.exchange import BASE_URL, Request, json_response

PAGE = (ROOT / "docs/adding-a-storefront.md").read_text()
STOREFRONT, BACKSTAGE, SUITE = re.findall(r"```python\n(.*?)```", PAGE, re.S)
PLATFORM, ENTRY_POINT = re.findall(r"```toml\n(.*?)```", PAGE, re.S)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What somebody has who followed the page."""
    (tmp_path / "corner_shop.py").write_text(f"{STOREFRONT}\n\n{BACKSTAGE}")
    mine = tmp_path / "tests/contract"
    mine.mkdir(parents=True)
    for package in (mine, mine.parent):
        (package / "__init__.py").write_text("")
    for name in ("exchange.py", "test_every_adapter.py", "test_torn_answers.py"):
        assert f"`{name}`" in PAGE
        shutil.copy(ROOT / "tests/contract" / name, mine)
    (mine / "corner_exchange.py").write_text(SUITE)
    return tmp_path


def suite(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *more, "tests/contract"]
    return subprocess.run(command, cwd=folder, env=clean_environment(), capture_output=True, text=True, check=False)


def test_the_contract_suite_is_green(folder: Path) -> None:
    done = suite(folder)
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d+ passed", done.stdout)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('if "refused" in body:', 'if "refuse" in body:'),
        ('id_in(body["order"])', 'str(body.get("order"))'),
        ('"Idempotency-Key": self.visit.intent', '"Idempotency-Key": str(id(self))'),
        ('{"email": email_of(self.visit), "address"', '{"email": "ana@corner.example", "address"'),
    ],
)
def test_it_goes_red_where_the_adapter_is_wrong(good: str, bad: str, folder: Path) -> None:
    code = (folder / "corner_shop.py").read_text()
    assert good in code
    (folder / "corner_shop.py").write_text(code.replace(good, bad))
    done = suite(folder, "-x")
    assert done.returncode == 1, done.stdout
    assert "FAILED" in done.stdout


@contextmanager
def corner_shop(shop: Any) -> Iterator[str]:
    """The page's own shop, on loopback."""
    lock = threading.Lock()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(sent) if sent else None
            with lock:
                answer = shop(Request(self.command, BASE_URL + self.path, body, None, headers))
            self.send_response(answer.status)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = _serve

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: a test is not the place for an access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_rehearsal_runs_and_its_orders_are_in_the_books(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = write_scenario(folder, [4.0, 8.0, 4.0], more=PLATFORM)
    known: dict[str, Any] = {}
    monkeypatch.syspath_prepend(folder)
    exec(compile(SUITE, "docs/adding-a-storefront.md", "exec"), known)
    shop = known["Corner"]()
    began_us = time.time_ns() // 1000

    def clocked(request: Request) -> Any:
        if request.url.startswith(f"{BASE_URL}/admin") and request.headers.get("authorization") != "Bearer till":
            return json_response({}, 401)
        answer = shop(request)
        for one in shop.orders.values():
            one["at_unix_us"] = one["at_unix_us"] or began_us
        return answer

    with corner_shop(clocked) as url:
        command = [sys.executable, "-m", "doorbuster", "run", str(scenario), "--target", url]
        env = {**clean_environment(), "DOORBUSTER_ADMIN_TOKEN": "till"}
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    run = folder / done.stdout.splitlines()[-1]
    sessions = pd.read_parquet(run / "sessions.parquet")
    facts = pd.read_parquet(run / "facts.parquet")
    seen = sessions[sessions.order_id.notna()]
    booked = facts[(facts.witness == "shop") & (facts.kind == "order")]
    assert len(seen) > 5
    assert set(sessions.outcome) == {"ok"}
    assert set(sessions.journey) == {"browse", "cart", "native_checkout", "express_wallet"}
    assert sorted(zip(seen.intent, seen.order_id, seen.total_minor, strict=True)) == sorted(
        zip(booked.intent, booked.order_id, booked.amount_minor, strict=True)
    )
    assert (run / "storefront.py").read_text() == (folder / "corner_shop.py").read_text()


def test_the_entry_point_is_the_one_that_is_looked_for() -> None:
    from doorbuster.storefronts.platforms import ENTRY_POINTS

    assert f'[project.entry-points."{ENTRY_POINTS}"]' in ENTRY_POINT
