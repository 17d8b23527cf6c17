"""One shopper's session at a Vendure shop: its token, and the order that is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from doorbuster.storefronts.answers import Reading
from doorbuster.storefronts.base import Answer, Client, Shop
from doorbuster.storefronts.graphql import ask
from doorbuster.storefronts.staging_noticing import Noticing
from doorbuster.storefronts.vendure_answers import priced, read_data, refusal


@dataclass
class VendureSession:
    """Asks the Shop API, and keeps what the next request needs."""

    client: Client
    shop: Shop
    order: str = field(default="", init=False)
    """Code of this shopper's order, from the first answer that held one."""
    line_of: dict[str, str] = field(default_factory=dict, init=False)
    """Variant to the line of the order that it is in."""
    noticing: Noticing = field(default_factory=Noticing, init=False)
    _token: str = field(default="", init=False)

    def ask(self, step: str, operation: str, variables: Mapping[str, Any], reading: Reading) -> Answer:
        """One operation; `reading` gets its data."""
        options = self.shop.options
        url = f"{self.shop.base_url}{options['shop_api']}"
        if options["language"]:
            url += "?" + urlencode({"languageCode": options["language"]})
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if self.shop.token:
            headers["vendure-token"] = self.shop.token  # the channel
        response = ask(self.client, url, "vendure", operation, variables, headers)
        self._token = response.headers.get("vendure-auth-token") or self._token
        return read_data(step, response, reading)

    def change(self, step: str, operation: str, variables: Mapping[str, Any]) -> Answer:
        """A document of mutations that each answer with the order: every one of them must have been done."""

        def reading(data: Any) -> Answer:
            members = list(data.values())
            refused = (refusal(step, member) for member in members)
            return next((one for one in refused if one), None) or self.own(step, members[-1])

        return self.ask(step, operation, variables, reading)

    def own(self, step: str, order: Mapping[str, Any]) -> Answer:
        """Read an order that must be this shopper's own."""
        code, lines = str(order["code"]), {str(one["productVariant"]["id"]): str(one["id"]) for one in order["lines"]}
        mine = self.order in ("", code)
        foreign = [variant for variant in lines if variant not in self.noticing.goods]
        if foreign or not mine:
            return self.noticing.anothers_cart(step, foreign, mine)
        self.order, self.line_of = code, lines
        return priced(order)

    def adopt(self, step: str) -> Answer:
        """Who logs in may find in the cart what they left there last time; Vendure may give it another code."""

        def reading(data: Any) -> Answer:
            order = data["activeOrder"]
            self.order = str(order["code"])
            self.noticing.goods.update(str(one["productVariant"]["id"]) for one in order["lines"])
            return self.own(step, order)

        return self.ask(step, "ActiveOrder", {}, reading)
