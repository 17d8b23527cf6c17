"""Shows a run while it runs: one live line on a terminal, a plain line every ten seconds elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_PLAIN_EVERY_S = 10.0


@contextmanager
def watching() -> Iterator[Callable[[dict[str, Any]], None]]:
    """A listener for a run's progress; the terminal is put right again at the end."""
    if not sys.stderr.isatty():
        yield _Plain().show
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(stderr=True), refresh_per_second=4, transient=True) as live:
        yield lambda progress: live.update(Text(line_of(progress)))


class _Plain:
    def __init__(self) -> None:
        self._shown_at_s = -_PLAIN_EVERY_S
        self._phase = ""

    def show(self, progress: dict[str, Any]) -> None:
        if progress["phase"] != self._phase or progress["second"] - self._shown_at_s >= _PLAIN_EVERY_S:
            self._shown_at_s, self._phase = progress["second"], progress["phase"]
            print(line_of(progress), file=sys.stderr, flush=True)


def line_of(progress: dict[str, Any]) -> str:
    """E.g. `rehearsal   minute 0.5 of 1.1   started 301 of 301   in the shop 44   failed steps 0   late p99 1.9 ms`."""
    return (
        f"{progress['phase']:<13} minute {min(progress['second'], progress['duration_s']) / 60:.1f} of "
        f"{progress['duration_s'] / 60:.1f}   "
        f"started {progress['started']:,} of {progress['planned']:,} planned   in the shop {progress['in_shop']:,}   "
        f"failed steps {progress['failed']:,}   late p99 {progress['late_ms_p99']:.1f} ms"
    )
