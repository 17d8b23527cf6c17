"""A cart by the Universal Commerce Protocol: sent whole with each change, discount codes included, and read whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from doorbuster.storefronts.answers import id_in
from doorbuster.storefronts.base import Answer, Line, Product
from doorbuster.storefronts.ucp_agent import UcpAgent
from doorbuster.storefronts.ucp_answers import priced, read_ucp, refusal_in
from doorbuster.storefronts.ucp_session import lines_of
from doorbuster.storefronts.ucp_shapes import CART, Cart


@dataclass(slots=True)
class UcpCart:
    """One shopper's cart; the shop makes it with its first item."""

    agent: UcpAgent
    _id: str = ""
    _lines: Mapping[str, Line] = field(default_factory=dict)
    _codes: Sequence[str] = ()
    _changes: int = 0

    def add(self, line: Line) -> Answer:
        held = self._lines.get(line.product.variant)
        return self.change("cart.add", line.product, line.quantity + (held.quantity if held else 0))

    def change(self, step: str, product: Product, quantity: int) -> Answer:
        """So many of this product from now on."""
        return self._send(step, {**self._lines, product.variant: Line(product, quantity)}, self._codes)

    def discount(self, code: str) -> Answer:
        """`ok` where the shop says that it applied this code."""
        answer = self._send("cart.discount", self._lines, (*self._codes, code), code)
        return answer._replace(detail="discount code refused") if answer.outcome == "rejected" else answer

    def view(self) -> Answer:
        return read_ucp("cart.view", self.agent.send("GET", f"/carts/{self._id}"), _holding(self._lines), CART)

    def _send(self, step: str, lines: Mapping[str, Line], codes: Sequence[str], wanted: str | None = None) -> Answer:
        whole = _holding(lines)

        def keep(cart: Cart) -> Answer:
            if wanted is not None and not _applied(cart, wanted):
                return Answer("rejected", "discount code refused")
            answer = whole(cart)
            if answer.outcome == "ok":
                self._id, self._lines, self._codes = id_in(cart.id), lines, codes
                self._changes += 1
            return answer

        body: dict[str, Any] = {"line_items": lines_of(list(lines.values()))}
        if self._id:
            body["id"] = self._id
        if codes:
            body["discounts"] = {"codes": list(codes)}
        method, path = ("PUT", f"/carts/{self._id}") if self._id else ("POST", "/carts")
        # The key counts what was done: a request that is repeated carries the same one.
        key = f"cart {self._changes} {wanted or ''}"
        return read_ucp(step, self.agent.send(method, path, body, key), keep, CART)


def _applied(cart: Cart, code: str) -> bool:
    return any(str(one.code).lower() == code.lower() for one in cart.discounts.applied)


def _holding(lines: Mapping[str, Line]) -> Callable[[Cart], Answer]:
    """Read a cart that must hold these."""

    def reading(cart: Cart) -> Answer:
        refusal = refusal_in(cart, goes_on=True)
        if refusal:
            return refusal
        held = {line.item.id: line.quantity for line in cart.line_items}
        for variant, line in lines.items():
            if held.get(variant) != line.quantity:
                return Answer("error", "the cart does not hold what was put into it")
        return priced(cart)

    return reading
