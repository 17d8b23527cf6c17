"""People who are away: their mailboxes answer by themselves, and a shop that answers back writes for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import HTTP
from typing import Final

from doorbuster.staging.mailbox.book import Message
from doorbuster.staging.mailbox.sendgrid import SendGrid
from doorbuster.staging.notifications import Notification, Outbox

AWAY: Final = "+away"
"""An address whose local part ends so belongs to somebody who is away."""
MOST_ANSWERS: Final = 10
"""To one shop from one address: then even the most stubborn mailbox stops."""


class Away:
    """Answers through SendGrid's Inbound Parse, as a form posted to the shop."""

    def __init__(self, sendgrid: SendGrid, outbox: Outbox) -> None:
        self._sendgrid, self._outbox = sendgrid, outbox
        self.reset()

    def reset(self) -> None:
        self._answered: Counter[str] = Counter()

    def hears(self, message: Message, headers: Mapping[str, str]) -> None:
        """Answer a mail, unless it says that a machine wrote it."""
        local, _, domain = message.recipient.rpartition("@")
        url = self._sendgrid.inbound_url
        if not local.endswith(AWAY) or not domain or not url:
            return
        if headers.get("auto-submitted", "no").lower() != "no" or self._answered[message.recipient] >= MOST_ANSWERS:
            return
        self._answered[message.recipient] += 1
        name = f"{message.recipient}-{self._answered[message.recipient]}"
        content_type, body = _note(message.recipient)
        answer = Notification(name, "answer", message.recipient, url, body, lambda unix_s: content_type)
        self._outbox.send(answer)


def _note(sender: str) -> tuple[dict[str, str], bytes]:
    """An out-of-office note as the form that Inbound Parse posts: its content type, and its body."""
    headers = f"From: {sender}\nSubject: Out of office\nAuto-Submitted: auto-replied\nPrecedence: auto_reply\n"
    fields = {"headers": headers, "from": sender, "subject": "Out of office", "text": "Back on Monday."}
    form = MIMEMultipart("form-data", policy=HTTP)
    for name, value in fields.items():
        part = MIMEText(value.encode("ascii", "replace").decode(), "plain", "us-ascii", policy=HTTP)
        part.add_header("Content-Disposition", "form-data", name=name)
        form.attach(part)
    _, _, body = form.as_bytes().partition(b"\r\n\r\n")
    return {"Content-Type": str(form["Content-Type"]).replace("\r\n", "")}, body
