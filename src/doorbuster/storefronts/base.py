"""What a storefront adapter is: one method a step, each answering with an outcome that was read, not guessed.

An adapter is made per session and handed its client: the shoppers' transport under load, one on httpx when orders and
stock are read back. It imports neither. HTTP 200 is not success: `ok` on a completing step means an order id was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from doorbuster.vocabulary import Outcome


@dataclass(frozen=True, slots=True)
class Product:
    """One row of the catalogue snapshot: something a shopper can pick."""

    product: str
    variant: str
    sku: str
    price_minor: int
    currency: str
    stock: int | None
    weight: float = 1.0

    @property
    def search_word(self) -> str:
        """What a shopper who has heard of it types."""
        return self.product.split("-")[0]


@dataclass(frozen=True, slots=True)
class Line:
    """A product in a cart and how many of it."""

    product: Product
    quantity: int


class Address(NamedTuple):
    """Where a shopper lives."""

    name: str
    line_one: str
    city: str
    state: str
    country: str
    """ISO 3166-1, two letters."""
    postal_code: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """A shopper who has an account, and logs in where the checkout begins."""

    email: str
    password: str = field(repr=False)


class Combination(NamedTuple):
    """What a buying session was dealt of each factor, in words that a finding can quote."""

    discount: str
    """`no code`, a code of the shop's, or `two codes`."""
    upsell: str
    """`not offered`, `declined` or `accepted`."""
    way: str
    """`native` or `wallet`."""
    basket: str
    """`one product` or `several`."""


class Visit(NamedTuple):
    """What session i came for; depends on (seed, i, catalogue snapshot) alone."""

    session: int
    journey: str
    intent: str | None
    """Purchase intent: one id per wish to buy, reused on every retry; None for journeys that do not buy."""
    lines: tuple[Line, ...]
    """What goes into the cart; for `browse`, what is looked at."""
    query: str
    coupon: str | None
    patience_s: float
    double_submit_after_s: float | None
    """Seconds between two impatient clicks on "place order"; None for patient hands."""
    pages: tuple[tuple[str, Product], ...] = ()
    """For `browse` by learnt moves: steps, each with the product it is about; empty for the fixed path."""
    more_codes: tuple[str, ...] = ()
    """Discount codes tried after `coupon`."""
    combination: Combination | None = None
    """What a buying session was dealt, where the scenario deals combinations."""
    address: Address | None = None
    """From the scenario's pool; where it has none, `people.address_of` knows one."""
    customer: Customer | None = None
    """Who logs in; None for a guest."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Every discount code this shopper tries, in that order."""
        return (self.coupon, *self.more_codes) if self.coupon else ()


class Response(NamedTuple):
    """One HTTP answer, whole. `status` 0 and `failure` set when there was none.

    A tuple, as `Answer` is: made for every request, and a frozen dataclass takes three times as long to make.
    """

    status: int
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes
    failure: str | None = None
    url: str = ""
    """Where it came from in the end, redirects followed."""


class Client(Protocol):
    """Sends one request and returns its whole answer; keeps cookies; never raises for what the shop does."""

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response: ...


class Answer(NamedTuple):
    """What one step came to."""

    outcome: Outcome
    detail: str = ""
    """For anything but `ok`: one short sentence without personal data; equal causes give equal text."""
    order_id: str | None = None
    total_minor: int | None = None
    """On `checkout.shipping`, `checkout.payment`, `wallet.update` and `wallet.token` the whole price, tax included."""
    currency: str | None = None
    offer: str | None = None
    """The journey by which a shopper whose payment fell through can still buy, where the shop offers one."""
    noticed: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """What else the page showed that a promise is about: (kind, detail) of facts that the shopper will tell."""
    again_s: float | None = None
    """The page asks again by itself after so many seconds, by the same call: a Retry-After, a poll. A `throttled`
    answer is counted as a step of its own; any other only means that the step is not over yet."""


OK = Answer("ok")
"""What most steps come to; made once."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a shop's own books say after a run, for the facts table."""

    orders: Iterable[Mapping[str, Any]] = field(default_factory=tuple)
    """Rows with the columns of the facts table but `arm`, `at_unix_us` (may be null) in place of `at_us`; read once,
    and perhaps only as they are asked for: the client must be open until then."""
    stock: Sequence[Product] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Shop:
    """Where a shop is and what an adapter must know of it, the same for all shoppers of a run."""

    base_url: str
    options: Mapping[str, Any] = field(default_factory=dict)
    """The scenario's `[storefront.options]`, read and completed by the platform; nothing secret."""
    token: str = field(default="", repr=False)
    """DOORBUSTER_STOREFRONT_TOKEN: what the shop's API for shoppers asks for."""
    admin_token: str = field(default="", repr=False)
    """DOORBUSTER_ADMIN_TOKEN: what opens the shop's books. For the backstage alone; shoppers never carry it."""


class Storefront(Protocol):
    """One shop, seen by one shopper in one session. A method sends what that step sends and reads the answer."""

    def home(self) -> Answer: ...
    def collection(self, product: Product) -> Answer: ...
    def search(self, query: str) -> Answer: ...
    def product(self, product: Product) -> Answer: ...
    def cart_create(self) -> Answer: ...
    def cart_add(self, line: Line) -> Answer: ...
    def cart_update(self, line: Line, quantity: int) -> Answer: ...
    def cart_discount(self, code: str) -> Answer: ...
    def cart_view(self) -> Answer: ...
    def upsell_view(self) -> Answer:
        """What an upsell app offers with this cart or wallet session; counted as `cart.view`."""
        ...

    def upsell_add(self) -> Answer:
        """Take what it offered; counted as `cart.add`."""
        ...

    def checkout_start(self) -> Answer: ...
    def checkout_address(self) -> Answer: ...
    def checkout_shipping(self) -> Answer: ...
    def checkout_payment(self) -> Answer: ...
    def checkout_complete(self) -> Answer: ...
    def wallet_start(self, lines: Sequence[Line]) -> Answer: ...
    def wallet_update(self) -> Answer: ...
    def wallet_token(self) -> Answer: ...
    def wallet_complete(self) -> Answer: ...
    def order_read(self) -> Answer:
        """Look this session's intent up in the shop's books: `ok` with its order, or `rejected` when there is none."""
        ...


class Backstage(Protocol):
    """What a platform offers outside the shoppers' view: a known start, a catalogue, the books afterwards."""

    def check(self) -> str:
        """One line that names the shop and its version. Raises TargetError when it is not this platform."""
        ...

    def hazards(self) -> Sequence[str]:
        """Why this shop must not be rehearsed on as it stands, a sentence each: it takes live payments, points at a
        gateway sandbox that others share, sends real mail. Only what it can tell; empty is no proof."""
        ...

    def reset(self, seed: int) -> None:
        """Put the shop into its known state, where it can do that itself; else nothing, and the scenario's hooks do."""
        ...

    def catalogue(self) -> Sequence[Product]: ...

    def coupons(self) -> Sequence[str]: ...

    def cancel(self, order_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Cancel these orders, as far as the platform allows: order id to why it was not, None where it was."""
        ...

    def steer(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Switch faults on for a time: rows {name, value, from_unix_s, until_unix_s}."""
        ...

    def read_back(self) -> ReadBack: ...


ReadOptions = Callable[[Mapping[str, Any], Path], Mapping[str, Any]]
"""(what [storefront.options] says, folder of the scenario) -> options complete in themselves, plain JSON, no secrets.

Raises ValueError, or pydantic's ValidationError, for options that the platform does not know.
"""


@dataclass(frozen=True, slots=True)
class Platform:
    """All there is to a platform; every adapter's module holds one as `PLATFORM`."""

    storefront: Callable[[Client, Shop, Visit], Storefront]
    backstage: Callable[[Client, Shop], Backstage]
    read_options: ReadOptions
    untold: Callable[[Shop], str | None] = lambda shop: None
    """What `Backstage.hazards` cannot see in this shop, and how it could; None where it sees what there is."""
    accounts: bool = False
    """Whether `Visit.customer` logs in; where not, a scenario that wants customers is refused."""
