"""What can go wrong between a shopper and the shop: equal causes give equal sentences, without ids."""

from __future__ import annotations

import os
import socket
import ssl


class PatienceRanOut(BaseException):
    """The shopper has waited long enough. No Exception: an adapter must not take it for an answer of the shop's."""


class TooLate(Exception):
    """Thrown into a wait whose time is up."""


class Failed(Exception):
    """A request came to nothing; the text is the sentence that is recorded."""


class Unanswered(Failed):
    """The connection ended before any of the answer came: a kept one may just have been closed."""


REDIRECT_LOOP = "the shop redirects in circles"
NOT_HTTP = "the answer is not valid HTTP"
CUT_OFF = "the answer broke off in the middle"
NO_ANSWER = "the connection closed without an answer"
TOO_BIG = "the answer is bigger than the limit"
HEAD_TOO_BIG = "the answer's headers are bigger than the limit"
BROKEN_ENCODING = "the answer cannot be unpacked"
UNASKED_ENCODING = "the answer is packed in a way that nobody asked for"
BAD_URL = "the address is not a web address"
BAD_HEADER = "a header would hold a line break"
CONNECT_LATE = "connecting took too long"
FIRST_BYTE_LATE = "no answer in time"
TOTAL_LATE = "the answer took too long to arrive"
PROXY_REFUSED = "the proxy refused the connection"
ELSEWHERE = "{} is not among limits.allowed_hosts"


def sentence(error: Failed | OSError) -> str:
    """What we, the operating system or TLS said, without addresses."""
    if isinstance(error, Failed):
        return str(error)
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "verify_message", "") or (error.reason or "unknown reason").lower().replace("_", " ")
        return f"TLS failed: {reason}"
    if isinstance(error, socket.gaierror):
        return "the host's name cannot be resolved"
    return f"connection failed: {os.strerror(error.errno).lower() if error.errno else 'unknown reason'}"
