"""Whether this machine gives us the processor when we ask for it: no use in starting a load that cannot be on time."""

from __future__ import annotations

from pathlib import Path

MOST_WAITED_SHARE = 0.8
"""Waiting four times as long as running: shoppers would start tens of milliseconds late at any rate."""
_LEAST_WAITED_S = 5.0
"""Less than this may be a moment's crowd on a busy machine."""


def starved(schedstat: Path = Path("/proc/self/schedstat")) -> str | None:
    """A sentence when this process has mostly waited for a processor since it began, else None.

    Linux counts both in nanoseconds (Documentation/scheduler/sched-stats.rst); elsewhere nothing is known here, and the
    run's own lateness decides.
    """
    try:
        ran_ns, waited_ns = (int(field) for field in schedstat.read_text().split()[:2])
    except (OSError, ValueError):
        return None
    share = waited_ns / max(1, ran_ns + waited_ns)
    if share <= MOST_WAITED_SHARE or waited_ns < _LEAST_WAITED_S * 1e9:
        return None
    return (
        f"the generator was starved before it began: it waited {share:.1%} of its time for a processor; "
        "free the machine, or its priority and pinning"
    )
