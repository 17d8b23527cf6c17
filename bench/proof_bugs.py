"""Which bugs the proof switches on, and what some of them need beside them to show within 300 sessions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from doorbuster.staging.faults import list_faults

SCENARIO = Path(__file__).resolve().with_name("proof.toml")


@dataclass(frozen=True)
class Beside:
    """What is otherwise than in the other runs while a bug is on, and why."""

    because: str
    faults: Mapping[str, float] = field(default_factory=dict)
    """Switched on with it, by name, with their values."""
    scenario: Mapping[str, str] = field(default_factory=dict)
    """Keys of bench/proof.toml, with other values, as TOML."""

    def text(self) -> str:
        """E.g. `gateway_slow=400`, `coupon_share = 1.0`: because."""
        faults = [f"`{name}={value:g}`" for name, value in self.faults.items()]
        return (
            ", ".join([*faults, *(f"`{key} = {value}`" for key, value in self.scenario.items())]) + f": {self.because}"
        )


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


def scenario_of(bug: str | None, folder: Path) -> Path:
    """The scenario that a bug is proved on, written into this folder with its curve where it is another."""
    changes = BESIDE[bug].scenario if bug is not None and bug in BESIDE else {}
    if not changes:
        return SCENARIO
    text = SCENARIO.read_text(encoding="utf-8")
    for key, value in changes.items():
        text, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        assert found == 1, key
    path = folder / SCENARIO.name
    path.write_text(text, encoding="utf-8")
    curve = SCENARIO.with_suffix(".csv")
    (folder / curve.name).write_bytes(curve.read_bytes())
    return path
