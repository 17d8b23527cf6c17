"""Klaviyo's limits: 350 requests a second and 3,500 a minute for each key, in fixed windows."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Final

from doorbuster.staging.web import Headers, Refusal

BURST: Final = 350
STEADY: Final = 3500
_WINDOWS: Final = ((1, BURST), (60, STEADY))


class Windows:
    """Requests of each key in the second and the minute that it is."""

    def __init__(self) -> None:
        self._counts: dict[str, list[tuple[int, int]]] = defaultdict(lambda: [(-1, 0)] * len(_WINDOWS))

    def admit(self, key: str, now_unix_s: float) -> Headers:
        """Count a request and say how many are left in this minute. Raises Refusal 429, which counts nothing."""
        counts = []
        for (length_s, most), (window, count) in zip(_WINDOWS, self._counts[key], strict=True):
            this = int(now_unix_s // length_s)
            so_far = count if window == this else 0
            if so_far >= most:
                wait_s = max(1, math.ceil((this + 1) * length_s - now_unix_s))
                message = f"Request was throttled. Expected available in {wait_s} second{'s' if wait_s > 1 else ''}."
                raise Refusal(429, "throttled", message, headers=((b"retry-after", b"%d" % wait_s),))
            counts.append((this, so_far + 1))
        self._counts[key] = counts
        minute, used = counts[-1]
        return (
            (b"ratelimit-limit", b"%d" % STEADY),
            (b"ratelimit-remaining", b"%d" % (STEADY - used)),
            (b"ratelimit-reset", b"%d" % math.ceil((minute + 1) * 60 - now_unix_s)),
        )
