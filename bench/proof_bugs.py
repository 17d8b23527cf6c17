"""Which bugs the proof switches on, and what some of them need beside them to show within 300 sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from doorbuster.staging.faults import list_faults


@dataclass(frozen=True)
class Beside:
    """Other faults that are on with a bug, and why."""

    because: str
    faults: Mapping[str, float]
    """By name, with their values."""

    def text(self) -> str:
        """E.g. `gateway_slow=400`: because."""
        return ", ".join(f"`{name}={value:g}`" for name, value in self.faults.items()) + f": {self.because}"


_AT_ONCE = (
    "shoppers must be paying at the same time, as hundreds are at a peak; slower payments make up for their number"
)
BESIDE: Mapping[str, Beside] = {
    "oversell": Beside(_AT_ONCE, faults={"gateway_slow": 400}),
}


def bugs() -> dict[str, str]:
    """Every fault that wrongs somebody, and the promise that must name it."""
    return {fault.name: fault.breaks for fault in list_faults() if fault.breaks}


def faults_of(bug: str | None) -> list[dict[str, object]]:
    """All that is switched on for a bug, as the staging shop is told of it; nothing for a clean run."""
    if bug is None:
        return []
    beside = BESIDE[bug].faults if bug in BESIDE else {}
    return [{"name": bug}, *({"name": name, "value": value} for name, value in beside.items())]
