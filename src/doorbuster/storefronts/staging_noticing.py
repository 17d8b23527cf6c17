"""What one shopper of the staging shop keeps in mind, and notices when a later page contradicts it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from doorbuster.storefronts.base import OK, Answer, Line


def with_fact(answer: Answer, kind: str, detail: Mapping[str, Any]) -> Answer:
    """The answer, and a fact that its shopper will tell."""
    # `_replace` would take four times as long.
    outcome, said, order_id, total_minor, currency, offer, noticed, again_s = answer
    return Answer(outcome, said, order_id, total_minor, currency, offer, (*noticed, (kind, detail)), again_s)


@dataclass(slots=True)
class Noticing:
    """One session's memory."""

    goods: set[str] = field(default_factory=set)
    """Variants that this shopper wanted in the cart; what an app offered and the shopper accepted belongs in here."""
    shipping: tuple[str, int] | None = None
    """The way of shipping that was chosen, and its price as the page then said."""
    asked_s: float = 0.0
    """When the page that is being read was asked for: what it shows was so then or later, however late it came."""
    _shown: dict[str, tuple[str, float]] = field(default_factory=dict)
    _pace_ms: dict[str, float] = field(default_factory=dict)

    def shown(self, page: str, name: str, in_stock: bool) -> Answer:
        """A page says whether a product or a variant is there."""
        if in_stock:
            self._shown[name] = (page, self.asked_s)
        else:
            self._shown.pop(name, None)
        return OK

    def gone(self, answer: Answer, name: str, variants: Iterable[str], wanted: Line) -> Answer:
        """A page says that there is none: a fact where an earlier one showed this product or variant as available."""
        page, at_s = self._shown.pop(name, ("", 0.0))
        if not page:
            return answer
        detail = {
            "page": page,
            "shown_s_ago": round(time.monotonic() - at_s, 3),
            "variants": list(variants),
            "price_minor": wanted.product.price_minor * wanted.quantity,
        }
        return with_fact(answer, "shown_in_vain", detail)

    @staticmethod
    def anothers_cart(step: str, foreign: list[str], mine: bool) -> Answer:
        """A cart was shown that is not the shopper's own, or holds what they never put there."""
        shown = Answer("error", f"{step}: the cart shown is not this shopper's")
        return with_fact(shown, "foreign_cart", {"step": step, "another": not mine, "variants": foreign})

    def took(self, step: str, began_s: float) -> None:
        """How long the first of such steps took."""
        if step not in self._pace_ms:
            self._pace_ms[step] = round((time.perf_counter() - began_s) * 1e3, 1)

    def cart_seen(self, answer: Answer, cart: str) -> Answer:
        """One fact for each cart that its shopper found in order: that somebody looked, and how fast it was."""
        return (
            with_fact(answer, "cart_seen", {"cart": cart, "pace_ms": self._pace_ms})
            if answer.outcome == "ok"
            else answer
        )

    def placed(self, answer: Answer) -> Answer:
        """An order was confirmed: what its shopper had chosen."""
        if answer.outcome != "ok" or self.shipping is None:
            return answer
        option, shipping_minor = self.shipping
        return with_fact(answer, "shipping_chosen", {"option": option, "shipping_minor": shipping_minor})
