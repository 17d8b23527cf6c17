"""The page where an ERP fetches the shop's orders and leaves its count of the stock, in the words of 1C-Bitrix.

Asked one after the other, each with `type` (`sale` or `catalog`) and `mode` in the query: `checkauth` gives a cookie,
`init` the limits, `query` the paid orders that no ERP has yet, `success` says that it has them now, `file` takes a
document and `import` reads it. Answers are lines of text, the first one `success` or `failure`.
Source: 1C's public description of the exchange with a web shop, and 1C-Bitrix's `1c_exchange.php`.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from starlette.routing import Route

from doorbuster.staging.back_office.commerceml import NotCommerceML, Sale, SoldLine, read_stock, write_sales
from doorbuster.staging.back_office.erp import EXCHANGE_PATH, PASSWORD, USER
from doorbuster.staging.books import Books
from doorbuster.staging.catalogue import CURRENCY
from doorbuster.staging.sales_queue import SalesQueue, Unsent
from doorbuster.staging.service_times import ServiceTimes
from doorbuster.staging.switchboard import Switchboard
from doorbuster.staging.web import Call, Counter, Endpoint, Reply

COOKIE: Final = "exchange"
_FILE_LIMIT: Final = 50_000_000
_LOGIN: Final = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
_XML: Final = (b"content-type", b"text/xml; charset=utf-8")


@dataclass
class _Visit:
    """One ERP that has shown who it is."""

    offered: Sequence[Unsent] = ()
    files: dict[str, bytes] = field(default_factory=dict)


class ExchangePage:
    """One exchange at a time is what 1C does, and all that this page remembers."""

    def __init__(self, books: Books, sales: SalesQueue) -> None:
        self._books = books
        self._sales = sales
        self.reset()

    def reset(self) -> None:
        """Whoever was in the middle of an exchange begins again."""
        self._visits: dict[str, _Visit] = {}

    def answer(self, call: Call) -> Reply:
        """GET or POST /bitrix/admin/1c_exchange.php?type=...&mode=..."""
        kind, mode = call.query("type"), call.query("mode")
        if mode == "checkauth":
            if call.header("authorization") != _LOGIN:
                return _failure("The name or the password is wrong.")
            ticket = secrets.token_hex(16)
            self._visits = {ticket: _Visit()}
            return _lines("success", COOKIE, ticket)
        visit = self._visits.get(_ticket(call))
        if visit is None:
            return _failure("Ask for checkauth first and send its cookie.")
        if mode == "init":
            return _lines("zip=no", f"file_limit={_FILE_LIMIT}")
        known = {
            ("sale", "query"): self._offer,
            ("sale", "success"): self._booked,
            ("catalog", "file"): self._keep,
            ("catalog", "import"): self._import,
        }.get((kind, mode))
        return known(visit, call) if known else _failure("There is no such type or mode.")

    def _offer(self, visit: _Visit, call: Call) -> Reply:
        visit.offered = self._sales.for_erp()
        return Reply(write_sales(map(_sale, visit.offered)), headers=(_XML,))

    def _booked(self, visit: _Visit, call: Call) -> Reply:
        """What was offered, and nothing that was paid since: marking by the clock is how shops lose sales."""
        self._sales.booked(visit.offered)
        visit.offered = ()
        return _lines("success")

    def _keep(self, visit: _Visit, call: Call) -> Reply:
        name = call.query("filename")
        visit.files[name] = visit.files.get(name, b"") + call.body  # a large one comes in pieces
        return _lines("success")

    def _import(self, visit: _Visit, call: Call) -> Reply:
        """Keep the ERP's count beside the shop's own, which knows of purchases that the ERP has yet to hear of."""
        try:
            units = read_stock(visit.files.pop(call.query("filename"), b""))
        except NotCommerceML as wrong:
            return _failure(f"The document cannot be read: {wrong}.")
        with self._books.transaction():
            for article, count in units.items():
                self._books.query("UPDATE stock SET erp_units = ? WHERE variant = ?", (count, article))
        return _lines("success")

    def routes(self, faults: Switchboard) -> list[Route]:
        # An ERP is no shopper: it waits for nothing, gets no session, and is not in the shop's access log.
        counter = Counter(ServiceTimes(0, False), faults)
        return [Route(EXCHANGE_PATH, Endpoint(counter, self.answer), methods=["GET", "POST"])]


def _sale(unsent: Unsent) -> Sale:
    order, totals = unsent.order, unsent.order.new.totals
    lines = tuple(SoldLine(line.variant, line.quantity, line.price_minor) for line in order.new.lines)
    return Sale(unsent.told_as, order.id, order.at_unix_us, totals.total_minor, CURRENCY, lines)


def _ticket(call: Call) -> str:
    pairs = (pair.strip().partition("=") for pair in call.header("cookie").split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def _lines(*lines: str) -> Reply:
    return Reply("\n".join(lines).encode(), headers=(_TEXT,))


def _failure(why: str) -> Reply:
    """The protocol's no: HTTP 200 all the same."""
    return _lines("failure", why)
