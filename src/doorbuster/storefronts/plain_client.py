"""The client for everything that is not load: reading back orders and stock, steering staging; on httpx."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from doorbuster.storefronts.base import Response


@dataclass(frozen=True, slots=True)
class HttpxClient:
    """`base.Client` on an `httpx.Client`, which decides on time-outs, verification and redirects, and keeps cookies."""

    client: httpx.Client

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send one request; what goes wrong on the way is in `failure`, the same words for the same cause."""
        try:
            answer = self.client.request(method, url, json=json, data=form, headers=headers)
        except httpx.TimeoutException:
            return Response(0, {}, b"", "no answer in time")
        except httpx.ConnectError:
            return Response(0, {}, b"", "could not connect")
        except httpx.HTTPError:
            return Response(0, {}, b"", "the connection broke")
        names = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, names, answer.content, None, str(answer.url))
