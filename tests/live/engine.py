"""What a live engine is: a shop that nobody here wrote, installed, started and seeded on this machine's loopback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol


class BookedOrder(NamedTuple):
    """An order as the engine's own database has it."""

    total_minor: int
    currency: str
    email: str
    paid: bool


@dataclass(frozen=True)
class Books:
    """The engine's own database, read by plain SQL: no line of an adapter is between it and this."""

    orders: Mapping[str, BookedOrder]
    """By the order id that shoppers are shown; carts that were never placed are left out."""
    stock: Mapping[str, int]
    """Units for sale by the catalogue's `variant`."""


@dataclass(frozen=True)
class Running:
    """A seeded engine that answers."""

    base_url: str
    read_books: Callable[[], Books]
    options: Mapping[str, Any] = field(default_factory=dict)
    """For the scenario's [storefront.options]: text, numbers, yes or no, and lists of them."""
    env: Mapping[str, str] = field(default_factory=dict)
    """DOORBUSTER_STOREFRONT_TOKEN and DOORBUSTER_ADMIN_TOKEN, where the platform asks for them."""
    sql: Callable[[str], list[list[str]]] = field(default=lambda _: [])
    """The engine's own database, asked by whoever wants to know more: a query to its rows, as text."""


class Engine(Protocol):
    """One engine: a module `tests/live/<name>_engine.py` that ends with `ENGINE`, its files in `tests/live/<name>/`.

    Its folder holds `scenario.toml`, complete but for `curve.csv` and the options; every `*.toml` goes with it.
    """

    @property
    def name(self) -> str: ...

    @property
    def platform(self) -> str:
        """The adapter that its scenario names."""
        ...

    @property
    def keeps(self) -> tuple[str, ...]:
        """Promises whose witnesses, the shopper and the shop, this platform lets us hear, and that it must keep."""
        ...

    def install(self, cache: Path) -> None:
        """Put everything it needs into `cache`, versions pinned; at once where it is there already."""
        ...

    def running(self, cache: Path, work: Path) -> AbstractContextManager[Running]:
        """Start it on free loopback ports in one process group (`Group`), seeded; gone when the block ends.

        `cache` is what was installed; `work` is an empty folder for this start alone.
        """
        ...


FOLDER = Path(__file__).parent


def engines() -> list[Engine]:
    """All there are, by name."""
    from importlib import import_module

    names = sorted(path.stem for path in FOLDER.glob("*_engine.py"))
    return [import_module(f"tests.live.{name}").ENGINE for name in names]
