"""Prints, after the live tests, what each engine did."""

from __future__ import annotations

import pytest

table = pytest.StashKey[list[list[str]]]()
COLUMNS = (
    "engine", "can take", "sessions", "ok", "orders seen", "found", "steps/s", "not ok, by kind", "promises",
)  # fmt: skip
"""`can take`: sessions a second in a closed loop; `found`: orders seen that are in the engine's own database."""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[table] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for row in config.stash[table]:
        terminalreporter.section(f"live: {row[0]}")
        for name, value in zip(COLUMNS[1:], row[1:], strict=True):
            terminalreporter.line(f"{name:>16}  {value}")
