"""What a check found, item by item, in the order in which shoppers meet them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from doorbuster.promises.rows import Order
from doorbuster.promises.words import amount_text, some
from doorbuster.rehearsal.check_purchases import paid_orders, purchase_event, read_back, totals
from doorbuster.rehearsal.row import LOOK, Row, why
from doorbuster.rehearsal.seen import Seen, Walked


def rows_of(seen: Seen) -> list[Row]:
    """In the order in which a shopper meets them."""
    bought = [one for one in seen.walked.values() if one.order and one.order.order_id]
    orders = {order.id: order for order in paid_orders(seen.books) if order.id}
    return [
        Row("shop", "works", "; ".join((seen.shop_line, *seen.overrides))),
        _hazards(seen),
        _catalogue(seen),
        _pages(seen),
        _discount(seen),
        _stock(seen),
        _shipping(seen, orders),
        _payment(seen),
        _wallet(seen),
        totals(seen, bought, orders),
        read_back(seen, bought, orders),
        purchase_event(seen, bought),
        *_hooks(seen),
    ]


def _hazards(seen: Seen) -> Row:
    """Those that were seen have ended the check before; what nobody could see is no all-clear."""
    if seen.untold is None:
        return Row("hazards", "works", "no live payment, shared sandbox or real mail, as far as its platform can tell")
    what, _, do = seen.untold.partition("; ")
    return Row("hazards", "cannot tell", what, do)


def _catalogue(seen: Seen) -> Row:
    there = sum(one.stock is None or one.stock > 0 for one in seen.catalogue)
    said = f"{some(len(seen.catalogue), 'variant')}, {there:,} of them not sold out"
    if there:
        return Row("catalogue", "works", said)
    return Row("catalogue", "does not work", said, "restock the shop, or add a command to hooks.before that does")


def _pages(seen: Seen) -> Row:
    pages = ("home", "collection", "product", "search")
    walked = [one for journey, one in seen.walked.items() if journey in ("browse", "cart")]
    shown = {taken.step for one in walked for taken in one.steps if taken.answer.outcome == "ok"}
    for one in walked:
        if one.stopped:
            return _stopped("pages and cart", one)
    if not walked:
        return Row("pages and cart", "not configured", "the scenario sends nobody to browse or to fill a cart")
    said = f"{', '.join(page for page in pages if page in shown)} of {seen.product.product}"
    return Row("pages and cart", "works", said + (", and a cart that counts" if "cart" in seen.walked else ""))


def _discount(seen: Seen) -> Row:
    if not seen.codes:
        return Row("discount", "not configured", "the shop names no discount codes")
    for one in seen.tried:
        if one.lower:
            said = f"{one.code}: {amount_text(one.before_minor or 0, one.currency)} became "
            return Row("discount", "works", said + amount_text(one.after_minor or 0, one.currency))
    taken = [one for one in seen.tried if one.answer and one.answer.outcome == "ok"]
    if any(None in (one.before_minor, one.after_minor) for one in taken):
        return Row("discount", "cannot tell", f"{taken[0].code} is taken, but the cart does not say what it costs")
    said = "; ".join(
        f"{one.code}: {why(one.answer, 'is taken, and the cart costs as much as before')}" for one in seen.tried
    )
    return Row("discount", "does not work", said, "look at the code's conditions and uses in the shop's back office")


def _stock(seen: Seen) -> Row:
    """The step after which a unit was gone."""
    if "native_checkout" not in seen.walked:
        return Row("stock reserved", "not configured", "the scenario sends nobody to the native checkout")
    before = None
    for moment in seen.stock:
        if moment.units is None:
            return Row("stock reserved", "cannot tell", "the shop does not say how many units it has")
        if before is not None and moment.units < before:
            return Row("stock reserved", "works", f"at {moment.step}: {before:,} units became {moment.units:,}")
        before = moment.units
    last = seen.stock[-1].step if seen.stock else ""
    if last != "checkout.complete":
        return Row("stock reserved", "cannot tell", f"not by {last or 'then'}, and no order was made")
    return Row(
        "stock reserved", "cannot tell", "not by the time the order was made: the shop counts later, or not at all"
    )


def _shipping(seen: Seen, orders: Mapping[str, Order]) -> Row:
    walked = next((seen.walked[name] for name in ("native_checkout", "express_wallet") if name in seen.walked), None)
    if walked is None:
        return Row("shipping", "not configured", "the scenario sends nobody to buy")
    answer = walked.last("checkout.shipping", "wallet.update")
    if answer is None:
        return _not_reached("shipping", walked)
    if answer.outcome != "ok":
        return _stopped("shipping", walked)
    order = orders.get((walked.order.order_id if walked.order else None) or "")
    parts = f", shipping {amount_text(order.parts[2], order.currency)}" if order and order.parts else ""
    if answer.total_minor is None:
        return Row("shipping", "works" if parts else "cannot tell", f"chosen; its page names no whole price{parts}")
    return Row("shipping", "works", f"{amount_text(answer.total_minor, answer.currency)} in all{parts}")


def _payment(seen: Seen) -> Row:
    walked = seen.walked.get("native_checkout")
    if walked is None:
        return Row("test payment", "not configured", "the scenario sends nobody to the native checkout")
    paid = walked.last("checkout.payment")
    if paid and paid.outcome not in ("ok", "unknown"):  # also where the shop then offered the wallet, which worked
        return Row("test payment", "does not work", f"checkout.payment: {why(paid)}", _PAY)
    return _bought("test payment", walked, _PAY)


def _wallet(seen: Seen) -> Row:
    walked = seen.walked.get("express_wallet")
    if walked is None:
        return Row("wallet", "not configured", "the scenario sends nobody to the express wallet")
    return _bought("wallet", walked, "look at the wallet's settings, or set journeys.express_wallet to 0")


_PAY: Final = "switch the shop's payment method to its test mode and look at what its gateway answers"


def _bought(what: str, walked: Walked, do: str) -> Row:
    if walked.order and walked.order.order_id:
        price = walked.order.total_minor
        paid = f", {amount_text(price, walked.order.currency)}" if price is not None else ""
        return Row(what, "works", f"order {walked.order.order_id}{paid}")
    return _stopped(what, walked, do)


def _hooks(seen: Seen) -> Iterator[Row]:
    if seen.hooks_why_not:
        yield Row("hooks", "does not work", seen.hooks_why_not, "mend the scenario's hooks.after")


def _stopped(what: str, walked: Walked, do: str = LOOK) -> Row:
    """The step at which a shopper could not go on."""
    stopped = walked.stopped
    if stopped is None:
        return Row(what, "does not work", f"{walked.journey} came to its end without an order", LOOK)
    lost = next((one for one in reversed(walked.steps) if one.answer.outcome == "unknown"), None)
    if lost and stopped.step == "order.read":
        return Row(what, "does not work", f"{lost.step}: {lost.answer.detail}, and no order came of it", do)
    said = f"{walked.journey} stopped at {stopped.step}: {why(stopped.answer)}"
    return Row(what, "does not work", said, _DO.get(stopped.answer.outcome, do))


_DO: Final[Mapping[str, str]] = {
    "throttled": "let the rehearsal's address through the shop's limits on requests, or send less",
    "abandoned": "the shop is slower than its shoppers' patience with nobody else in it: " + LOOK,
}


def _not_reached(what: str, walked: Walked) -> Row:
    stopped = walked.stopped
    return Row(
        what,
        "cannot tell",
        f"{walked.journey} did not get there: it stopped at {stopped.step if stopped else 'its start'}",
    )
