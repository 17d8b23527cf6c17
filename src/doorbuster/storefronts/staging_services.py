"""How the staging services are asked backstage: behind our shop, or behind one that was pointed at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Client
from doorbuster.storefronts.facts import Row
from doorbuster.storefronts.staging_facts import (
    analytics_facts,
    erp_facts,
    gateway_facts,
    mailbox_facts,
    register_facts,
)

NAME: Final = "doorbuster-staging"
_FACTS: Final = {
    "gateway": {"gateway": gateway_facts},
    "collector": {"analytics": analytics_facts},
    "mailbox": {"mailbox": mailbox_facts},
    "back_office": {"erp": erp_facts, "register": register_facts},
}
"""Service to the witnesses that it is, each with how it is read."""


def ask(client: Client, method: str, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One question to a service. Raises TargetError: no answer, no staging service, refused."""
    response = client.request(method, url, json=body)
    if response.failure or not response.status:
        raise TargetError(f"{url}: {response.failure or 'no answer'}; is the staging environment running?")
    try:
        answer = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise TargetError(f"{url}: no Doorbuster staging service answers there; check the address")
    if response.status >= 300:
        error = answer.get("error")
        said = error.get("message") if isinstance(error, dict) else None
        raise TargetError(f"{url}: {said or f'HTTP {response.status}'}")
    return answer


@dataclass(frozen=True, slots=True)
class ServiceBooks:
    """`staging_facts.Asks` by service name."""

    client: Client
    addresses: Mapping[str, str]

    def ask(self, service: str, path: str) -> Row:
        return ask(self.client, "GET", self.addresses[service] + path)

    def pages(self, service: str, path: str, name: str) -> Iterator[Row]:
        after: int | None = 0
        while after is not None:
            page = self.ask(service, f"{path}?after={after}")
            yield from page[name]
            after = page["next"]


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Staging services that stand behind a shop which is not ours: service name to base URL."""

    client: Client
    addresses: Mapping[str, str]

    def reset(self, seed: int) -> None:
        """Empty books and no faults in each. Raises TargetError where a service is not what it was said to be."""
        for service, url in self.addresses.items():
            about = ask(self.client, "GET", f"{url}/admin/info")
            if about.get("name") != NAME or about.get("service") != service:
                raise TargetError(
                    f"{url}: witnesses.{service} is the {about.get('service', 'unknown')} there; correct the address"
                )
        for url in self.addresses.values():
            ask(self.client, "POST", f"{url}/admin/reset", {"seed": seed})

    def steer(self, faults: Sequence[Mapping[str, Any]], service_of: Mapping[str, str]) -> None:
        """Give each service its part of the timetable; `service_of` says whose a fault is."""
        for service, url in self.addresses.items():
            mine = [dict(fault) for fault in faults if service_of[fault["name"]] == service]
            ask(self.client, "POST", f"{url}/admin/faults", {"faults": mine})

    def read_back(self) -> Iterator[Row]:
        """All that they have in their books, as rows of the facts table."""
        books = ServiceBooks(self.client, self.addresses)
        for service in self.addresses:
            for facts in _FACTS[service].values():
                yield from facts(books)

    def names(self) -> list[str]:
        """The witnesses that these services are, as the facts table calls them."""
        return [witness for service in self.addresses for witness in _FACTS[service]]
