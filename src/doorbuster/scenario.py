"""A scenario: what load to send, written down by a shop in TOML."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, ValidationError, model_validator

from doorbuster.card_mistakes import explain
from doorbuster.durations import DurationS, parse_duration_s
from doorbuster.errors import ScenarioError, did_you_mean
from doorbuster.traffic.climb import HeadroomCard
from doorbuster.traffic.moves import BROWSE_STEPS, START
from doorbuster.vocabulary import JOURNEYS, STEPS

MOST_SEED = 2**63 - 1


class Card(BaseModel):
    """Frozen, unknown keys are errors, and so are nan and infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Traffic(Card):
    """Last year's curve and what becomes of it."""

    curve: str = Field(min_length=1)
    time: str = "time"
    sessions: str | None = None
    orders: str | None = None
    conversion: float | None = Field(default=None, gt=0, le=1)
    count_rows: Literal["sessions", "orders"] | None = None
    exclude: dict[str, str] = {}
    """Rows to leave out: column = value, as the file spells it."""
    window: str = "all"
    from_: datetime | None = Field(default=None, alias="from")
    to: datetime | None = None
    growth: StrictFloat | dict[str, StrictFloat] = 1.0
    buffer: float = Field(gt=0)
    arrivals: Literal["poisson", "even"] = "poisson"
    seed: int = Field(default=2026, ge=0, le=MOST_SEED)

    @model_validator(mode="after")
    def _one_meaning(self) -> Traffic:
        counted = [name for name in ("sessions", "orders", "count_rows") if getattr(self, name) is not None]
        if len(counted) > 1:
            raise ValueError(f"{' and '.join(counted)} exclude each other; keep one")
        needs_conversion = self.orders is not None or self.count_rows == "orders"
        if needs_conversion and self.conversion is None:
            raise ValueError("orders need conversion (orders a session, e.g. 0.031) to become sessions")
        if self.conversion is not None and not needs_conversion:
            raise ValueError('conversion only goes with orders = "column" or count_rows = "orders"')
        if self.window != "all":
            if self.from_ or self.to:
                raise ValueError("window and from/to exclude each other; keep one")
            if not self.window.startswith("peak ") or parse_duration_s(self.window[5:]) <= 0:
                raise ValueError(f'window {self.window!r} is neither "all" nor such as "peak 60m"')
        factors = self.growth if isinstance(self.growth, dict) else {"browse": self.growth}
        for journey, factor in factors.items():
            if journey not in JOURNEYS:
                raise ValueError(f'growth has no journey "{journey}"{did_you_mean(journey, JOURNEYS)}')
            if factor < 0:
                raise ValueError("growth is a factor (1.7 means 70 % more) and cannot be negative")
        return self

    @property
    def peak_s(self) -> float | None:
        """Length of the "peak ..." window in seconds; None for the other windows."""
        return parse_duration_s(self.window[5:]) if self.window != "all" else None

    def growth_of(self, journey: str) -> float:
        return self.growth.get(journey, 1.0) if isinstance(self.growth, dict) else self.growth


class Journeys(Card):
    """Shares of last year's sessions."""

    browse: float = Field(default=0, ge=0, le=1)
    cart: float = Field(default=0, ge=0, le=1)
    native_checkout: float = Field(default=0, ge=0, le=1)
    express_wallet: float = Field(default=0, ge=0, le=1)

    @model_validator(mode="after")
    def _whole(self) -> Journeys:
        total = sum(self.share(journey) for journey in JOURNEYS)
        if abs(total - 1) > 0.005:
            raise ValueError(f"shares add up to {total:g}, not to 1; what is missing is usually browse")
        return self

    def share(self, journey: str) -> float:
        return float(getattr(self, journey))


class Think(Card):
    """A log-normal think time in seconds."""

    median_s: float = Field(gt=0)
    p90_s: float = Field(gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Think:
        if self.p90_s < self.median_s:
            raise ValueError("p90_s cannot be below median_s")
        return self


class Shopper(Card):
    """Who shops."""

    think: dict[str, Think]
    patience_s: float = Field(default=30, gt=0, le=600)
    double_submit: float = Field(default=0, ge=0, le=1)
    coupon_share: float = Field(default=0, ge=0, le=1)
    search_share: float = Field(default=0.3, ge=0, le=1)
    basket_lines: float = Field(default=1.5, ge=1, le=20)
    """Mean number of different products in a cart."""
    popularity: float = Field(default=0.95, ge=0, le=5)
    products: tuple[str, ...] = ()
    """Only these products are picked; all of the catalogue when empty."""
    combinations: Literal["off", "pairwise"] = "off"
    """`pairwise`: buyers are dealt discount codes, upsell and basket so that every two meet; for staging shops."""
    moves: dict[str, dict[str, Annotated[float, Field(ge=0, le=1)]]] = {}
    """From step, or `start`, to the shares of the steps after it: who browses walks these instead of a fixed path."""

    @model_validator(mode="after")
    def _steps(self) -> Shopper:
        if "default" not in self.think:
            raise ValueError("think needs an entry default = { median_s = ..., p90_s = ... }")
        for step in self.think:
            if step not in (*STEPS, "default"):
                raise ValueError(f'think has no step "{step}"{did_you_mean(step, (*STEPS, "default"))}')
        return self

    @model_validator(mode="after")
    def _moves(self) -> Shopper:
        for step, after in self.moves.items():
            if step not in (START, *BROWSE_STEPS):
                raise ValueError(f'moves has no step "{step}"{did_you_mean(step, (START, *BROWSE_STEPS))}')
            for next_step in after:
                if next_step not in BROWSE_STEPS:
                    raise ValueError(f'moves.{step} has no step "{next_step}"{did_you_mean(next_step, BROWSE_STEPS)}')
            if sum(after.values()) > 1.005:
                raise ValueError(f"moves.{step} adds up to {sum(after.values()):g}; more than all cannot go on")
        if self.moves and abs(sum(self.moves.get(START, {}).values()) - 1) > 0.005:
            raise ValueError("moves.start must add up to 1: every session begins somewhere")
        return self


class StorefrontCard(Card):
    """Which platform the shop runs on."""

    platform: str = "staging"
    """A name of ours, of an installed package, a dotted path, or a file beside the scenario that ends in .py."""
    options: dict[str, Any] = {}
    """The platform's own business; it says what it knows."""
    permission: str | None = None
    """Reference of the written permission to load a shop that is hosted with many others."""


class Limits(Card):
    """Bounds that protect the generator and everybody else's shop."""

    in_flight: int = Field(default=5000, ge=1)
    """Shoppers in the shop at once, over all workers; who comes beyond it is dropped and counted."""
    warm_up_s: DurationS = 10.0
    drain_s: DurationS = 600.0
    """How long shoppers still in the shop may finish after the last arrival."""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "::1")


class Connections(Card):
    """How shoppers' browsers reach the shop."""

    reuse: bool = False
    """Shoppers inherit each other's open connections. Browsers do not: it spares the shop the work of accepting."""
    proxies_from_environment: bool = False
    """Heed HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the load process."""
    connect_timeout_s: float = Field(default=10, gt=0, le=120)
    first_byte_timeout_s: float = Field(default=300, gt=0, le=600)
    """Longer than shoppers wait: their patience ends a request, and this one that nobody waits for."""
    total_timeout_s: float = Field(default=600, gt=0, le=600)
    """Of one request with its redirects."""
    body_limit_mb: float = Field(default=16, gt=0, le=1024)


class FaultCard(Card):
    """A fault of the staging services, on the scenario's clock."""

    name: str
    value: float | None = None
    at: DurationS
    for_: DurationS = Field(alias="for")


class WitnessCard(Card):
    """Staging services that a shop of another platform was pointed at: their base URLs."""

    gateway: str | None = None
    collector: str | None = None
    mailbox: str | None = None
    back_office: str | None = None

    @property
    def addresses(self) -> dict[str, str]:
        """Service to base URL without a trailing slash."""
        return {name: url.rstrip("/") for name, url in self.model_dump().items() if url}


class Hooks(Card):
    """Commands that put the shop into its known state, and clear up afterwards."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class PoolsCard(Card):
    """Files beside the scenario that shoppers are dealt from; docs/pools.md shows each."""

    products: str | None = None
    """What shoppers can pick, instead of the shop's own catalogue."""
    addresses: str | None = None
    coupons: str | None = None
    """Codes that anybody may try, instead of those that the shop tells."""
    single_use_coupons: str | None = None
    """Codes of which each is tried by one shopper."""
    customers_share: float = Field(default=0, ge=0, le=1)
    """Share of the native checkouts whose shopper logs in, with an account from DOORBUSTER_CUSTOMERS."""

    @model_validator(mode="after")
    def _one_kind_of_code(self) -> PoolsCard:
        if self.coupons is not None and self.single_use_coupons is not None:
            raise ValueError("coupons and single_use_coupons exclude each other; keep one")
        return self


class Scenario(Card):
    """One rehearsal, as a shop describes it."""

    name: str = Field(min_length=1, max_length=80)
    traffic: Traffic
    journeys: Journeys
    shopper: Shopper
    storefront: StorefrontCard = StorefrontCard()
    pools: PoolsCard = PoolsCard()
    limits: Limits = Limits()
    connections: Connections = Connections()
    faults: tuple[FaultCard, ...] = ()
    witnesses: WitnessCard = WitnessCard()
    hooks: Hooks = Hooks()
    headroom: HeadroomCard | None = None
    """Climb instead of following the curve: how much more than last year's peak the shop holds."""

    @model_validator(mode="after")
    def _codes_can_be_dealt(self) -> Scenario:
        if self.pools.single_use_coupons is not None and self.shopper.combinations != "off":
            raise ValueError(
                "pools.single_use_coupons and shopper.combinations exclude each other: a code that is used once cannot "
                "meet everything; keep one"
            )
        return self

    @model_validator(mode="after")
    def _headroom_counts_in_peaks(self) -> Scenario:
        if self.headroom is not None and self.traffic.buffer != 1:
            raise ValueError("headroom is counted in last year's peaks, so traffic.buffer must be 1.0 beside it")
        return self


def load_scenario(path: Path) -> Scenario:
    """Read and check a scenario. Raises ScenarioError: file, key, nearest valid key."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as broken:
        raise ScenarioError(f"{path}: is not valid TOML: {broken}") from None
    except (OSError, UnicodeDecodeError) as unreadable:
        raise ScenarioError(f"{path}: cannot be read ({unreadable})") from None
    try:
        return Scenario.model_validate(data)
    except ValidationError as invalid:
        raise ScenarioError(f"{path}: {explain(invalid, Scenario)}") from None
