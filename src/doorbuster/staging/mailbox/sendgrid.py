"""SendGrid as a shop calls it: /v3/mail/send, a letter to each of up to 1,000 people in one call."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from starlette.routing import Route

from doorbuster.staging.mailbox.book import Book
from doorbuster.staging.mailbox.rate_limit import RateLimit
from doorbuster.staging.web import Call, Counter, Endpoint, Headers, Refusal, Reply

MOST_LETTERS: Final = 1000
# https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits has the headers and the
# body; that mail/send takes 10,000 calls a second is what users report, not in the reference.
MOST_A_SECOND: Final = 10_000


def _error(refusal: Refusal) -> dict[str, Any]:
    return {"errors": [{"message": refusal.message, "field": refusal.param, "help": None}]}


def _refuse(message: str, field: str | None) -> Refusal:
    return Refusal(400, "bad_request", message, param=field)


def _objects(value: Any, field: str, *, empty: bool = False) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value) or not (value or empty):
        raise _refuse(f"{field} must be a list of objects.", field)
    return value


def _mapping(value: Any, field: str) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise _refuse(f"{field} must be an object.", field)
    return value or {}


def _address(one: Mapping[str, Any], field: str) -> str:
    email = one.get("email")
    if not isinstance(email, str) or "@" not in email:
        raise _refuse("This is not an e-mail address.", field)
    return email


class SendGrid:
    """One account, whatever key it is called with."""

    def __init__(self, book: Book, limit: RateLimit) -> None:
        self._book, self._limit = book, limit
        self.inbound_url = ""
        """Where mail to the shop is posted, once the shop has said so."""

    def send(self, call: Call) -> Reply:
        """POST /v3/mail/send"""
        self._let_in(call)
        body = call.json()
        letters = _objects(body.get("personalizations"), "personalizations")
        if len(letters) > MOST_LETTERS:
            raise _refuse(f"No more than {MOST_LETTERS} personalizations in one call.", "personalizations")
        _address(_mapping(body.get("from"), "from"), "from.email")
        subjects = body.get("subject") or all(letter.get("subject") for letter in letters)
        if not body.get("template_id") and not (subjects and body.get("content")):
            raise _refuse("A subject and content are needed, or a template_id.", "subject")
        categories = body.get("categories") or [None]
        shared = {"kind": categories[0] if isinstance(categories, list) else None}
        shared |= _mapping(body.get("custom_args"), "custom_args")
        # Read as a whole before anything is written down: a call is taken or refused, not half of each.
        read = [self._letter(number, letter, body, shared) for number, letter in enumerate(letters)]
        for recipients, told, at_unix_s, headers in read:
            for recipient in recipients:
                self._book.take("sendgrid", recipient, told, at_unix_s=at_unix_s, headers=headers)
        return Reply(b"", 202, ((b"x-message-id", secrets.token_urlsafe(16).encode()), *self._counted()))

    def _letter(
        self, number: int, letter: dict[str, Any], body: dict[str, Any], shared: Mapping[str, Any]
    ) -> tuple[list[str], dict[str, Any], float | None, dict[str, str]]:
        where = f"personalizations.{number}"
        people = _objects(letter.get("to"), f"{where}.to")
        for copies in ("cc", "bcc"):
            people = [*people, *_objects(letter.get(copies, []), f"{where}.{copies}", empty=True)]
        at_unix_s = letter.get("send_at", body.get("send_at"))
        if at_unix_s is not None and (isinstance(at_unix_s, bool) or not isinstance(at_unix_s, int)):
            raise _refuse("send_at must be a whole number of unix seconds.", f"{where}.send_at")
        told = {**shared, **_mapping(letter.get("custom_args"), f"{where}.custom_args")}
        headers = {**_mapping(body.get("headers"), "headers"), **_mapping(letter.get("headers"), f"{where}.headers")}
        mail_headers = {str(name).lower(): str(value) for name, value in headers.items()}
        return [_address(one, f"{where}.to.email") for one in people], told, at_unix_s, mail_headers

    def receive_at(self, call: Call) -> Reply:
        """POST /v3/user/webhooks/parse/settings {hostname, url}: where mail to the shop is posted to."""
        self._let_in(call)
        body = call.json()
        url = body.get("url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise _refuse("url must be an address.", "url")
        self.inbound_url = url
        settings = {"url": url, "hostname": body.get("hostname"), "spam_check": False, "send_raw": False}
        return Reply(settings, 201)

    def _let_in(self, call: Call) -> None:
        if not call.header("authorization").startswith("Bearer SG."):
            raise Refusal(401, "unauthorized", "A key that begins with SG. is needed, as a bearer token.")
        after_s = self._limit.take()
        if after_s:
            again = ((b"retry-after", b"%d" % after_s), *self._counted())
            raise Refusal(429, "too_many_requests", "too many requests", headers=again)

    def _counted(self) -> Headers:
        limit = self._limit
        counts = {"limit": limit.most, "remaining": limit.left, "reset": limit.ends_unix_s}
        return tuple([(f"x-ratelimit-{name}".encode(), b"%d" % count) for name, count in counts.items()])

    def routes(self, counter: Counter) -> list[Route]:
        send = Endpoint(counter, self.send, "mailbox.send", _error)
        parse = Endpoint(counter, self.receive_at, shape=_error)
        return [
            Route("/v3/mail/send", send, methods=["POST"]),
            Route("/v3/user/webhooks/parse/settings", parse, methods=["POST"]),
        ]
