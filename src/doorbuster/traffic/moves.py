"""Where shoppers who only look around go next: from page to page as last year's log shows, until they leave."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Mapping
from itertools import accumulate, count

BROWSE_STEPS = ("home", "collection", "search", "product")
START = "start"
"""Where a session comes from at its first page."""
MOST_PAGES = 100


class Moves:
    """A first-order Markov chain over the browsing steps; what a page's shares lack to one leaves the shop there."""

    def __init__(self, shares: Mapping[str, Mapping[str, float]]) -> None:
        """`shares`: step, or `start`, to the share of its shoppers who take each next step."""
        self._next = {step: (tuple(after), list(accumulate(after.values()))) for step, after in shares.items()}

    def pages(self, draws: Callable[[int], list[float]]) -> list[tuple[str, float]]:
        """The steps of one session, each with a uniform number that says which product it is about.

        `draws(0)`, `draws(1)`, ... give an even number of uniform draws each; a session has at most MOST_PAGES pages.
        """
        walked: list[tuple[str, float]] = []
        step = START
        for block in count():
            uniform = draws(block)
            for where, which in zip(uniform[::2], uniform[1::2], strict=True):
                steps, upper = self._next.get(step, ((), []))
                # Who is here came for a page: rounded shares must not turn them away at the door.
                at = bisect(upper, where, hi=len(steps) - 1) if step == START else bisect(upper, where)
                if at == len(steps) or len(walked) == MOST_PAGES:
                    return walked
                step = steps[at]
                walked.append((step, which))
        raise AssertionError("count() never ends")
