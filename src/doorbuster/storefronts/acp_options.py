"""What a scenario says about a shop of the Agentic Commerce Protocol: where its own pages and its feed are."""

from __future__ import annotations

from pydantic import Field

from doorbuster.storefronts.options import Options
from doorbuster.storefronts.own_pages import Address, Page


class AcpOptions(Options):
    """Paths are on the target; a page may be anywhere among the allowed hosts."""

    api: str = Field(default="", pattern=r"^(/.*[^/])?$")
    """Path under which the protocol is spoken, such as "/api"."""
    home: Page = "/"
    collection: Page | None = None
    """The page that shows a product among others; {product} stands for its id."""
    search: Page | None = None
    """With {query}."""
    product: Page | None = None
    """With {product}, {variant} or {sku}."""
    feed: Address | None = None
    """Where the feed's products are read, such as "/feeds/feed_1/products"."""
    delegate_payment_url: Address | None = None
    """Where a card becomes a token; by default what the shop's payment handler says, else the protocol's own path."""
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    """Where everybody lives, for a shop that delivers nowhere else."""
