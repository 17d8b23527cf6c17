"""What a TOML file says about a shop: the requests of every step, its catalogue, and its books where it shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import Field, model_validator

from doorbuster.errors import did_you_mean
from doorbuster.storefronts.html_request import Css, Finder, Request, Sign, Signs
from doorbuster.storefronts.html_template import names_in
from doorbuster.storefronts.options import Options
from doorbuster.vocabulary import STEPS

COMPLETING: Final = ("checkout.complete", "wallet.complete", "order.read")
"""Steps after which an order is there: success is an order id that was read."""
GIVEN: Final = frozenset(
    {
        *("product", "variant", "sku", "price", "quantity", "code", "query", "email", "password", "intent", "session"),
        *("note", "name", "first_name", "last_name", "line_one", "city", "state", "country", "postal_code", "phone"),
    }
)
"""Variables that every session has."""


class Catalogue(Options):
    """What can be bought: read from the shop's own lists, or from a CSV file beside this one."""

    url: str | None = Field(default=None, pattern="^/")
    """With {page}, counted from 1 until a page shows nothing new."""
    items: Css | None = None
    fields: Mapping[Literal["product", "variant", "sku", "price", "currency", "stock"], Finder] = {}
    pages: int = Field(default=20, ge=1, le=1000)
    file: str | None = None
    rows: tuple[Mapping[str, str], ...] = ()
    """The file's; filled in when the description is read."""

    @model_validator(mode="after")
    def _one_source(self) -> Catalogue:
        if bool(self.url and self.items) == bool(self.file or self.rows):
            raise ValueError("say either url, items and fields, or file")
        if self.url and not {"product", "price"} <= set(self.fields):
            raise ValueError("fields need product and price")
        return self


class Books(Options):
    """CSV that the shop's own side offers after a run: `orders` as docs/audit.md has it, with the guest's e-mail."""

    orders: str = Field(pattern="^/")
    stock: str | None = Field(default=None, pattern="^/")
    """Columns variant, units, initial."""
    coupons: str | None = Field(default=None, pattern="^/")
    """Columns code, limit, used."""
    headers: Mapping[str, str] = {}
    """{admin_token} stands for DOORBUSTER_ADMIN_TOKEN."""


class Hazards(Options):
    """Where a payment gateway shows itself, and signs beyond those that everybody should know."""

    pages: tuple[str, ...] = ("/",)
    signs: tuple[Sign, ...] = ()


class Description(Options):
    """One shop, or one kind of shop."""

    name: str = Field(min_length=1)
    currency: str = Field(pattern="^[A-Z]{3}$")
    """Of prices that do not say theirs."""
    decimal_mark: Literal[".", ","] = "."
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    """Where parcels go; each shopper's own country without it."""
    coupons: tuple[str, ...] = ()
    keep: Mapping[str, Finder] = {}
    """Read from the page before whenever it is sent, or from an earlier one where that has none: tokens, nonces."""
    everywhere: Signs = Signs()
    nothing_to_send: Mapping[str, str] = {}
    """Steps of which the shop knows nothing, and why."""
    cannot: Mapping[str, str] = {}
    """Steps that HTTP cannot take in this shop, and the sentence that says so."""
    steps: Mapping[str, tuple[Request, ...]] = {}
    catalogue: Catalogue
    books: Books | None = None
    hazards: Hazards = Hazards()

    @model_validator(mode="after")
    def _every_step_once(self) -> Description:
        said = [*self.steps, *self.nothing_to_send, *self.cannot]
        for step in said:
            if step not in STEPS:
                raise ValueError(f'there is no step "{step}"{did_you_mean(step, STEPS)}')
            if said.count(step) > 1:
                raise ValueError(f"{step} stands under two of steps, nothing_to_send and cannot; keep one")
        for step in STEPS:
            if step not in said:
                raise ValueError(f"{step} is missing: say its requests under steps, or why not under cannot")
        return self

    @model_validator(mode="after")
    def _success_is_read(self) -> Description:
        for step in COMPLETING:
            found = {name for one in self.steps.get(step, ()) for name, how in one.extract.items() if not how.optional}
            if step in self.steps and "order_id" not in found:
                raise ValueError(f"{step} extracts no order_id: a page alone is no proof of an order")
            if step in self.steps and not any("total" in one.extract for every in self.steps.values() for one in every):
                raise ValueError(f"{step} comes back with a total: extract it there or in a step before")
            if step in self.nothing_to_send:
                raise ValueError(f"{step} cannot be nothing to send: an order id has to be read")
        return self

    @model_validator(mode="after")
    def _variables_exist(self) -> Description:
        extracted = {name for requests in self.steps.values() for one in requests for name in one.extract}
        known = GIVEN | extracted | set(self.keep)
        for step, requests in self.steps.items():
            for name in (name for one in requests for text in one.templates() for name in names_in(text)):
                if name not in known:
                    raise ValueError(f"{step}: nothing gives {{{name}}}{did_you_mean(name, known)}")
        return self
