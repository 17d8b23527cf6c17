"""A default 1C-Bitrix shop's side of the contract: answers in the shapes that its components are known to give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doorbuster.storefronts.base import Product, Response, Shop
from doorbuster.storefronts.html import PLATFORM
from tests.conftest import ROOT
from tests.contract.exchange import BASE_URL, Exchange, Failure, Request, json_response

PRODUCT = Product("dresses/dress-red-fairy", "281", "281", 124950, "RUB", None)
OPTIONS = PLATFORM.read_options({"description": "shops/bitrix.toml"}, ROOT / "scenarios")
SESSID, SIGNED = "0f3c1e5b7a9d2c4e6f8091a2b3c4d5e6", {"basket": "YmFza2V0.1a2b", "order": "b3JkZXI=.3c4d"}
ORDER_AJAX = "/bitrix/components/bitrix/sale.order.ajax/ajax.php"
HTML = {"content-type": "text/html; charset=UTF-8"}


def html(body: str, path: str = "") -> Response:
    """A page with the session's id in its scripts, as every page has it."""
    script = f"<script>BX.message({{'LANGUAGE_ID':'ru','bitrix_sessid':'{SESSID}'}});</script>"
    text = f"<!DOCTYPE html><html><head>{script}</head><body>{body}</body></html>"
    return Response(200, HTML, text.encode(), None, BASE_URL + path if path else "")


def component(kind: str, more: str = "") -> str:
    signed = f"signedParamsString: '{SIGNED[kind]}', siteId: 's1', template: 'dGVtcGxhdGU=.5e6f'"
    return f"<script>BX.Sale.Component.init({{{more}{signed}}});</script>"


BASKET = component("basket", "result: {'BASKET_ITEM_RENDER_DATA':[{'ID':'4711','PRODUCT_ID':'281'}]},")
ADDED = Response(200, HTML, "{'STATUS':'OK','MESSAGE':'Товар успешно добавлен в корзину'}".encode())
SHORT = "Для оформления заказа недостаточно товара «Платье»"
NOT_ADDED = Response(200, HTML, f"{{'STATUS':'ERROR','MESSAGE':'{SHORT}'}}".encode())
NOT_FOUND = Response(200, HTML, "{'STATUS':'ERROR','MESSAGE':'Товар не найден'}".encode())
NOTHING = Response(200, HTML, b"")
"""What a session id or a signature that is not the shop's own comes to."""
MADE = html("<div>Ваш заказ <b>№1024</b> от 22.11.2026 успешно создан.</div>", "/personal/order/make/?ORDER_ID=1024")
NONE_YET = html('<div class="sale-order-list">Текущие заказы не найдены</div>')
ORDERS = html(
    '<h2 class="sale-order-list-title">Заказ №1024 от 22.11.2026, 1 товар на сумму 1&nbsp;499.50 ₽</h2>'
)  # fmt: skip
PAGES = {
    "/": html("<h1>Магазин</h1>"),
    "/catalog/": html('<div class="product-item-container product-item"></div>'),
    "/search/?q=linen": html('<div class="search-page"></div>'),
    "/catalog/dresses/dress-red-fairy/": html('<div class="product-item-detail"></div>'),
    "/personal/cart/": html(BASKET),
    "/personal/order/make/": html(component("order"), "/personal/order/make/"),
    "/personal/order/make/?ORDER_ID=1024": MADE,
}


def coupon(status: str) -> dict[str, Any]:
    return {"BASKET_DATA": {"allSum": 1499.5, "COUPON_LIST": [{"COUPON": "BF25", "JS_STATUS": status}]}}


def order(**said: Any) -> Response:
    return json_response({"order": said})


class CannedBitrix:
    """Answers nothing to a session id or a signature that it did not give out, as Bitrix does."""

    def __init__(self) -> None:
        self._bought = False

    def __call__(self, request: Request) -> Response:
        path, form = request.url.removeprefix(BASE_URL), request.form
        if form is None:
            return (ORDERS if self._bought else NONE_YET) if path == "/personal/orders/" else PAGES[path]
        if form.get("action") == "ADD2BASKET":
            return ADDED
        kind = "order" if path == ORDER_AJAX else "basket"
        if form["sessid"] != SESSID or form["signedParamsString"] != SIGNED[kind]:
            return NOTHING
        return self._order(form) if kind == "order" else self._basket(form)

    def _basket(self, form: Mapping[str, str]) -> Response:
        taken = form.get("coupon") == "BF25" or form.get("basket[QUANTITY_4711]") == "2"
        return json_response(coupon("APPLYED") if taken else {"BASKET_DATA": {}})

    def _order(self, form: Mapping[str, str]) -> Response:
        if form["soa-action"] != "saveOrderAjax":
            return order(TOTAL={"ORDER_TOTAL_PRICE": 1499.5})
        self._bought = True
        return order(ID="1024", REDIRECT_URL="/personal/order/make/?ORDER_ID=1024")


def storefront(client: Any, visit: Any) -> Any:
    return PLATFORM.storefront(client, Shop(BASE_URL, OPTIONS), visit)


def _posted(request: Request) -> bool:
    return request.method == "POST"


def _ajax(name: str, step: str, response: Response, outcome: str) -> Failure:
    return Failure(name, step, response, outcome, when=_posted)


EXCHANGE = Exchange(
    "html-bitrix",
    storefront,
    CannedBitrix,
    PRODUCT,
    "BF25",
    (
        Failure("sold out", "cart.add", NOT_ADDED, "rejected"),
        Failure("not found", "cart.add", NOT_FOUND, "rejected"),
        Failure("page without an answer", "cart.add", html("<div>Платье</div>"), "error"),
        Failure("no basket on the page", "cart.update", html("<div></div>"), "error"),
        _ajax("another's session", "cart.update", NOTHING, "error"),
        _ajax("no such code", "cart.discount", json_response(coupon("BAD")), "rejected"),
        _ajax("no word of the code", "cart.discount", json_response({"BASKET_DATA": {"COUPON_LIST": []}}), "error"),
        Failure("empty basket", "checkout.start", html("", "/personal/cart/"), "rejected"),
        _ajax("another's session", "checkout.address", NOTHING, "error"),
        _ajax("nothing done", "checkout.address", json_response({"order": []}), "error"),
        _ajax("refused", "checkout.shipping", order(ERROR={"DELIVERY": ["Доставка невозможна"]}), "rejected"),
        _ajax("another's signature", "checkout.complete", NOTHING, "unknown"),
        _ajax("another's session", "checkout.complete", json_response({"order": []}), "unknown"),
        _ajax("sold out", "checkout.complete", order(ERROR={"MAIN": [SHORT]}), "rejected"),
        _ajax("refused", "checkout.complete", order(ERROR={"PROPERTY": ["Поле «E-Mail» обязательно"]}), "rejected"),
        _ajax("both", "checkout.complete", order(ERROR={"MAIN": ["Нет"]}, ID="1024"), "rejected"),
        _ajax("empty basket", "checkout.complete", order(REDIRECT_URL="/personal/order/make/"), "rejected"),
        Failure(
            "confirms another order",
            "checkout.complete",
            html("<b>№999</b>", "/personal/order/make/?ORDER_ID=999"),
            "unknown",
            when=lambda request: request.method == "GET",
        ),
    ),
    journeys=("browse", "cart", "native_checkout"),
)
