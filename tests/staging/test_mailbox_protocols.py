"""A merchant's shop sends its messages to the mailbox by SMTP, SendGrid, Twilio and Klaviyo, and reads its answers."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from listening_shop import ListeningShop, attempts_logged
from staging_mall import Mall

from doorbuster.staging.mailbox.book import Book
from doorbuster.staging.mailbox.klaviyo import Klaviyo
from doorbuster.staging.mailbox.rate_limit import RateLimit
from doorbuster.staging.mailbox.sendgrid import SendGrid
from doorbuster.staging.mailbox.smtp import serve_smtp
from doorbuster.staging.mailbox.twilio import Twilio, signature
from doorbuster.staging.notifications import Outbox
from doorbuster.staging.switchboard import Switchboard
from doorbuster.staging.web import Call, Refusal

SG = {"authorization": "Bearer SG.any"}
KLAVIYO = {"authorization": "Klaviyo-API-Key any", "revision": "2026-07-15"}
ACCOUNT = "AC" + "0" * 32
TWILIO = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
SMS = {"To": "+34600000001", "From": "+15005550006", "Body": "Thank you"}


@pytest.fixture
def mailbox(mall: Mall) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=mall.addresses.mailbox_url, verify=False, timeout=15) as http:
        yield http


def letter(**told: Any) -> dict[str, Any]:
    """The smallest /v3/mail/send there is."""
    content = {"subject": "Thank you", "content": [{"type": "text/plain", "value": "It is on its way."}]}
    to = {"personalizations": [{"to": [{"email": "ana@shop.example"}]}]}
    return {**to, "from": {"email": "orders@shop.example"}, **content, **told}


def event(**told: Any) -> dict[str, Any]:
    """The smallest /api/events there is."""
    metric = {"data": {"type": "metric", "attributes": {"name": "Order Confirmation"}}}
    profile = {"data": {"type": "profile", "attributes": {"email": "ana@shop.example"}}}
    attributes = {"properties": {"order_id": "1001"}, "metric": metric, "profile": profile, **told}
    return {"data": {"type": "event", "attributes": attributes}}


def book(mailbox: httpx.Client) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = mailbox.get("/admin/messages").json()["messages"]
    return rows


def said(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


# SMTP


def test_a_mail_by_smtp_is_in_the_book_with_what_its_headers_say(mall: Mall, mailbox: httpx.Client) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = (
        "orders@shop.example",
        "Ana@shop.example",
        "Gracias por tu compra, Íñigo",
    )
    mail["X-Message-Kind"], mail["X-Order-Id"], mail["X-Clock-Ahead-S"] = "confirmation", "1001", "1800"
    mail.set_content("It is on its way.")
    host, _, port = mall.addresses.smtp_url.removeprefix("smtp://").partition(":")
    with smtplib.SMTP(host, int(port), timeout=15) as smtp:
        smtp.send_message(mail, to_addrs=["ana@shop.example", "bcc@shop.example"])
    rows = book(mailbox)
    assert said(rows, "channel", "recipient", "kind", "order_id") == [
        ("smtp", "ana@shop.example", "confirmation", "1001"),
        ("smtp", "bcc@shop.example", "confirmation", "1001"),
    ]
    assert {row["due_unix_us"] - row["received_unix_us"] for row in rows} == {1800 * 1_000_000}
    assert rows[0]["person"] != rows[1]["person"]


# SendGrid


def test_sendgrid_takes_many_letters_in_one_call(mailbox: httpx.Client) -> None:
    tomorrow = int(time.time()) + 86_400
    answer = mailbox.post(
        "/v3/mail/send",
        headers=SG,
        json=letter(
            categories=["reminder"],
            custom_args={"cart": "c1"},
            personalizations=[
                {"to": [{"email": "ana@shop.example"}], "send_at": tomorrow},
                {"to": [{"email": "bo@shop.example"}], "custom_args": {"kind": "newsletter", "intent": "i2"}},
            ],
        ),
    )
    assert (answer.status_code, answer.content) == (202, b"")
    assert answer.headers["x-message-id"] and answer.headers["x-ratelimit-limit"] == "10000"
    rows = book(mailbox)
    assert said(rows, "recipient", "kind", "purpose", "cart", "intent") == [
        ("ana@shop.example", "reminder", "reminder", "c1", None),
        ("bo@shop.example", "other", "newsletter", "c1", "i2"),
    ]
    assert rows[0]["due_unix_us"] == tomorrow * 1_000_000
    assert rows[1]["due_unix_us"] == rows[1]["received_unix_us"]


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"personalizations": []}, "personalizations"),
        ({"personalizations": [{"to": [{"email": "ana@shop.example"}]}] * 1001}, "personalizations"),
        ({"personalizations": [{"to": [{"email": "nobody"}]}]}, "personalizations.0.to.email"),
        ({"from": {}}, "from.email"),
        ({"subject": ""}, "subject"),
        ({"send_at": "soon"}, "personalizations.0.send_at"),
    ],
)
def test_sendgrid_refuses_as_sendgrid_does(mailbox: httpx.Client, told: dict[str, Any], field: str) -> None:
    answer = mailbox.post("/v3/mail/send", headers=SG, json=letter(**told))
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == field and error["message"] and error["help"] is None
    assert book(mailbox) == []


def test_sendgrid_asks_for_a_key(mailbox: httpx.Client) -> None:
    answer = mailbox.post("/v3/mail/send", json=letter())
    assert answer.status_code == 401 and answer.json()["errors"][0]["field"] is None


# Twilio


def test_twilio_takes_a_message_and_calls_back_what_became_of_it(
    mailbox: httpx.Client, listener: ListeningShop
) -> None:
    url = f"{listener.url}/status?order=1001"
    form = {**SMS, "StatusCallback": url, "Tags": '{"kind": "confirmation", "order_id": "1001"}'}
    answer = mailbox.post(TWILIO, auth=(ACCOUNT, "token"), data=form)
    message = answer.json()
    assert (answer.status_code, message["status"], message["direction"]) == (201, "queued", "outbound-api")
    assert message["sid"].startswith("SM") and len(message["sid"]) == 34
    assert said(book(mailbox), "channel", "recipient", "kind", "order_id") == [
        ("twilio", "+34600000001", "confirmation", "1001")
    ]
    calls = [dict(parse_qsl(heard.body.decode())) for heard in listener.wait_for(2)]
    # No call for the first status, which the answer has said; later ones may overtake each other.
    assert {call["MessageStatus"] for call in calls} == {"sent", "delivered"}
    assert {call["MessageSid"] for call in calls} == {message["sid"]}
    for heard, call in zip(listener.heard, calls, strict=True):
        assert heard.headers["X-Twilio-Signature"] == signature("token", url, call)
        assert heard.headers["X-Twilio-Signature"] != signature("other", url, call)
    assert attempts_logged(mailbox, 2) == ["HTTP 200", "HTTP 200"]
    sid = message["sid"]
    fetched = mailbox.get(TWILIO.replace(".json", f"/{sid}.json"), auth=(ACCOUNT, "token")).json()
    assert (fetched["sid"], fetched["status"]) == (sid, "delivered")


def test_a_handset_that_is_off_gets_nothing(mailbox: httpx.Client, listener: ListeningShop) -> None:
    form = {**SMS, "To": "+34600030003", "StatusCallback": listener.url}
    assert mailbox.post(TWILIO, auth=(ACCOUNT, "token"), data=form).status_code == 201
    calls = {call["MessageStatus"]: call for call in (dict(parse_qsl(h.body.decode())) for h in listener.wait_for(2))}
    assert set(calls) == {"sent", "undelivered"}
    assert calls["undelivered"]["ErrorCode"] == "30003" and "ErrorCode" not in calls["sent"]


def test_twilio_sends_later_what_is_scheduled(mailbox: httpx.Client) -> None:
    form = {"To": SMS["To"], "Body": "x", "MessagingServiceSid": "MG1", "ScheduleType": "fixed"}
    form["SendAt"] = "2035-11-27T20:00:00Z"
    at = datetime(2035, 11, 27, 20, tzinfo=UTC)
    assert mailbox.post(TWILIO, auth=(ACCOUNT, "token"), data=form).json()["status"] == "scheduled"
    assert said(book(mailbox), "due_unix_us") == [(int(at.timestamp()) * 1_000_000,)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "600000001"}, 21211),
        ({"To": "+15005550009"}, 21614),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Tags": "{"}, 20001),
        ({"ScheduleType": "fixed", "SendAt": "soon"}, 35114),
    ],
)
def test_twilio_refuses_with_twilios_codes(mailbox: httpx.Client, change: dict[str, str], code: int) -> None:
    answer = mailbox.post(TWILIO, auth=(ACCOUNT, "token"), data={**SMS, **change})
    error = answer.json()
    assert (answer.status_code, error["code"], error["status"]) == (400, code, 400)
    assert error["more_info"].endswith(str(code))
    assert book(mailbox) == []


def test_twilio_asks_for_the_accounts_own_token(mailbox: httpx.Client) -> None:
    for auth in (None, ("AC1", "token"), (ACCOUNT, "")):
        answer = mailbox.post(TWILIO, auth=auth, data=SMS)
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)


# Klaviyo


def test_a_klaviyo_event_sends_one_message_to_its_profile(mailbox: httpx.Client) -> None:
    for _ in range(2):
        answer = mailbox.post("/api/events", headers=KLAVIYO, json=event(unique_id="1001"))
        assert answer.status_code == 202
    assert mailbox.post("/api/events", headers=KLAVIYO, json=event(unique_id="1002")).status_code == 202
    assert said(book(mailbox), "channel", "kind", "order_id") == [("klaviyo", "confirmation", "1001")] * 2


@pytest.mark.parametrize(
    ("told", "pointer"),
    [({"metric": None}, "/metric"), ({"profile": {"data": {}}}, "/profile/data/attributes"), ({"properties": 1}, "/properties")],
)  # fmt: skip
def test_klaviyo_refuses_as_klaviyo_does(mailbox: httpx.Client, told: dict[str, Any], pointer: str) -> None:
    answer = mailbox.post("/api/events", headers=KLAVIYO, json=event(**told))
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["status"], error["source"]["pointer"]) == (400, 400, pointer)
    assert mailbox.post("/api/events", json=event()).status_code == 401
    assert book(mailbox) == []


# Rates


def call(**headers: str) -> Call:
    given = {name.encode(): value.encode() for name, value in headers.items()}
    return Call({"account": ACCOUNT}, given, "", b"{}", b"")


def test_each_provider_asks_to_come_back_later() -> None:
    now_s = 100.2
    basic = "Basic " + httpx.BasicAuth(ACCOUNT, "t")._auth_header.split(" ")[1]

    def none_left() -> RateLimit:
        return RateLimit(0, 60, lambda: now_s)

    sends = {
        "sendgrid": lambda: SendGrid(Book(), none_left()).send(call(authorization="Bearer SG.x")),
        "twilio": lambda: Twilio(Book(), Outbox(Switchboard((), 1)), none_left()).create(call(authorization=basic)),
        "klaviyo": lambda: Klaviyo(Book(), RateLimit(9, 1), none_left()).event(
            call(authorization="Klaviyo-API-Key x", revision="2026-07-15")
        ),
    }
    for send in sends.values():
        with pytest.raises(Refusal) as refused:
            send()
        assert refused.value.status == 429
        assert dict(refused.value.headers)[b"retry-after"] == b"20"


def test_smtp_asks_to_come_back_later() -> None:
    async def mailed() -> str:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = await serve_smtp(listener, taken, RateLimit(0, 1))
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            for line in (b"HELO shop", b"MAIL FROM:<a@shop.example>", b"RCPT TO:<b@shop.example>", b"DATA", b"\r\n."):
                await reader.readline()
                writer.write(line + b"\r\n")
            answer = await reader.readline()
            writer.close()
            server.close()
            return answer.decode()

    taken = Book()
    assert asyncio.run(mailed()).startswith("451 4.7.0")
    assert taken.page(call()).body["messages"] == []


def test_a_window_of_calls_is_over_when_its_time_is() -> None:
    clock = [100.0]
    limit = RateLimit(2, 1, lambda: clock[0])
    assert [limit.take(), limit.take(), limit.take()] == [0, 0, 1]
    assert (limit.left, limit.ends_unix_s) == (0, 101)
    clock[0] = 101.0
    assert limit.take() == 0
