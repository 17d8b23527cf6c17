"""docs/witnesses.md is true of the collector: its requests run as they stand, and it names every call and bug there is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from collector_client import CollectorClient
from staging_mall import Mall

from doorbuster.staging.backstage import Start
from doorbuster.staging.faults import list_faults
from doorbuster.staging.services import collector_service

PAGE = (Path(__file__).resolve().parents[2] / "docs/witnesses.md").read_text()
SECTION = PAGE.partition("\n## The analytics collector\n")[2].partition("\n## ")[0]


def run(command: str, collector: CollectorClient) -> str:
    env = {**os.environ, "COLLECTOR": str(collector.http.base_url).rstrip("/"), "no_proxy": "*"}
    done = subprocess.run(["bash", "-ec", command], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not shutil.which("curl"), reason="the document's requests are curl's")
def test_the_requests_run_as_they_stand(mall: Mall, collector: CollectorClient) -> None:
    google, meta, klaviyo, webhook, book = (
        run(block, collector) for block in re.findall(r"```sh\n(.*?)```", SECTION, re.S)
    )
    assert google.startswith("HTTP/1.1 204")
    (complaint,) = json.loads("{" + google.partition("{")[2])["validationMessages"]
    assert complaint["fieldPath"] == "events.params.transaction_id"
    assert json.loads(meta)["events_received"] == 1
    assert klaviyo.startswith("HTTP/1.1 202")
    assert json.loads(webhook) == {"taken": 1}
    rows = json.loads(book)["events"]
    assert [(row["protocol"], row["order_id"], row["value"], row["currency"], row["fate"]) for row in rows] == [
        (protocol, order, 25.99, "EUR", "kept")
        for protocol, order in (
            ("ga4", "1001"),
            ("ga4", "1002"),
            ("meta", "1001"),
            ("klaviyo", "1001"),
            ("webhook", "1001"),
        )
    ]
    assert set(rows[0]) == set(
        re.findall(r"`(\w+)`", SECTION.partition("One row an event")[2].partition("/admin/events")[0])
    )
    assert {fact["amount_minor"] for fact in mall.facts("analytics", "purchase_event")} == {2599}


def test_it_names_every_call_there_is() -> None:
    ours = {
        f"{method} {route.path}"
        for route in collector_service(Start("collector", 1, False, (), "", {})).routes
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]  # all are Routes, which have both
        if not re.match(r"/admin/|.+/$", route.path)  # type: ignore[attr-defined]  # the same
    }
    assert set(re.findall(r"`((?:GET|POST) /\S+)`", SECTION)) == ours


def test_it_names_every_bug_in_telling_analytics() -> None:
    about = {"one purchase event per order", "purchase events have the order's value", "purchase events in time"}
    ours = {fault.name for fault in list_faults() if fault.breaks in about}
    assert set(re.findall(r"`(\w+)`", SECTION.partition("Bugs to switch on in it")[2])) == ours
