"""A cart by the Agentic Commerce Protocol: sent whole with each change, and read whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from doorbuster.storefronts.acp_answers import priced, read_acp, refusal_in
from doorbuster.storefronts.acp_session import Agent, items_of
from doorbuster.storefronts.answers import Reading, id_in
from doorbuster.storefronts.base import Answer, Line, Product


@dataclass(slots=True)
class AcpCart:
    """One shopper's cart; the shop makes it with its first item."""

    agent: Agent
    email: str
    _id: str = ""
    _lines: dict[str, Line] = field(default_factory=dict)
    _changes: int = 0

    def add(self, line: Line) -> Answer:
        held = self._lines.get(line.product.variant)
        return self.change("cart.add", line.product, line.quantity + (held.quantity if held else 0))

    def change(self, step: str, product: Product, quantity: int) -> Answer:
        """So many of this product from now on."""
        lines = {**self._lines, product.variant: Line(product, quantity)}
        whole = _holding(lines)

        def keep(cart: Any) -> Answer:
            answer = whole(cart)
            if answer.outcome == "ok":
                self._id, self._lines, self._changes = id_in(cart["id"]), lines, self._changes + 1
            return answer

        method, path = ("PUT", f"/carts/{self._id}") if self._id else ("POST", "/carts")
        body = {"line_items": items_of(list(lines.values())), "buyer": {"email": self.email}}
        # The key counts what was done: a request that is repeated carries the same one.
        key = f"{self.agent.name}-cart-{self._changes}"
        return read_acp(step, self.agent.send(method, path, body, key), keep)

    def view(self) -> Answer:
        return read_acp("cart.view", self.agent.send("GET", f"/carts/{self._id}", None), _holding(self._lines))


def _holding(lines: Mapping[str, Line]) -> Reading:
    """Read a cart that must hold these."""

    def reading(cart: Any) -> Answer:
        refusal = refusal_in(cart)
        if refusal:
            return refusal
        held = {line["item"]["id"]: line["quantity"] for line in cart["line_items"]}
        if any(held.get(variant) != line.quantity for variant, line in lines.items()):
            return Answer("error", "the cart does not hold what was put into it")
        return priced(cart)

    return reading
