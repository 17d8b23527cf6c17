"""How much there was of everything before the run, where a shop's books only tell how much there is now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

_TAKE_STOCK: Final = ("order", "order_before", "order_pending")


def with_initial_stock(facts: Iterable[Mapping[str, Any]], before: Mapping[str, int]) -> Iterator[Mapping[str, Any]]:
    """The facts; last those about stock, with `initial` where they lack it and it is known.

    `before` is what was for sale when the run was prepared. Promises count every order in the books, so what orders
    from before the run had taken by then is added; where one of these does not say what was bought, nothing is known.
    """
    stock: list[Mapping[str, Any]] = []
    taken: Counter[str] = Counter()
    known = True
    for fact in facts:
        if fact["witness"] == "shop" and fact["kind"] == "stock":
            stock.append(fact)
            continue
        if fact["witness"] == "shop" and fact["kind"] in _TAKE_STOCK and (fact.get("at_us") or 0) < 0:
            lines = orjson.loads(fact["detail"]).get("lines")
            known = known and lines is not None
            for line in lines or ():
                taken[line["variant"]] += line["quantity"]
        yield fact
    for told in stock:
        detail = orjson.loads(told["detail"])
        if known and detail.get("initial") is None and detail["variant"] in before:
            detail["initial"] = before[detail["variant"]] + taken[detail["variant"]]
            yield {**told, "detail": orjson.dumps(detail).decode()}
        else:
            yield told
