"""The staging shop's express wallet: a checkout session of the Agentic Commerce Protocol, its answers noticed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from doorbuster.storefronts.acp_session import AcpSession, Agent
from doorbuster.storefronts.answers import amount_of, id_in
from doorbuster.storefronts.base import OK, Answer, Client, Line, Shop, Visit
from doorbuster.storefronts.staging_answers import SOLD_OUT, read, read_completed, refused_by_message
from doorbuster.storefronts.staging_noticing import Noticing
from doorbuster.storefronts.staging_people import address_of, email_of, shipping_of

_TOKEN: Final = "staging-wallet"
"""Any will do there."""


@dataclass(slots=True)
class StagingWallet:
    """The wallet steps of one shopper; `noticing` is shared with the rest of the session."""

    client: Client
    shop: Shop
    visit: Visit
    noticing: Noticing
    session: AcpSession = field(init=False)

    def __post_init__(self) -> None:
        agent = Agent(self.client, self.shop.base_url, _TOKEN, self.visit.intent or "")
        self.session = AcpSession(agent, email_of(self.visit))

    def start(self, lines: Sequence[Line]) -> Answer:
        self.noticing.goods.update(line.product.variant for line in lines)
        answer = read("wallet.start", self.session.create(lines, self.visit.codes), self._keep)
        variant = lines[0].product.variant
        return self.noticing.gone(answer, variant, (variant,), lines[0]) if answer.detail == SOLD_OUT else answer

    def update(self) -> Answer:
        option = shipping_of(self.visit.session)

        def ready(session: Any) -> Answer:
            kept = self._keep(session)
            if kept.outcome == "ok" and session["status"] != "ready_for_payment":
                return Answer("error", "wallet.update: the session is not ready for payment")
            self.noticing.shipping = (option, amount_of(session, "fulfillment"))
            return kept

        details: Mapping[str, Any] = {"address": address_of(self.visit)}
        items = [line.product.variant for line in self.visit.lines]
        began_s = time.perf_counter()
        answer = read("wallet.update", self.session.update(details, ("shipping", option), items), ready)
        self.noticing.took("wallet.update", began_s)
        return answer

    def token(self) -> Answer:
        def keep(answer: Any) -> Answer:
            self.session.token = id_in(answer["id"])
            return OK

        # The staging shop says in its payment handler where its gateway is.
        url = self.session.handler.delegate_url if self.session.handler else ""
        return read("wallet.token", self.session.delegate(url), keep)

    def complete(self) -> Answer:
        began_s = time.perf_counter()
        answer = read("wallet.complete", self.session.complete(), read_completed)
        self.noticing.took("wallet.complete", began_s)
        return self.noticing.cart_seen(self.noticing.placed(answer), self.session.id)

    def _keep(self, session: Any) -> Answer:
        """Remember what the next steps need; a message of the shop's is a refusal, whatever the status."""
        mine = self.session.id in ("", session["id"])
        self.session.keep(session)
        answer = refused_by_message(session) or Answer(
            "ok", total_minor=self.session.total_minor, currency=self.session.currency
        )
        items = [line["item"]["id"] for line in session["line_items"]]
        foreign = [item for item in items if item not in self.noticing.goods]
        return self.noticing.anothers_cart("wallet session", foreign, mine) if foreign or not mine else answer
