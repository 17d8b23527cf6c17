"""Which of the shop's own metrics a report shows: a `[[series]]` of the gate file."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Text = Annotated[str, Field(min_length=1, max_length=200)]


class SeriesAsked(BaseModel):
    """A query to a Prometheus server, or a file: a saved answer of query_range, or CSV with a column of times."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    unit: Annotated[str, Field(max_length=40)] = ""
    url: str | None = None
    """Of the server, as its own pages have it, without /api/v1."""
    query: Annotated[str, Field(max_length=5000)] = ""
    """PromQL. Where it gives many series, a `topk(5, ...)` keeps the chart readable."""
    file: str | None = None
    """Path from the gate file's folder."""
    timezone: str | None = None
    """Of a file's times that name no offset; UTC where not given."""

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url is no address such as https://prometheus.example.com")
        if parts.username or parts.password:
            raise ValueError("url carries credentials; put them into DOORBUSTER_SERIES_AUTHORIZATION")
        if parts.query or parts.fragment:
            raise ValueError("url has a query or a fragment; the PromQL goes under query")
        return url.rstrip("/").removesuffix("/api/v1/query_range").removesuffix("/api/v1")

    @model_validator(mode="after")
    def _one_source(self) -> SeriesAsked:
        if (self.url is None) == (self.file is None):
            raise ValueError("needs either url and query, or file")
        if self.url is not None and not self.query.strip():
            raise ValueError("query is missing: the PromQL to ask the server")
        if self.file is not None and self.query:
            raise ValueError("query goes with url; a file is taken whole")
        if self.url is not None and self.timezone is not None:
            raise ValueError("timezone goes with file; a server's times are UTC")
        return self

    @property
    def source(self) -> str:
        """What tells whether a kept series is the one asked for."""
        return f"{self.url or self.file} {self.query}".strip()
