"""What a check found out about the orders that its shoppers made: prices, books, analytics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from doorbuster.promises.fact import Fact
from doorbuster.promises.rows import Order, read_order
from doorbuster.promises.words import amount_text, some
from doorbuster.rehearsal.row import LOOK, Row, why
from doorbuster.rehearsal.seen import Seen, Walked
from doorbuster.vocabulary import JOURNEYS

_BOOKS: Final = "let DOORBUSTER_ADMIN_TOKEN read orders, or audit the run with --orders, --payments and --events"


def paid_orders(books: Sequence[Mapping[str, Any]]) -> Iterator[Order]:
    """The orders that the books call paid."""
    for row in books:
        if (row.get("witness"), row.get("kind")) == ("shop", "order"):
            yield read_order(Fact(None, *(row.get(name) for name in Fact._fields[1:])))  # type: ignore[arg-type]


def totals(seen: Seen, bought: Sequence[Walked], orders: Mapping[str, Order]) -> Row:
    if not bought:
        return _no_order(seen, "totals")
    wrong, told = [], 0
    for walked in bought:
        order = orders.get(_id(walked))
        for differs in _differs(walked, order):
            wrong.append(f"{walked.journey}: {differs}")
        told += bool(order and order.parts)
    if wrong:
        return Row("totals", "does not work", "; ".join(wrong), "find where the price changes between page and order")
    if told == len(bought):
        return Row("totals", "works", "items - discounts + shipping + tax is the total that was shown")
    return Row("totals", "cannot tell", "page and books agree as far as told; the books do not say all parts")


def _differs(walked: Walked, order: Order | None) -> Iterator[str]:
    """In how far a purchase was not at one price."""
    assert walked.order
    shown, currency = walked.order.total_minor, walked.order.currency
    quote = next(
        (one for step in ("wallet.update", "checkout.payment", "checkout.shipping")
         if (one := walked.last(step)) and one.total_minor is not None),
        None,
    )  # fmt: skip
    if quote and quote.total_minor is not None and shown is not None and quote.total_minor != shown:
        yield f"{amount_text(quote.total_minor, currency)} before paying, {amount_text(shown, currency)} on the order"
    if order is None:
        return
    if None not in (shown, order.total_minor) and shown != order.total_minor:
        books = amount_text(order.total_minor or 0, currency)
        yield f"the page says {amount_text(shown or 0, currency)}, the books say {books}"
    if order.parts and order.total_minor is not None:
        items, discount, shipping, tax = order.parts
        if items - discount + shipping + tax != order.total_minor:
            parts = " ".join(
                f"{sign} {amount_text(part, order.currency)}"
                for sign, part in zip("+-++", order.parts, strict=True)
            )  # fmt: skip
            yield f"{parts[2:]} is not {amount_text(order.total_minor, order.currency)}"


def read_back(seen: Seen, bought: Sequence[Walked], orders: Mapping[str, Order]) -> Row:
    what = "order read back"
    if not bought:
        return _no_order(seen, what)
    for walked in bought:
        looked = walked.last("order.read")
        if looked is None or looked.outcome != "ok" or looked.order_id != _id(walked):
            said = why(looked, f"another order, {looked.order_id if looked else None}")
            return Row(what, "does not work", f"{walked.journey}: looked up by its intent: {said}", LOOK)
    if seen.books_why_not:
        return Row(what, "does not work", f"the shop's books cannot be read: {seen.books_why_not}", _BOOKS)
    if not any(row.get("witness") == "shop" for row in seen.books):
        return Row(what, "not configured", "by its intent; this platform's books are not read", _BOOKS)
    amiss = next(filter(None, (_amiss(one, orders.get(_id(one))) for one in bought)), None)
    if amiss:
        return Row(what, "does not work", amiss, _BOOKS)
    return Row(what, "works", f"{some(len(bought), 'order')} by intent and in the books")


def _amiss(walked: Walked, order: Order | None) -> str | None:
    """How the books tell another story than the shopper."""
    if order is None:
        return f"{walked.journey}: order {_id(walked)} is not among the shop's paid orders"
    if order.intent and walked.intent and order.intent.casefold() != walked.intent.casefold():
        return f"{walked.journey}: in the books order {order.id} is another shopper's, {order.intent}"
    return None


def purchase_event(seen: Seen, bought: Sequence[Walked]) -> Row:
    what = "purchase event"
    if not any(row.get("witness") == "analytics" for row in seen.books):
        return Row(
            what, "not configured", "no analytics is read back", "docs/witnesses.md has a collector for staging shops"
        )
    if not bought:
        return _no_order(seen, what)
    told = [row.get("order_id") for row in seen.books if row.get("kind") == "purchase_event"]
    missing = [_id(one) for one in bought if _id(one) not in told]
    if missing:
        return Row(
            what, "does not work", f"analytics heard nothing of order {', '.join(missing)}", "look at the shop's tags"
        )
    return Row(what, "works", f"analytics heard of {some(len(bought), 'order')}")


def _no_order(seen: Seen, what: str) -> Row:
    buys = [journey for journey in JOURNEYS[2:] if journey in seen.walked]
    if not buys:
        return Row(what, "not configured", "the scenario sends nobody to buy")
    return Row(what, "cannot tell", "no order was made")


def _id(walked: Walked) -> str:
    return (walked.order.order_id if walked.order else None) or ""
