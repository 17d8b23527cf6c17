"""Keeps Locust's own page true: every step is told to its statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class StepFailed(Exception):
    """What a step came to, for Locust's failures table."""


def listener(environment: Any) -> Callable[[str, float, str | None], None]:
    """(step, service time in ms, failure) -> one request event."""
    fire = environment.events.request.fire

    def heard(step: str, service_ms: float, failure: str | None) -> None:
        fire(
            request_type="step",
            name=step,
            response_time=service_ms,
            response_length=0,
            exception=StepFailed(failure) if failure else None,
            context={},
        )

    return heard
