"""Twilio as a shop calls it: Messages.json, and signed calls back that say what became of each message."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.routing import Route

from doorbuster.staging.mailbox.book import Book
from doorbuster.staging.mailbox.rate_limit import RateLimit
from doorbuster.staging.notifications import Notification, Outbox
from doorbuster.staging.web import Call, Counter, Endpoint, Refusal, Reply

VERSION: Final = "2010-04-01"
# Twilio limits calls under way at once and publishes no number a second; this one is ours.
MOST_A_SECOND: Final = 100
UNREACHABLE: Final = "30003"
"""Twilio's code for a handset that is off; a number that ends so is such a one, which is our own rule."""
_NO_MOBILE: Final = "+15005550009"
"""One of Twilio's magic numbers: cannot take SMS."""


def signature(auth_token: str, url: str, parameters: Mapping[str, str]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the address and the parameters sorted by name, in base64.

    Source: https://www.twilio.com/docs/usage/security#validating-requests. The vector is that page's own.

    >>> told = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
    ...         "To": "+18005551212"}
    >>> signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", told)
    'RSOYDt4T1cUTdK1PDd93/VVr8B8='
    """
    text = url + "".join(name + parameters[name] for name in sorted(parameters))
    return base64.b64encode(hmac.digest(auth_token.encode(), text.encode(), hashlib.sha1)).decode()


def _error(refusal: Refusal) -> dict[str, Any]:
    code = int(refusal.code) if refusal.code.isdigit() else 20001
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": refusal.message, "more_info": more, "status": refusal.status}


class Twilio:
    """Every account, with whatever token it is called with: calls back are signed by the same."""

    def __init__(self, book: Book, outbox: Outbox, limit: RateLimit) -> None:
        self._book, self._outbox, self._limit = book, outbox, limit
        self.reset()

    def reset(self) -> None:
        self._messages: dict[str, dict[str, Any]] = {}

    def create(self, call: Call) -> Reply:
        """POST /2010-04-01/Accounts/{account}/Messages.json"""
        account = call.path["account"]
        auth_token = _token(call, account)
        after_s = self._limit.take()
        if after_s:
            raise Refusal(429, "20429", "Too many requests.", headers=((b"retry-after", b"%d" % after_s),))
        form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
        _check(form)
        at_unix_s = _scheduled(form)
        service = form.get("MessagingServiceSid")
        status = "scheduled" if at_unix_s is not None else "accepted" if service else "queued"
        message = _message(account, form, status)
        self._book.take("twilio", form["To"], _tags(form), at_unix_s=at_unix_s)
        final = "undelivered" if form["To"].endswith(UNREACHABLE) else "delivered"
        self._messages[message["sid"]] = {**message, "status": final}
        if form.get("StatusCallback"):
            # The first status is never called back for: the answer has said it.
            for later in ("sent", final):
                self._call_back(form["StatusCallback"], auth_token, message, later)
        return Reply(message, 201)

    def fetch(self, call: Call) -> Reply:
        """GET /2010-04-01/Accounts/{account}/Messages/{sid}.json"""
        _token(call, call.path["account"])
        message = self._messages.get(call.path["sid"])
        if message is None or message["account_sid"] != call.path["account"]:
            raise Refusal(404, "20404", "There is no such message.")
        return Reply(message)

    def _call_back(self, url: str, auth_token: str, message: Mapping[str, Any], status: str) -> None:
        told = {
            "AccountSid": message["account_sid"],
            "ApiVersion": VERSION,
            "From": message["from"] or "",
            "MessageSid": message["sid"],
            "MessageStatus": status,
            "SmsSid": message["sid"],
            "SmsStatus": status,
            "To": message["to"],
        }
        if status == "undelivered":
            told["ErrorCode"] = UNREACHABLE
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": signature(auth_token, url, told),
        }
        body = urlencode(told).encode()
        self._outbox.send(
            Notification(f"{message['sid']}-{status}", status, message["sid"], url, body, lambda unix_s: headers)
        )

    def routes(self, counter: Counter) -> list[Route]:
        door = partial(Endpoint, counter, step="mailbox.send", shape=_error)
        accounts = f"/{VERSION}/Accounts/{{account}}"
        return [
            Route(f"{accounts}/Messages.json", door(self.create), methods=["POST"]),
            Route(f"{accounts}/Messages/{{sid}}.json", door(self.fetch), methods=["GET"]),
        ]


def _token(call: Call, account: str) -> str:
    """The token of HTTP Basic authentication. Raises Refusal 401."""
    scheme, _, told = call.header("authorization").partition(" ")
    try:
        user, _, token = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user, token = "", ""
    if scheme != "Basic" or user != account or not token:
        raise Refusal(401, "20003", "The account's SID and its token are needed, as user and password.")
    return token


def _check(form: Mapping[str, str]) -> None:
    """Raises Refusal 400 with Twilio's codes."""
    if not form.get("To"):
        raise Refusal(400, "21604", "To is missing.")
    number = form["To"].rpartition(":")[2]
    if not (number.startswith("+") and number[1:].isdigit() and 8 <= len(number) <= 16):
        raise Refusal(400, "21211", "To is not a phone number as E.164 writes them.")
    if form["To"] == _NO_MOBILE:
        raise Refusal(400, "21614", "To is not a mobile number.")
    if not (form.get("From") or form.get("MessagingServiceSid")):
        raise Refusal(400, "21603", "From or MessagingServiceSid is needed.")
    if not (form.get("Body") or form.get("MediaUrl") or form.get("ContentSid")):
        raise Refusal(400, "21602", "Body, MediaUrl or ContentSid is needed.")


def _scheduled(form: Mapping[str, str]) -> float | None:
    """Unix seconds for which it is scheduled. Raises Refusal 400."""
    if form.get("ScheduleType") != "fixed":
        return None
    try:
        at = datetime.fromisoformat(form.get("SendAt", ""))
    except ValueError:
        raise Refusal(400, "35114", "SendAt is not a time as ISO 8601 writes them.") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _tags(form: Mapping[str, str]) -> Mapping[str, Any]:
    """The message's Tags, a JSON object of texts. Raises Refusal 400."""
    try:
        tags = orjson.loads(form.get("Tags") or "{}")
    except orjson.JSONDecodeError:
        tags = None
    if not isinstance(tags, dict):
        raise Refusal(400, "20001", "Tags is not a JSON object.")
    return tags


def _message(account: str, form: Mapping[str, str], status: str) -> dict[str, Any]:
    """A Message resource as the answer to its making shows it."""
    sid = f"SM{secrets.token_hex(16)}"
    now = format_datetime(datetime.now(UTC))
    uri = f"/{VERSION}/Accounts/{account}/Messages/{sid}"
    return {
        "account_sid": account,
        "api_version": VERSION,
        "body": form.get("Body", ""),
        "date_created": now,
        "date_sent": None,
        "date_updated": now,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": form.get("From"),
        "messaging_service_sid": form.get("MessagingServiceSid"),
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "status": status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": form["To"],
        "uri": f"{uri}.json",
    }
