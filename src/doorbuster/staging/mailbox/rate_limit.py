"""How much a provider takes in a while before it asks to come back later."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class RateLimit:
    """At most `most` calls in each window of `window_s`, as the providers count them."""

    def __init__(self, most: int, window_s: float, now_s: Callable[[], float] = time.time) -> None:
        self.most, self._window_s, self._now_s = most, window_s, now_s
        self._window, self._taken = -1, 0

    def take(self) -> int:
        """0 where one more may come, else after how many whole seconds to try again."""
        now_s = self._now_s()
        window = int(now_s // self._window_s)
        if window != self._window:
            self._window, self._taken = window, 0
        if self._taken >= self.most:
            return max(1, math.ceil((window + 1) * self._window_s - now_s))
        self._taken += 1
        return 0

    @property
    def left(self) -> int:
        return self.most - self._taken

    @property
    def ends_unix_s(self) -> int:
        """When the window ends and counting starts anew."""
        return math.ceil((self._window + 1) * self._window_s)
