"""How promises are spoken of: people first, then money, then what was checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from doorbuster.promises.fact import Finding, Offence, in_order
from doorbuster.promises.ledger import Ledger

_DECIMALS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits after the point where they are not two (ISO 4217)."""
NOT_HEARD: Final = {
    "shopper": "no shopper saw an order",
    "shop": "the shop's orders were not read",
    "gateway": "the payment gateway's books were not read",
    "analytics": "the purchase events were not read",
    "mailbox": "the mailbox was not read",
    "erp": "the ERP's books were not read",
    "register": "the register's receipts were not read",
    "run": "nothing says how fast the shop answered",
}


def decimals(currency: str) -> int:
    """Digits after the decimal point of a currency.

    >>> decimals("EUR"), decimals("JPY"), decimals("KWD")
    (2, 0, 3)
    """
    return _DECIMALS.get(currency.upper(), 2)


def amount_text(amount_minor: int, currency: str | None) -> str:
    """An amount as a shop writes it.

    >>> amount_text(124050, "EUR"), amount_text(-5, "EUR"), amount_text(980, "JPY")
    ('1,240.50 EUR', '-0.05 EUR', '980 JPY')
    """
    digits = decimals(currency or "")
    whole, rest = divmod(abs(amount_minor), 10**digits)
    point = f".{rest:0{digits}d}" if digits else ""
    return f"{'-' if amount_minor < 0 else ''}{whole:,}{point} {currency or 'of an unnamed currency'}"


def money_at_stake(offences: Sequence[Offence]) -> Mapping[str, int]:
    """Minor units by currency, too much and too little alike; only where an offence names an amount."""
    total: Counter[str] = Counter()
    for offence in offences:
        if offence.amount_minor:
            total[offence.currency or ""] += abs(offence.amount_minor)
    return dict(sorted(total.items()))


def money_text(offences: Sequence[Offence]) -> str:
    """` (1,240.50 EUR)`, or nothing where no offence names an amount."""
    parts = [amount_text(total, currency or None) for currency, total in money_at_stake(offences).items()]
    return f" ({' and '.join(parts)})" if parts else ""


def people(offences: Sequence[Offence]) -> int:
    """How many shoppers suffered: each purchase intent once, and each offence that names none."""
    return len({offence.intent for offence in offences if offence.intent}) + sum(not one.intent for one in offences)


def shoppers_were(offences: Sequence[Offence]) -> str:
    """`1 shopper was`, `37 shoppers were`."""
    count = people(offences)
    return "1 shopper was" if count == 1 else f"{count:,} shoppers were"


def some(count: int, what: str) -> str:
    """`1 order`, `2,310 orders`."""
    return f"1 {what}" if count == 1 else f"{count:,} {what}s"


def by_what(offences: Sequence[Offence]) -> str:
    """`12 missing, 3 doubled`: how many of which kind, most first."""
    counts = Counter(offence.what for offence in offences)
    return ", ".join(
        f"{count:,} {what}" for what, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def not_heard(ledger: Ledger, *witnesses: str) -> str | None:
    """Why a promise that needs these witnesses cannot be judged; None when all of them were heard."""
    return next((NOT_HEARD[witness] for witness in witnesses if witness not in ledger.heard), None)


def cannot_tell(promise: str, why: str) -> Finding:
    """Neither kept nor broken, and the reason."""
    return Finding(promise, None, f"{promise}: cannot tell, {why}")


def found(
    promise: str,
    checked: int,
    what: str,
    offences: Sequence[Offence],
    broken: str,
    *,
    measured: str = "",
    numbers: Mapping[str, float] | None = None,
    nothing: str = "",
) -> Finding:
    """Broken if anything offended, else kept if anything was checked, else cannot tell.

    `nothing` is for a promise that is kept where there is nothing to check, and says what there was none of.
    `what` is one of the things checked (`order`); `broken` is the sentence up to the money; `measured` ends both.
    """
    if offences:
        sentence = f"{broken}{money_text(offences)}; {some(checked, what)} checked{measured}"
        return Finding(promise, False, sentence, checked, in_order(offences), numbers or {})
    if not checked and nothing:
        return Finding(promise, True, f"{promise}: kept, {nothing}{measured}", 0, (), numbers or {})
    if not checked:
        return cannot_tell(promise, f"there is no {what} to check")
    return Finding(
        promise, True, f"{promise}: kept, {some(checked, what)} checked{measured}", checked, (), numbers or {}
    )
