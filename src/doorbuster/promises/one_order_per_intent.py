"""One wish to buy makes one order, however often the shopper clicks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from doorbuster.promises.fact import Fact, Finding, finding


def check(facts: Sequence[Fact]) -> Finding:
    """Count the shop's paid orders by purchase intent; also every order that a page showed must be in the books."""
    orders = [fact for fact in facts if fact.witness == "shop" and fact.kind == "order"]
    per_intent = Counter(fact.intent for fact in orders if fact.intent)
    doubled = sum(1 for count in per_intent.values() if count > 1)
    booked = {fact.order_id for fact in orders}
    seen = [fact for fact in facts if fact.witness == "shopper" and fact.kind == "order_seen"]
    missing = sum(1 for fact in seen if fact.order_id not in booked)
    intents = len({fact.intent for fact in (*orders, *seen) if fact.intent})
    wrong = " and ".join(
        text
        for count, text in (
            (doubled, f"{doubled} intents have more than one order"),
            (missing, f"{missing} orders were shown to a shopper and are not in the shop's books"),
        )
        if count
    )
    return finding("one order per intent", intents, "purchase intent", doubled + missing, wrong)
