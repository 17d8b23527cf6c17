"""What k6's CSV and JSON outputs share: metrics by name, one point a line, tags that tell the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from doorbuster.importers.results.reading import Notes

DURATION: Final = "http_req_duration"
OTHERS: Final = ("iterations", "dropped_iterations", "iteration_duration", "checks", "http_req_failed", "http_reqs")
"""Metrics beside the requests' times that an import reads."""
LATENCY: Final = (
    "k6's http_req_duration: from sending to the last byte; waiting for a connection, connecting and TLS are not in it"
)
ABSENT: Final = (
    "when requests were due",
    "which requests belong to one shopper",
    "exceptions of the script: k6 writes them to its own log",
)
VISITS: Final = "iterations that came to their end; interrupted ones are not in the file"
TIMEOUT_CODE: Final = "1050"
NO_TAGS: Final = (
    "neither expected_response nor status is among its tags: nobody can tell which requests failed; run k6 without "
    "--system-tags, or with both in it"
)


@dataclass
class Points:
    """Sums of the metrics beside the requests."""

    failed_requests: float = 0
    requests: float = 0
    iterations: float = 0
    dropped_iterations: float = 0
    timed: int = 0
    """Requests that were read with their time."""
    timed_failed: int = 0

    def tell(self, notes: Notes) -> None:
        """What k6 itself counted, held against what was read."""
        if self.dropped_iterations:
            notes.dropped_arrivals += round(self.dropped_iterations)
            notes.warn(
                "arrivals",
                f"k6 dropped {self.dropped_iterations:,.0f} iterations beside {self.iterations:,.0f} that ended: its "
                "virtual users were all busy, and the load was lower than was meant",
            )
        if self.requests and round(self.requests) != self.timed:
            told = f"k6 counted {self.requests:,.0f} requests, and {self.timed:,} have a time: the file is incomplete"
            notes.warn("read", told)
        elif self.requests and round(self.failed_requests) != self.timed_failed:
            notes.warn(
                "failures",
                f"k6's http_req_failed counts {self.failed_requests:,.0f} failed requests, their tags say "
                f"{self.timed_failed:,}; the tags are taken",
            )
