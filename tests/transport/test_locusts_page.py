"""Locust's own page says what happened, although it is told only once a second."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from locust.env import Environment
from locust.stats import RequestStats
from doorbuster.swarm.locust_page import listener

environment = Environment(user_classes=[])
heard = listener(environment)
one_by_one = RequestStats()
for number in range(1, 3000):
    failure = f"error: HTTP 50{number % 2}" if number % 100 == 0 else None
    heard("home" if number % 3 else "search", number * 1.7, failure)
    one_by_one.log_request("step", "home" if number % 3 else "search", number * 1.7, 0)
environment.events.test_stop.fire(environment=environment)
for ours, theirs in ((environment.stats.total, one_by_one.total),
                     (environment.stats.get("home", "step"), one_by_one.get("home", "step"))):
    assert ours.num_requests == theirs.num_requests
    assert abs(ours.avg_response_time - theirs.avg_response_time) < 1
    for share in (0.5, 0.95, 0.99):
        assert ours.get_response_time_percentile(share) == theirs.get_response_time_percentile(share)
assert environment.stats.total.num_failures == 29
assert sum(error.occurrences for error in environment.stats.errors.values()) == 29
assert {(error.method, error.error) for error in environment.stats.errors.values()} == {("step", "error: HTTP 500")}
"""


def test_batches_add_up_to_what_single_events_would() -> None:
    # A process of its own: importing Locust replaces the sockets of everything around it.
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=60)
    assert said.returncode == 0, said.stderr
