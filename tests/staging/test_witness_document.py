"""docs/witnesses.md is true of the payment gateway: its requests run as they stand, and it names every call, card and fault there is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from listening_shop import ListeningShop
from staging_mall import Mall
from stripe_client import SALE, StripeClient

from doorbuster.staging.back_office.erp import EXCHANGE_PATH
from doorbuster.staging.backstage import Start
from doorbuster.staging.faults import list_faults
from doorbuster.staging.redsys.acquirer import CARDS
from doorbuster.staging.services import gateway_service

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs/witnesses.md").read_text()
# The collector's and the mailbox's sections have tests of their own.
DOCUMENT = re.sub(r"\n## The (analytics collector|mailbox)\n.*?(?=\n## |\Z)", "", DOCUMENT, flags=re.S)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.S)


def run(command: list[str], mall: Mall, listener: ListeningShop) -> str:
    env = {
        **os.environ,
        "GATEWAY": mall.addresses.gateway_url,
        "BACK_OFFICE": mall.addresses.back_office_url,
        "SHOP": listener.url,
        "no_proxy": "*",
    }
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not shutil.which("curl"), reason="the document's requests are curl's")
def test_the_requests_run_as_they_stand(mall: Mall, stripe: StripeClient, listener: ListeningShop) -> None:
    requests = [block for block in blocks("sh") if "curl" in block and "$BACK_OFFICE" not in block]
    payments, by_stripe, faults = (run(["bash", "-ec", block], mall, listener) for block in requests)
    assert json.loads(payments) == {"payments": [], "next": None}
    answers = [json.loads(line) for line in by_stripe.replace("}{", "}\n{").splitlines()]
    assert answers[0]["secret"].startswith("whsec_")
    assert answers[1]["status"] == "succeeded" and answers[2]["data"] == [answers[1]]
    assert {heard.path for heard in listener.wait_for(3)} == {"/webhooks"}
    on, off = (json.loads(line) for line in faults.replace("}{", "}\n{").splitlines())
    assert [row["name"] for row in on["faults"]] == ["late_notifications", "declines"] and off == {"faults": []}
    assert [(fact["intent"], fact["order_id"]) for fact in mall.facts("gateway", "captured")] == [("cart-77", "1001")]


@pytest.mark.skipif(not shutil.which("curl"), reason="the document's requests are curl's")
def test_the_back_offices_requests_run_as_they_stand(mall: Mall, listener: ListeningShop) -> None:
    (block,) = [block for block in blocks("sh") if "$BACK_OFFICE" in block]
    said = [json.loads(line) for line in run(["bash", "-ec", block], mall, listener).replace("}{", "}\n{").splitlines()]
    sent, receipt, receipts, back = said
    assert (
        sent["url"] == f"{listener.url}{EXCHANGE_PATH}" and back["url"] == f"{mall.addresses.shop_url}{EXCHANGE_PATH}"
    )
    assert receipt["number"] == 1 and receipts["receipts"] == [receipt]
    assert [(fact["order_id"], fact["amount_minor"]) for fact in mall.facts("register", "sale_registered")] == [
        ("1001", 2599)
    ]


def test_the_redsys_program_runs_as_it_stands(mall: Mall, listener: ListeningShop) -> None:
    (program,) = blocks("python")
    assert run([sys.executable, "-c", program], mall, listener) == "0000\n"
    assert [heard.path for heard in listener.wait_for(1)] == ["/redsys"]
    (fact,) = mall.facts("gateway", "captured")
    assert (fact["intent"], fact["order_id"]) == ("cart-78", "1001")


def test_it_names_every_call_there_is() -> None:
    start = Start("gateway", 1, False, (), "", {})
    ours = {
        f"{method} {route.path}"
        for route in gateway_service(start).routes
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]  # all are Routes, which have both
        if re.match(r"/(v1|sis|apl02)/", route.path)  # type: ignore[attr-defined]  # the same
    }
    assert set(re.findall(r"`((?:GET|POST|DELETE) /\S+)`", DOCUMENT)) == ours


def test_it_names_every_fault_of_the_gateway_and_every_card() -> None:
    ours = {fault.name for fault in list_faults() if fault.service in ("gateway", "back_office")}
    assert set(re.findall(r"^\| `([a-z_]+)(?:=[A-Z]+)?` \|", DOCUMENT, re.M)) == ours
    assert dict(re.findall(r"^\| `(\d{16})` \| (\d{4}),", DOCUMENT, re.M)) == dict(CARDS)


def test_it_says_what_each_stripe_card_does(stripe: StripeClient) -> None:
    pays, declined, asks = (
        re.findall(r"`([\w.]+)`", row) for row in re.findall(r"^\| (`pm_card.+?) \|", DOCUMENT, re.M)
    )
    declined = [name.replace("...", "pm_card_chargeDeclined") for name in declined]
    assert len(pays) == 3 and len(declined) == 7 and len(asks) == 2

    def status(card: str) -> str:
        answer = stripe.post("payment_intents", {**SALE, "payment_method": card, "confirm": "true"}).json()
        return str(answer.get("status") or answer["error"]["type"])

    assert {status(card) for card in pays} == {"succeeded"}
    assert {status(card) for card in declined} == {"card_error"}
    assert {status(card) for card in asks} == {"requires_action"}
