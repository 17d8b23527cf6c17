"""What docs/witnesses.md says of the mailbox is true: its requests run as they stand, and it names every call and fault."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from listening_shop import ListeningShop
from staging_mall import Mall

from doorbuster.audit.audit import check_promises
from doorbuster.staging.backstage import Start
from doorbuster.staging.faults import list_faults
from doorbuster.staging.services import mailbox_service

PAGE = (Path(__file__).resolve().parents[2] / "docs/witnesses.md").read_text()
SECTION = re.findall(r"\n## The mailbox\n(.*?)(?=\n## |\Z)", PAGE, re.S)[0]
SENDS, CLOCK = re.findall(r"```sh\n(.*?)```", SECTION, re.S)
MESSAGES = {"one confirmation per order, in time", "no reminder to a buyer", "reminders on time and by day", "no mail loops"}  # fmt: skip


def run(script: str, mall: Mall, listener: ListeningShop) -> str:
    at = mall.addresses
    env = {**os.environ, "MAILBOX": at.mailbox_url, "SMTP": at.smtp_url, "STAGING": at.shop_url, "SHOP": listener.url}
    command = ["bash", "-ec", script]
    done = subprocess.run(
        command, env={**env, "no_proxy": "*"}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not shutil.which("curl"), reason="the document's requests are curl's")
def test_a_message_by_each_channel_as_it_stands(mall: Mall, listener: ListeningShop) -> None:
    said = run(SENDS, mall, listener)
    rows = json.loads(said[said.index('{"messages"') :])["messages"]
    assert [(row["channel"], row["kind"], row["order_id"], row["cart"]) for row in rows] == [
        ("smtp", "confirmation", "1001", None),
        ("sendgrid", "reminder", None, "c77"),
        ("twilio", "confirmation", "1002", None),
        ("klaviyo", "confirmation", "1003", None),
    ]
    heard = listener.wait_for(2)
    assert {one.path for one in heard} == {"/status"}
    assert {parse_qs(one.body.decode())["MessageStatus"][0] for one in heard} == {"sent", "delivered"}
    facts = mall.facts("mailbox", "confirmation")
    assert [fact["order_id"] for fact in facts] == ["1001", "1002", "1003"]


@pytest.mark.skipif(not shutil.which("curl"), reason="the document's requests are curl's")
def test_the_clock_as_it_stands(mall: Mall, listener: ListeningShop) -> None:
    mall.ready_to_place("leaves", mall.line(next(iter(mall.catalogue))))
    clock, contacts = run(CLOCK, mall, listener).replace("}{", "}\n{").splitlines()
    assert json.loads(clock)["ahead_s"] == 14_400
    assert [row["intent"] for row in json.loads(contacts)["contacts"]] == ["leaves"]


def test_it_names_every_call_there_is() -> None:
    start = Start("mailbox", 1, False, (), "", {})
    ours = {
        f"{method} {route.path}"  # type: ignore[attr-defined]  # all are Routes, which have both
        for route in mailbox_service(start).routes
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]  # the same
        if not route.path.startswith("/admin/")  # type: ignore[attr-defined]  # the same
    }
    assert set(re.findall(r"`((?:GET|POST|DELETE) /[^`\s]+)`", SECTION)) == ours


def test_it_names_every_fault_of_messages() -> None:
    ours = {fault.name for fault in list_faults() if fault.breaks in MESSAGES}
    assert {found.promise for found in check_promises([])} >= MESSAGES
    assert set(re.findall(r"^\| `([a-z_]+)(?:=[A-Z]+)?` \|", SECTION, re.M)) == ours


def test_the_ports_are_as_it_says(mall: Mall) -> None:
    from doorbuster.staging.backstage import EXTRA_PORTS, SERVICES

    ports = dict(zip((*SERVICES, *EXTRA_PORTS), range(8400, 8420), strict=False))
    assert f"{ports['mailbox']} here" in SECTION and f"smtp://127.0.0.1:{ports['smtp']}" in SECTION
    assert httpx.get(f"{mall.addresses.mailbox_url}/admin/info").json()["service"] == "mailbox"
