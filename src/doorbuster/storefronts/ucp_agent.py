"""Who speaks the Universal Commerce Protocol for a shopper: sends JSON, each change with its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from doorbuster.storefronts.base import Client, Response, Shop


@dataclass(slots=True)
class UcpAgent:
    """One shopper's."""

    client: Client
    shop: Shop
    name: str
    """What its keys are made of: the purchase intent, where there is one."""
    _sent: int = 0
    _api: str = field(init=False)
    _always: Mapping[str, str] = field(init=False)
    """Headers of every request to the shop."""
    _mark: str = field(init=False)
    """How each UUID of this shopper's begins."""

    def __post_init__(self) -> None:
        options, token = self.shop.options, self.shop.token
        self._api = f"{self.shop.base_url}{options['api']}"
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        self._always = {"UCP-Agent": f'profile="{options["agent_profile"]}"', **bearer}
        told = blake2b(self.name.encode(), digest_size=16).hexdigest()
        self._mark = f"{told[:8]}-{told[8:12]}-8{told[13:16]}-a{told[17:20]}-"

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None, key: str | None = None) -> Response:
        """`key`: a retry carries the same one, and so cannot buy twice. `path` may be a whole URL."""
        self._sent += 1
        headers = {**self._always, "Request-Id": f"{self._mark}{self._sent:012x}"}
        if key is not None:
            headers["Idempotency-Key"] = self._mark + _uuid_end(key)
        url = self._api + path
        if "://" in path:
            url = path
            # The shop's token is for the shop: a payment service on another host must not learn it.
            if urlsplit(url).hostname != urlsplit(self.shop.base_url).hostname:
                headers.pop("Authorization", None)
        return self.client.request(method, url, json=body, headers=headers)


@lru_cache(maxsize=1024)  # shoppers do the same things
def _uuid_end(key: str) -> str:
    """How the UUID of a key ends, the same for the same key."""
    return blake2b(key.encode(), digest_size=6).hexdigest()
