"""What answers mean on any platform: no answer, a stumble, a queue; and the body of those that say something."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final

import orjson
from msgspec import MsgspecError

from doorbuster.promises.words import decimals
from doorbuster.storefronts.base import OK, Answer, Response
from doorbuster.vocabulary import MONEY_STEPS, Outcome

LATER: Final = "the shop asked to come back later"
MALFORMED: Final = (
    *(KeyError, TypeError, ValueError, IndexError, StopIteration, AttributeError, ArithmeticError),
    MsgspecError,
)
Reading = Callable[[Any], Answer]
Decode = Callable[[bytes], Any]


def failed(step: str, detail: str) -> Answer:
    """The shop did not do what it was asked. On a money step nobody knows what it did: `unknown`, to be read back."""
    outcome: Outcome = "unknown" if step in MONEY_STEPS else "error"
    return Answer(outcome, detail)


def no_answer(step: str, response: Response) -> Answer | None:
    """What holds on every platform: no answer, 5xx, 408, 429; None for what the platform itself has to read.

    503 with a Retry-After is a queue, not a stumble: nothing was done. 408 is a proxy's word that it waited in vain for
    the shop, which may have done it.
    """
    if response.failure or not response.status:
        return failed(step, response.failure or "no answer")
    if response.status == 429 or (response.status == 503 and "retry-after" in response.headers):
        return throttled(retry_after_s(response))
    if response.status >= 500 or response.status == 408:
        return failed(step, f"HTTP {response.status}")
    return None


def throttled(again_s: float | None = None) -> Answer:
    """Turned away for now; asked again by itself where the shop said when."""
    return Answer("throttled", LATER, again_s=again_s)


def retry_after_s(response: Response) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or as a date (RFC 9110, 10.2.3); None without one."""
    said = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", said):
        return float(said)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())


def read(step: str, response: Response, reading: Reading, decode: Decode = orjson.loads) -> Answer:
    """The outcome of one answer in JSON; one that lacks what it must say is no success, whatever its status.

    `reading` gets the whole body, or what `decode` takes of it, and decides; a status that is no success by itself is
    the platform's to look at before.
    """
    return no_answer(step, response) or understood(step, response, reading, decode)


def understood(step: str, response: Response, reading: Reading, decode: Decode = orjson.loads) -> Answer:
    """The same of an answer whose status has been looked at."""
    try:
        return reading(decode(response.body))
    except MALFORMED:
        return failed(step, f"{step}: the answer lacks what it must say")


def read_page(step: str, response: Response) -> Answer:
    """A page for people: the whole of it has to be there."""
    no = no_answer(step, response)
    if no:
        return no
    if response.status >= 400:
        return failed(step, f"HTTP {response.status}")
    # Most pages close in small letters, and a whole one takes long to write so.
    whole = b"</html>" in response.body or b"</html>" in response.body.lower()
    return OK if whole else failed(step, f"{step}: the page is not whole")


def id_in(said: Any) -> str:
    """What an answer calls something: text or a number. Raises ValueError for null and the like, which name nothing.

    >>> id_in("gid/7"), id_in(7)
    ('gid/7', '7')
    """
    if type(said) is str and said:  # nearly all are
        return said
    if isinstance(said, bool) or not isinstance(said, str | int) or said == "":
        raise ValueError(f"{said!r} is no id")
    return str(said)


def minor(amount: Any, currency: str) -> int:
    """An amount of money in minor units, from a number or a text in units. Raises ValueError.

    >>> minor("12.30", "EUR"), minor(980, "JPY"), minor(0.1 + 0.2, "EUR")
    (1230, 980, 30)
    """
    try:
        units = Decimal(str(amount))
        return int((units * 10 ** decimals(currency)).to_integral_value("ROUND_HALF_UP"))
    except (InvalidOperation, OverflowError):
        raise ValueError(f"{amount!r} is no amount") from None


@lru_cache(maxsize=4096, typed=True)
def costs(amount: Any, currency: str) -> Answer:
    """`ok` with a price that the shop told in units; kept, because a shop tells the same prices all day.

    Raises ValueError, and TypeError for what can be no amount at all.

    >>> costs("12.30", "EUR")[:5]
    ('ok', '', None, 1230, 'EUR')
    """
    return Answer("ok", total_minor=minor(amount, currency), currency=currency)


def amount_of(priced: Any, kind: str = "total") -> int:
    """What a session or a cart of an agents' protocol costs in the end, or one part of it, in minor units.

    Raises KeyError where it does not say, TypeError or ValueError where it says something else.
    """
    for total in priced["totals"]:
        if total["type"] == kind:
            return int(total["amount"])
    raise KeyError(kind)
