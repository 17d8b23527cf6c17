"""Stock is never oversold: no variant is in more paid orders than there were units of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from doorbuster.promises.fact import Fact, Finding, finding


def check(facts: Sequence[Fact]) -> Finding:
    """Compare the units in the shop's paid orders with the units it began with, variant by variant."""
    had = {
        fact.detail["variant"]: int(fact.detail["initial"])
        for fact in facts
        if fact.witness == "shop" and fact.kind == "stock" and fact.detail.get("initial") is not None
    }
    sold: Counter[str] = Counter()
    for fact in facts:
        if fact.witness == "shop" and fact.kind == "order":
            for line in fact.detail["lines"]:
                sold[line["variant"]] += int(line["quantity"])
    over = {variant: units - had[variant] for variant, units in sold.items() if variant in had and units > had[variant]}
    worst = max(over, key=lambda variant: over[variant], default="")
    wrong = f"{len(over)} oversold, worst {worst} by {over.get(worst, 0)} units" if over else ""
    return finding("stock is never oversold", len(had), "variant", len(over), wrong)
