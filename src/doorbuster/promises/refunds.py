"""What was charged in the end: captures less what was given back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from doorbuster.promises.rows import Money

_Key = tuple[str, str | None]
"""What a refund gives back, and in which currency."""


def without_refunds(captures: Sequence[Money], refunds: Sequence[Money]) -> Iterator[Money]:
    """Captures that stand. A refund belongs to its payment where it names one, else to its intent or order.

    It gives back captures of its own currency; one that names none may be of any, and so may a capture.

    The latest capture is given back first: who is charged twice and refunded once keeps the first.
    """
    if not refunds:
        yield from captures
        return
    currencies = sorted({one.currency for one in refunds}, key=repr)
    payments = {one.payment for one in captures if one.payment}
    back: dict[_Key, int] = defaultdict(int)
    whole: dict[_Key, int] = defaultdict(int)
    for refund in refunds:
        if refund.amount_minor is None:
            whole[_key(refund, payments)] += 1  # it does not say how much: then it gave back one capture
        else:
            back[_key(refund, payments)] += refund.amount_minor
    for capture in sorted(captures, key=_latest_first):
        same = [told for told in currencies if told == capture.currency or None in (told, capture.currency)]
        by_name = [capture, capture._replace(payment=None)]
        keys = [_key(one._replace(currency=currency), payments) for one in by_name for currency in same]
        key = next((key for key in keys if back.get(key, 0) > 0 or whole.get(key, 0)), None)
        if key is None:
            yield capture
        elif whole.get(key):
            whole[key] -= 1
        elif capture.amount_minor is None:
            back[key] = 0
        else:
            given_back = min(back[key], capture.amount_minor)
            back[key] -= given_back
            if given_back < capture.amount_minor:
                yield capture._replace(amount_minor=capture.amount_minor - given_back, given_back_minor=given_back)


def _key(money: Money, payments: set[str]) -> _Key:
    if money.payment in payments:
        return f"payment {money.payment}", money.currency
    return f"intent {money.intent}" if money.intent else f"order {money.order_id}", money.currency


def _latest_first(money: Money) -> tuple[bool | int | str, ...]:
    at_us, amount = money.at_us, money.amount_minor
    names = (money.payment or "", money.intent or "", money.order_id or "", money.currency or "")
    return (at_us is None, -(at_us or 0), *names, amount is None, amount or 0)
