"""Nobody is charged without an order, and nobody twice: the gateway's money and the shop's orders agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from doorbuster.promises.fact import Fact, Finding, finding


def check(facts: Sequence[Fact]) -> Finding:
    """Compare what the gateway captured, less what it refunded, with the shop's paid orders, intent by intent."""
    charged: Counter[str] = Counter()
    captures: Counter[str] = Counter()
    for fact in facts:
        if fact.witness == "gateway" and fact.intent and fact.kind in ("captured", "refunded"):
            amount = fact.amount_minor or 0
            charged[fact.intent] += amount if fact.kind == "captured" else -amount
            captures[fact.intent] += 1
    owed: Counter[str] = Counter()
    for fact in facts:
        if fact.witness == "shop" and fact.kind == "order" and fact.intent:
            owed[fact.intent] += fact.amount_minor or 0
    without = sum(1 for intent, amount in charged.items() if amount > 0 and intent not in owed)
    more = sum(1 for intent, amount in charged.items() if intent in owed and amount > owed[intent])
    wrong = " and ".join(
        text
        for count, text in (
            (without, f"{without} were charged without an order"),
            (more, f"{more} were charged more than their order"),
        )
        if count
    )
    return finding("charged once, and only for an order", len(captures), "charge", without + more, wrong)
