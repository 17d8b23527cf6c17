"""Bugs that real shops have, one a file, all off until they are switched on by name."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Final

from doorbuster.errors import StagingError, did_you_mean
from doorbuster.staging.faults.fault import Fault


def _every_file() -> dict[str, Fault]:
    """A fault is one file in here: by name, in the order of the alphabet."""
    modules = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.FAULT.name: module.FAULT for module in modules if hasattr(module, "FAULT")}


_RANGES: Final = {
    "ms": (0.0, 600_000.0, "milliseconds from 0 to 600000"),
    "share": (0.0, 1.0, "a share from 0 to 1"),
    "workers": (1.0, 10_000.0, "a whole number from 1 to 10000"),
}

FAULTS: Final[dict[str, Fault]] = _every_file()


def list_faults() -> list[Fault]:
    """Every fault that can be switched on, in the order in which they are shown."""
    return list(FAULTS.values())


def find_fault(name: str) -> Fault:
    """The fault of a name. Raises StagingError with the nearest one."""
    if name not in FAULTS:
        raise StagingError(f'there is no fault "{name}"{did_you_mean(name, FAULTS)}')
    return FAULTS[name]


def checked_value(fault: Fault, value: float | None) -> float:
    """The value a fault will have, its default for None. Raises StagingError when it makes no sense."""
    if value is None:
        return fault.default
    if not fault.unit:
        raise StagingError(f"fault {fault.name}: takes no value; write just {fault.name}")
    least, highest, what = _RANGES[fault.unit]
    if not least <= value <= highest or (fault.unit == "workers" and value != int(value)):
        raise StagingError(f"fault {fault.name}: {value:g} is out of range; give {what}")
    return value


def parse_fault(text: str) -> tuple[Fault, float]:
    """A fault and its value from `NAME` or `NAME=VALUE`. Raises StagingError.

    >>> fault, value_ms = parse_fault("slow_search=250")
    >>> fault.name, value_ms
    ('slow_search', 250.0)
    """
    name, equals, given = text.strip().partition("=")
    fault = find_fault(name.strip())
    if not equals:
        return fault, fault.default
    try:
        value = float(given)
    except ValueError:
        raise StagingError(
            f'fault {fault.name}: "{given}" is no number; write {fault.name}={fault.default:g}'
        ) from None
    return fault, checked_value(fault, value)
