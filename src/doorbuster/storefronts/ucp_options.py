"""What a scenario says about a shop of the Universal Commerce Protocol: who asks, and how it is paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from doorbuster.storefronts.options import Options
from doorbuster.storefronts.own_pages import Address, Page


class UcpOptions(Options):
    """Paths are on the target; addresses may be anywhere among the allowed hosts."""

    api: str = Field(default="", pattern=r"^(/.*[^/])?$")
    """Path under which the protocol is spoken, such as "/ucp"."""
    agent_profile: str = Field(default="https://doorbuster.example/.well-known/ucp", pattern="^https?://")
    """Where the shop reads who its agent is; some read it before they answer."""
    home: Page = "/"
    category: str | None = None
    """What `collection` asks the catalogue for; everything when absent."""
    payment_handler: str | None = None
    """Id of the way to pay; the first that the shop names when absent."""
    tokenize_url: Address | None = None
    """Where the payment service exchanges a card for a token."""
    identity: str | None = None
    """Who the shop is to that payment service, for tokens that are bound to it."""
    credential: Mapping[str, Any] | None = None
    """Instead: the credential of a sandbox, such as { type = "PAYMENT_GATEWAY", token = "..." }; the same for all."""
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    """Where everybody lives, for a shop that delivers nowhere else."""
