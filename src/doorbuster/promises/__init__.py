"""Business promises: one a file, each a pure fold over the facts of five witnesses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from doorbuster.promises import charged_for_an_order, no_oversell, one_order_per_intent
from doorbuster.promises.fact import Fact, Finding

PROMISES: tuple[Callable[[Sequence[Fact]], Finding], ...] = (
    no_oversell.check,
    one_order_per_intent.check,
    charged_for_an_order.check,
)
