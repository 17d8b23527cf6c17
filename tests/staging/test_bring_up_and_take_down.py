"""A user starts the staging environment, and stops it in every way there is."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import httpx
import psutil
import pytest

from doorbuster.errors import StagingError
from doorbuster.importers.log.importer import import_log
from doorbuster.staging.backstage import SERVICES
from doorbuster.staging.environment import staging_environment

_HOLD = """
import sys
from doorbuster.staging.environment import staging_environment
with staging_environment(waits=False):
    print("up", flush=True)
    sys.stdin.read()
"""


def _data_folder(processes: list[psutil.Process]) -> Path:
    books = [opened.path for process in processes for opened in process.open_files() if "shop.sqlite" in opened.path]
    return Path(books[0]).parent


def test_the_shop_writes_down_what_it_was_asked_for_an_import_to_read(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    with staging_environment(waits=False, access_log=log) as addresses:
        for session in ("1", "2"):
            with httpx.Client(base_url=addresses.shop_url, headers={"doorbuster-session": session}) as shopper:
                shopper.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"
                for path in ("/", "/search?q=linen", "/no-such-page"):
                    shopper.get(path)
    imported = import_log([log], "staging", session="header:http_doorbuster_session")
    assert imported.sessions == 2 and imported.funnel["home"] == 2 and imported.funnel["search"] == 2
    assert imported.has_latency


def test_a_log_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StagingError, match="the access log cannot be written"):
        staging_environment(access_log=tmp_path / "no" / "such.log").__enter__()


def test_all_services_answer_and_all_are_gone_afterwards() -> None:
    before = set(psutil.Process().children(recursive=True))
    with staging_environment(waits=False) as addresses:
        for url in (url for url in astuple(addresses) if url.startswith("http")):
            assert httpx.get(f"{url}/admin/info").json()["name"] == "doorbuster-staging"
        children = list(set(psutil.Process().children(recursive=True)) - before)
        folder = _data_folder(children)
    assert len(children) == len(SERVICES)
    assert not any(child.is_running() for child in children)
    assert not folder.exists()


def test_a_given_port_is_the_shops_and_the_next_two_belong_to_the_others() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        with staging_environment(port=port, waits=False) as addresses:
            assert [url.rsplit(":", 1)[1] for url in (addresses.shop_url, addresses.gateway_url)] == [
                str(port),
                str(port + 1),
            ]
    except StagingError:
        pytest.skip("somebody took one of the ports meanwhile")


def test_a_busy_port_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StagingError, match=rf"cannot listen on 127\.0\.0\.1:{port} .*--port"):
            staging_environment(port=port).__enter__()


def test_an_unknown_fault_names_the_nearest_one() -> None:
    with pytest.raises(StagingError, match='did you mean "slow_checkout"'):
        staging_environment(faults=["slow_chekout=100"]).__enter__()


def test_a_fault_given_at_the_start_survives_a_reset() -> None:
    with staging_environment(faults=["error_burst=1"], waits=False) as addresses:
        assert httpx.get(addresses.shop_url).status_code == 500
        httpx.post(f"{addresses.shop_url}/admin/reset", json={})
        assert httpx.get(addresses.shop_url).status_code == 500


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_when_the_parent_ends(by: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert parent.stdin and parent.stdout
    assert parent.stdout.readline() == b"up\n"
    children = psutil.Process(parent.pid).children(recursive=True)
    folder = _data_folder(children)
    assert len(children) == len(SERVICES)
    assert all("socket" not in " ".join(child.cmdline()) for child in children)
    parent.send_signal(by)
    parent.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    parent.stdin.close()
    parent.stdout.close()
    assert alive == []
    assert not folder.exists()
