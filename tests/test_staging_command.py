"""`doorbuster staging`: comes up, lists its bugs, goes with Ctrl-C."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import httpx

from tests.conftest import Doorbuster, clean_environment
from tests.test_command_line import example_of


def test_the_example_serves_until_ctrl_c() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "doorbuster", *example_of("staging")],
        env=clean_environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        url = re.search(r"shop (\S+)", process.stdout.readline())
        assert url
        assert httpx.get(url[1] + "/admin/info", trust_env=False).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


def test_every_bug_is_one_line_with_its_sentence(doorbuster: Doorbuster) -> None:
    lines = doorbuster("staging", "--list-faults").stdout.splitlines()
    assert len(lines) >= 10
    assert all(re.match(r"[a-z0-9_]+(=[\d.]+( ms)?)? +[A-Z].+\.$", line) for line in lines)
