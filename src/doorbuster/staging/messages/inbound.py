"""Mail from customers: a person gets word that it arrived, a machine gets nothing, or both would write for ever."""

from __future__ import annotations

import email
from email.message import Message
from email.utils import parseaddr
from typing import Final

from doorbuster.staging.faults import mail_loop
from doorbuster.staging.messages.outgoing import SENDER, Letter, Outgoing
from doorbuster.staging.switchboard import Switchboard
from doorbuster.staging.virtual_clock import VirtualClock
from doorbuster.staging.web import Call, Refusal, Reply

_MASS: Final = frozenset({"auto_reply", "bulk", "junk", "list"})


def from_a_machine(headers: Message) -> bool:
    """Whether a mail was written by no person, by what RFC 3834 and common practice mark it with."""
    marked = headers.get("Auto-Submitted", "no").partition(";")[0].strip().lower()
    address = parseaddr(headers.get("From", ""))[1].lower()
    return (
        marked != "no"
        or headers.get("Precedence", "").strip().lower() in _MASS
        or headers.get("Return-Path", "").strip() == "<>"
        or address.partition("@")[0] in ("", "mailer-daemon", "postmaster")
        or address == SENDER
    )


class Inbound:
    """The address that the provider's Inbound Parse posts to."""

    def __init__(self, outgoing: Outgoing, clock: VirtualClock, faults: Switchboard) -> None:
        self._outgoing, self._clock, self._faults = outgoing, clock, faults

    def take(self, call: Call) -> Reply:
        """POST /messages/inbound: a form with the mail's own `headers` and its `from`. Raises Refusal 400."""
        form = _fields(call)
        if "headers" not in form or "from" not in form:
            raise Refusal(400, "invalid_mail", "The form lacks headers or from.")
        headers = email.message_from_string(form["headers"])
        loops = self._faults.value(mail_loop.FAULT) is not None
        if loops or not from_a_machine(headers):
            marked = None if loops else {"Auto-Submitted": "auto-replied"}
            to = parseaddr(form["from"])[1]
            self._outgoing.add(Letter("acknowledgement", to, self._clock.ahead_s, {}, marked))
        return Reply({})


def _fields(call: Call) -> dict[str, str]:
    """The parts of a multipart form, by name; a form is a MIME message but for its first header."""
    whole = b"Content-Type: " + call.header("content-type").encode() + b"\r\n\r\n" + call.body
    parts = email.message_from_bytes(whole).walk()
    fields = {}
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields[name] = content.decode(errors="replace")
    return fields
