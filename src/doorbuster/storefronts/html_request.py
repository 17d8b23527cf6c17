"""One request of a described shop: where it goes, what it says, what its answer must show and what is read there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from doorbuster.storefronts.html_page import selector
from doorbuster.storefronts.options import Options

Css = Annotated[str, AfterValidator(selector)]
Texts = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]
Numbers = Annotated[tuple[int, ...], BeforeValidator(lambda value: (value,) if isinstance(value, int) else value)]


class Finder(Options):
    """Where something stands in an answer: an element, a value of JSON, the address; a regex narrows it."""

    css: Css | None = None
    json_path: str | None = Field(default=None, alias="json")
    """Names and positions with dots between: `order.ID`, `lines.0.price`."""
    address: bool = False
    """In the address where redirects ended, not in the page."""
    attribute: str | None = None
    """Of the element; its text without one."""
    regex: re.Pattern[str] | None = None
    """Its first group, or all of it; of the whole page where nothing else is said."""
    optional: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> Finder:
        sources = sum((self.css is not None, self.json_path is not None, self.address))
        if sources > 1 or not (sources or self.regex):
            raise ValueError("say one of css, json, address, or a regex alone")
        if self.attribute and not self.css:
            raise ValueError("attribute goes with css")
        return self


class Sign(Finder):
    """Something whose presence means that the shop said no, and what it says in plain words."""

    says: str = Field(min_length=1)
    again_s: float | None = Field(default=None, ge=0)
    """Of a queue that sends no Retry-After: when its page asks again."""


class Signs(Options):
    """Looked for in this order, before anything is expected."""

    throttled: tuple[Sign, ...] = ()
    conflict: tuple[Sign, ...] = ()
    rejected: tuple[Sign, ...] = ()


class Expect(Options):
    """What an answer must be; any 2xx where no status is said."""

    status: Numbers = ()
    contains: Texts = ()
    not_contains: Texts = ()
    address: re.Pattern[str] | None = None
    """Somewhere in the address where redirects ended."""


class Request(Signs):
    """One request of a step: to an address, or the form that the page before shows, as a browser would send it."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = None
    """POST where something is sent, else GET."""
    url: str | None = Field(default=None, pattern=r"^(/|https?://|\{\w+\}$)")
    """A path below the shop's address, or one variable that holds a link of the page before."""
    submit: Css | None = None
    """The form that is sent on with all it holds; `form` fills in or replaces fields."""
    optional: bool = False
    """Left out where the page before has no such form."""
    only: Literal["guest", "customer"] | None = None
    each_line: bool = False
    """Of `wallet.start`: once for each product."""
    form: Mapping[str, str] | None = None
    json_body: Mapping[str, Any] | None = Field(default=None, alias="json")
    headers: Mapping[str, str] = {}
    extract: Mapping[str, Finder] = {}
    expect: Expect = Expect()

    @model_validator(mode="after")
    def _one_target(self) -> Request:
        if (self.url is None) == (self.submit is None):
            raise ValueError("say either url or submit")
        if self.json_body is not None and (self.form is not None or self.submit):
            raise ValueError("json goes with neither form nor submit")
        if self.optional and not self.submit:
            raise ValueError("optional goes with submit")
        return self

    @property
    def verb(self) -> str:
        return self.method or ("GET" if self.form is None and self.json_body is None else "POST")

    def templates(self) -> Iterator[str]:
        """All texts with variables in them."""
        yield from (self.url or "", *self.headers.values(), *_texts(self.form), *_texts(self.json_body))
        yield from (*self.expect.contains, *self.expect.not_contains)


def _texts(value: Any) -> Iterator[str]:
    """All texts in a form or a JSON body, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from (name, *_texts(one))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
