"""What a switchable bug is: its name, what its number means, and one sentence a shop owner understands."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Service = Literal["shop", "gateway", "collector", "mailbox", "back_office"]
Unit = Literal["ms", "share", "workers", ""]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a fault does to one request. `status` 0 lets it through; `late_ms` is waited after the work was done.

    `hang_up` cuts the connection without an answer.
    """

    wait_ms: float = 0.0
    late_ms: float = 0.0
    hang: bool = False
    hang_up: bool = False
    status: int = 0
    code: str = ""
    message: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """A bug, off by default. Without `effect` the code that it breaks asks for it, where real shops have it."""

    name: str
    service: Service
    unit: Unit
    """Of the value: milliseconds, a share from 0 to 1, a number of workers, or empty where the fault takes none."""
    default: float
    """The value when none is given; 1 where it takes none."""
    sentence: str
    effect: Callable[[str, float, random.Random], Effect | None] | None = None
    """(step, value, rng) to what happens to this request; None for nothing."""
    breaks: str = ""
    """The promise that names it; empty where it makes something slow or unavailable and nobody is wronged."""

    def line(self) -> str:
        """E.g. `slow_checkout=150 ms   Placing a native order takes longer.`"""
        value = f"={self.default:g}{' ' + self.unit if self.unit == 'ms' else ''}" if self.unit else ""
        return f"{self.name + value:<24} {self.sentence}"


def strikes(fault: Fault, subject: str, share: float) -> bool:
    """Whether a fault that hits a share of subjects hits this one: the same answer every time it is asked."""
    return zlib.crc32(f"{fault.name}:{subject}".encode()) < share * 2**32
