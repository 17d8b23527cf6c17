"""One browser tab of one shopper: the page it is on, what was read so far, and what the next answer means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

from doorbuster.storefronts.answers import failed, no_answer, retry_after_s, throttled
from doorbuster.storefronts.base import Answer, Client, Response, Shop, Visit
from doorbuster.storefronts.html_description import Description
from doorbuster.storefronts.html_hazards import known_gateway
from doorbuster.storefronts.html_page import Page, amount_minor
from doorbuster.storefronts.html_request import Request, Signs
from doorbuster.storefronts.html_template import filled, filled_json, filled_url, only_a_name
from doorbuster.storefronts.people import NOTE, address_of, email_of

_CURRENCY: Final = re.compile("[A-Z]{3}")


class Tab:
    """Sends requests as the description has them; an answer in JSON is read and leaves the page where it was."""

    def __init__(self, client: Client, shop: Shop, visit: Visit, about: Description) -> None:
        self._client, self._base_url, self._about = client, shop.base_url, about
        self._page: Page | None = None
        self.values = _values_of(visit, about.country)
        self.total_minor: int | None = None
        """The last that a page said."""
        self.currency = about.currency

    def ask(self, step: str, request: Request, found: dict[str, str], *, begun: bool) -> Answer | None:
        """Send one request; None where its answer is as it should be, and what was read is in `found`.

        `begun`: the step has sent something before, so that on a money step nobody knows what is missing.
        """
        form = None
        if request.submit is not None:
            form = self._page.form(request.submit) if self._page else None
            if form is None:
                return None if request.optional else _lacks(step, f"no form {request.submit} to send", begun)
        try:
            fields = None if request.form is None else self._filled(request.form)
            body = None if request.json_body is None else filled_json(request.json_body, self._value)
            headers = self._filled(request.headers)
            method, url = (request.verb, self._url(request.url)) if request.url else ("", "")
        except LookupError as missing:
            return _lacks(step, f"nothing to fill in for {missing.args[0]}", begun)
        if form is not None:
            method, url, fields = request.method or form.method, form.url, {**form.fields, **(fields or {})}
        gateway = known_gateway(urlsplit(url).hostname)
        if gateway:
            return Answer("error", f"{step}: {gateway}; nothing was sent there")
        if method == "GET" and fields is not None:
            url, fields = f"{url.partition('?')[0]}?{urlencode(fields)}", None
        if self._page is not None:
            headers.setdefault("Referer", _referer(self._page.url, url))
        return self._read(
            step, request, self._client.request(method, url, json=body, form=fields, headers=headers), found
        )

    def bought(self, step: str, found: Mapping[str, str]) -> Answer:
        """What a step comes to that ends with an order."""
        if "order_id" not in found:
            return failed(step, f"{step}: no page showed an order id")
        return Answer("ok", "", found["order_id"], self.total_minor, self.currency)

    def _read(self, step: str, request: Request, response: Response, found: dict[str, str]) -> Answer | None:
        no = no_answer(step, response)
        if no:
            return no
        page = Page(response)
        if not page.is_json:
            self._page = page
        return (
            _refusal(page, response, request)
            or _refusal(page, response, self._about.everywhere)
            or self._unexpected(step, page, response, request)
            or self._extract(step, page, request, found)
        )

    def _unexpected(self, step: str, page: Page, response: Response, request: Request) -> Answer | None:
        expect, status = request.expect, response.status
        if (status not in expect.status) if expect.status else not 200 <= status < 300:
            return failed(step, f"HTTP {status}")
        for text in expect.contains:
            if not page.says(filled(text, self._value)):
                return failed(step, f"{step}: the page does not say {text}")
        for text in expect.not_contains:
            if page.says(filled(text, self._value)):
                return failed(step, f"{step}: the page says {text}")
        if expect.address and not expect.address.search(page.url):
            return failed(step, f"{step}: ended on another page than it should")
        return None

    def _extract(self, step: str, page: Page, request: Request, found: dict[str, str]) -> Answer | None:
        for name, finder in request.extract.items():
            value = page.find(finder)
            if value is not None:
                found[name] = self.values[name] = value
            elif not finder.optional:
                return failed(step, f"{step}: the page shows no {name}")
        if "currency" in request.extract and "currency" in found:
            if not _CURRENCY.fullmatch(found["currency"]):
                return failed(step, f"{step}: what the page shows as currency is none")
            self.currency = found["currency"]
        if "total" in request.extract and "total" in found:
            mark = "." if request.extract["total"].json_path else self._about.decimal_mark
            try:
                self.total_minor = amount_minor(found["total"], mark, self.currency)
            except ValueError:
                return failed(step, f"{step}: what the page shows as total is no amount")
        return None

    def _value(self, name: str) -> str:
        """What stands for {name} now. Raises LookupError."""
        kept = self._about.keep.get(name)
        if kept is not None and self._page is not None:
            newer = self._page.find(kept)
            if newer is not None:
                self.values[name] = newer
        return self.values[name]

    def _filled(self, texts: Mapping[str, str]) -> dict[str, str]:
        return {filled(name, self._value): filled(text, self._value) for name, text in texts.items()}

    def _url(self, template: str) -> str:
        name = only_a_name(template)
        if name:
            return urljoin(self._page.url if self._page else self._base_url, self._value(name))
        url = filled_url(template, self._value)
        return self._base_url + url if url.startswith("/") else url


def _lacks(step: str, what: str, begun: bool) -> Answer:
    said = f"{step}: the page before has {what}" if what.startswith("no ") else f"{step}: {what}"
    return failed(step, said) if begun else Answer("error", said)


def _refusal(page: Page, response: Response, signs: Signs) -> Answer | None:
    """What the shop says no with, in words that everybody understands."""
    for sign in signs.throttled:
        if page.find(sign):
            asked_s = retry_after_s(response)
            return throttled(sign.again_s if asked_s is None else asked_s)._replace(detail=sign.says)
    for sign in signs.conflict:
        if page.find(sign):
            return Answer("conflict", sign.says)
    for sign in signs.rejected:
        if page.find(sign):
            return Answer("rejected", sign.says)
    return None


def _values_of(visit: Visit, country: str | None) -> dict[str, str]:
    """What every session can fill in."""
    address = address_of(visit, country)
    first_name, _, last_name = address.name.partition(" ")
    email = email_of(visit)
    return {
        **{"email": email, "password": visit.customer.password if visit.customer else "", "note": NOTE},
        **{
            "intent": visit.intent or "",
            "session": str(visit.session),
            "code": visit.coupon or "",
            "query": visit.query,
        },
        **{**address._asdict(), "first_name": first_name, "last_name": last_name or first_name},
    }


def _referer(page: str, url: str) -> str:
    """What browsers say: the whole address within a site, its host alone to others."""
    here, there = urlsplit(page), urlsplit(url)
    return page if here[:2] == there[:2] else f"{here.scheme}://{here.netloc}/"
