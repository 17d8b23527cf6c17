"""Pages that are kept a moment to save work: with a bug on the cart's is one of them, and belongs to somebody."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from doorbuster.staging.faults import someone_elses_cart
from doorbuster.staging.switchboard import Switchboard

_KEY: Final = "/carts"
"""The bug itself: the page's name without the cart and without whose it is."""


class KeptPages:
    """A cache of finished pages."""

    def __init__(self, faults: Switchboard, now_s: Callable[[], float] = time.monotonic) -> None:
        self._faults = faults
        self._now_s = now_s
        self._kept: dict[str, tuple[float, Any]] = {}

    def cart(self, make: Callable[[], Any]) -> Any:
        """A cart's page, made anew; with the fault on, whichever was made less than so many milliseconds ago."""
        kept_ms = self._faults.value(someone_elses_cart.FAULT) if self._faults.any else None
        if kept_ms is None:
            return make()
        made_s, page = self._kept.get(_KEY, (0.0, None))
        if page is None or self._now_s() - made_s > kept_ms / 1e3:
            page = make()
            self._kept[_KEY] = (self._now_s(), page)
        return page

    def forget(self) -> None:
        """At a reset there are no carts."""
        self._kept.clear()
