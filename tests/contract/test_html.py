"""Described shops: what the two shipped descriptions do not show by themselves."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from doorbuster.errors import ScenarioError, TargetError
from doorbuster.storefronts.base import Customer, Line, Product, Response, Shop, Visit
from doorbuster.storefronts.html import PLATFORM
from doorbuster.storefronts.html_description import GIVEN, Books, Catalogue, Description, Hazards
from doorbuster.storefronts.html_hazards import gateways_in
from doorbuster.storefronts.html_page import amount_minor
from doorbuster.storefronts.html_request import Expect, Request, Sign
from doorbuster.storefronts.platforms import options_of
from doorbuster.vocabulary import STEPS
from tests.conftest import ROOT
from tests.contract import oscar_exchange
from tests.contract.exchange import BASE_URL, RUN
from tests.contract.exchange import Request as Sent

CARD: Mapping[str, Any] = tomllib.loads("""
name = "a shop"
currency = "EUR"
[catalogue]
file = "products.csv"
[[steps."cart.add"]]
url = "/add"
form = { id = "{variant}" }
[[steps."checkout.start"]]
only = "customer"
url = "/login"
form = { user = "{email}", password = "{password}" }
[[steps."checkout.start"]]
url = "/checkout"
extract = { total = { css = ".total" } }
[[steps."checkout.complete"]]
url = "/place"
method = "POST"
throttled = [{ css = ".queue", says = "the shop has a queue", again_s = 3 }]
[[steps."checkout.complete"]]
submit = "#pay"
optional = true
[[steps."checkout.complete"]]
submit = "#back"
optional = true
[[steps."checkout.complete"]]
url = "/thanks"
extract = { order_id = { css = "b", regex = "\\\\d+" } }
throttled = [{ css = ".queue", says = "the shop has a queue", again_s = 3 }]
""")
PRODUCTS = "product,variant,price\nhat-red,7,12.50\n"
HAT = Product("hat-red", "7", "7", 1250, "EUR", None)
THANKS = "<p>Order <b>no. 81</b></p>"


def described(folder: Path, **changes: Any) -> Mapping[str, Any]:
    """Options of a shop that is described as CARD with changes; the steps that it leaves out are nothing to send."""
    card = {**CARD, **changes}
    described_steps = {*card["steps"], *card.get("cannot", {})}
    card["nothing_to_send"] = {
        step: "-" for step in STEPS if step not in described_steps and step not in ("wallet.complete", "order.read")
    }
    card.setdefault("cannot", {"wallet.complete": "no wallet", "order.read": "no orders"})
    (folder / "shop.toml").write_text(toml(card), encoding="utf-8")
    (folder / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    return options_of(PLATFORM, {"description": "shop.toml"}, folder, "scenario.toml")


def toml(card: Mapping[str, Any]) -> str:
    """JSON is TOML but for colons and null: enough for inline tables."""

    def value(one: Any) -> str:
        if isinstance(one, Mapping):
            return "{" + ", ".join(f"{json.dumps(name)} = {value(each)}" for name, each in one.items()) + "}"
        if isinstance(one, list):
            return "[" + ", ".join(map(value, one)) + "]"
        return json.dumps(one)

    return "\n".join(f"{name} = {value(one)}" for name, one in card.items()) + "\n"


class Canned:
    """Answers by address; keeps what it was sent."""

    def __init__(self, pages: Mapping[str, str | bytes | Callable[[], str]], kind: str = "text/html") -> None:
        self._pages, self._kind = pages, kind
        self.sent: list[Sent] = []

    def request(self, method: str, url: str, *, json: Any = None, form: Any = None, headers: Any = None) -> Response:
        self.sent.append(Sent(method, url, json, form, dict(headers or {})))
        page = self._pages.get(url.removeprefix(BASE_URL), "")
        body = page() if callable(page) else page
        body = body.encode() if isinstance(body, str) else body
        return Response(200, {"content-type": self._kind}, body, None, url)


def shopper(options: Mapping[str, Any], canned: Canned, customer: Customer | None = None) -> Any:
    visit = Visit(7, "native_checkout", f"{RUN}-7", (Line(HAT, 1),), "", None, 30.0, None, customer=customer)
    return PLATFORM.storefront(canned, Shop(BASE_URL, options), visit)


GATEWAY = "https://pay.example:25443/sis/pay"
PAY = f'<form id="pay" method="post" action="{GATEWAY}"><input type=hidden name=Ds_Signature value="a+/="></form>'
BACK = '<form id="back" method="post" action="https://shop.example/paid"><input type=hidden name=ok value=1></form>'


def test_the_forms_of_a_payment_gateway_are_sent_on_there_and_back(tmp_path: Path) -> None:
    canned = Canned({"/checkout": "<i class=total>€ 12,50</i>", "/place": PAY, GATEWAY: BACK, "/thanks": THANKS})
    shop = shopper(described(tmp_path, decimal_mark=","), canned)
    assert shop.checkout_start().total_minor == 1250
    bought = shop.checkout_complete()
    assert (bought.outcome, bought.order_id, bought.total_minor, bought.currency) == ("ok", "81", 1250, "EUR")
    pay, back = canned.sent[-3:-1]
    assert (pay.method, pay.url, pay.form) == ("POST", GATEWAY, {"Ds_Signature": "a+/="})
    assert pay.headers["Referer"] == f"{BASE_URL}/"  # another site learns the host and nothing else
    assert (back.url, back.form) == (f"{BASE_URL}/paid", {"ok": "1"})


@pytest.mark.parametrize("host", ["sis.redsys.es", "sis-t.redsys.es", "www.paypal.com", "live.adyen.com"])
def test_nothing_is_sent_to_a_gateway_that_is_live_or_shared(tmp_path: Path, host: str) -> None:
    canned = Canned({"/place": PAY.replace("pay.example", host), "/thanks": THANKS})
    answer = shopper(described(tmp_path), canned).checkout_complete()
    assert answer.outcome == "error"
    assert host in answer.detail
    assert [request.url for request in canned.sent] == [f"{BASE_URL}/place"]


def test_who_is_turned_away_goes_on_where_that_was(tmp_path: Path) -> None:
    queue = iter(["<p class=queue>", THANKS])
    canned = Canned({"/place": "<p>", "/thanks": lambda: next(queue), "/checkout": "<i class=total>9.00</i>"})
    shop = shopper(described(tmp_path), canned)
    shop.checkout_start()
    away = shop.checkout_complete()
    assert (away.outcome, away.again_s, away.detail) == ("throttled", 3, "the shop has a queue")
    assert shop.checkout_complete().order_id == "81"
    assert [request.url for request in canned.sent].count(f"{BASE_URL}/place") == 1


def test_a_customer_logs_in_and_a_guest_does_not(tmp_path: Path) -> None:
    options = described(tmp_path)
    for customer, paths in ((None, ["/checkout"]), (Customer("ana@shop.example", "secret"), ["/login", "/checkout"])):
        canned = Canned({"/checkout": "<i class=total>9.00</i>"})
        assert shopper(options, canned, customer).checkout_start().outcome == "ok"
        assert [request.url.removeprefix(BASE_URL) for request in canned.sent] == paths
    assert canned.sent[0].form == {"user": "ana@shop.example", "password": "secret"}


def test_a_customer_whom_nobody_lets_in_is_told_so(tmp_path: Path) -> None:
    steps = {**CARD["steps"], "checkout.start": CARD["steps"]["checkout.start"][1:]}
    answer = shopper(
        described(tmp_path, steps=steps), Canned({}), Customer("ana@shop.example", "secret")
    ).checkout_start()
    assert answer.outcome == "rejected"


def test_an_old_shops_letters_are_read(tmp_path: Path) -> None:
    steps = {**CARD["steps"], "home": [{"url": "/", "expect": {"contains": ["Магазин"]}}]}
    options = described(tmp_path, steps=steps)
    page = "<h1>Магазин</h1>".encode("cp1251")
    assert shopper(options, Canned({"/": page}, "text/html; charset=windows-1251")).home().outcome == "ok"
    assert shopper(options, Canned({"/": page}, "text/html; charset=utf-8")).home().outcome == "error"


def test_a_wallet_for_one_product_refuses_two(tmp_path: Path) -> None:
    answer = shopper(described(tmp_path), Canned({})).wallet_start([Line(HAT, 1), Line(HAT, 1)])
    assert answer.outcome == "rejected"


def test_a_form_is_sent_as_a_browser_would(tmp_path: Path) -> None:
    form = """<form id="back" action="?a=1"><input name=text value=t><input name=off type=checkbox>
        <input name=on type=checkbox checked><input name=one type=radio value=1><input name=one type=radio value=2 checked>
        <input name=no disabled value=x><input name=go type=submit value=x><textarea name=note>n</textarea>
        <select name=size><option value=s>S<option value=m selected>M</select></form>"""
    steps = {
        **CARD["steps"],
        "home": [{"url": "/here"}],
        "cart.view": [{"submit": "#back", "form": {"text": "{email}"}}],
    }
    canned = Canned({"/here": form})
    shop = shopper(described(tmp_path, steps=steps), canned)
    shop.home()
    shop.cart_view()
    assert canned.sent[-1].method == "GET"
    query = f"text={RUN.lower()}-7%40doorbuster.example&on=on&one=2&note=n&size=m"
    assert canned.sent[-1].url == f"{BASE_URL}/here?{query}"


@pytest.mark.parametrize(
    ("text", "mark", "currency", "minor"),
    [("€ 1.234,50", ",", "EUR", 123450), ("£12.00", ".", "GBP", 1200), ("1\xa0499.5 ₽", ".", "RUB", 149950), ("¥1,200", ".", "JPY", 1200)],
)  # fmt: skip
def test_an_amount_is_read_as_pages_write_it(text: str, mark: str, currency: str, minor: int) -> None:
    assert amount_minor(text, mark, currency) == minor


@pytest.mark.parametrize("text", ["", "free", "€", "1.2.3", "-"])
def test_what_is_no_amount_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount"):
        amount_minor(text, ".", "EUR")


def spoilt(**changes: Any) -> dict[str, Any]:
    return {"steps": {**CARD["steps"], "home": [{"url": "/", **changes}]}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"curency": "EUR"}, 'unknown key curency; did you mean "currency"?'),
        (spoilt(extract={"x": {"css": "a["}}), "steps.home.0.extract.x.css: 'a[' is no CSS selector"),
        (spoilt(extract={"x": {"regex": "("}}), "steps.home.0.extract.x.regex: input should be a valid regular expression"),
        (spoilt(extract={"x": {}}), "say one of text, css, json, address, or a regex alone"),
        (spoilt(form={"a": "{quantitty}"}), 'home: nothing gives {quantitty}; did you mean "quantity"?'),
        (spoilt(submit="form"), "say either url or submit"),
        (spoilt(url="nowhere"), "steps.home.0.url"),
        ({"steps": {**CARD["steps"], "cart.ad": [{"url": "/"}]}}, 'there is no step "cart.ad"; did you mean "cart.add"?'),
        ({"steps": {**CARD["steps"], "order.read": [{"url": "/"}]}, "cannot": {"wallet.complete": "-"}}, "order.read extracts no order_id"),
        ({"catalogue": {"url": "/"}}, "catalogue: say either url, items and fields, or file"),
        ({"catalogue": {"file": "none.csv"}}, "none.csv: cannot be read"),
        ({"cannot": {"wallet.complete": "-"}}, "order.read is missing"),
    ],
)  # fmt: skip
def test_a_description_that_is_wrong_says_where(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as wrong:
        described(tmp_path, **changes)
    assert said in str(wrong.value)
    assert str(wrong.value).startswith(f"scenario.toml: storefront.options: {tmp_path}/")
    assert "\n" not in str(wrong.value)


def test_a_run_has_its_description_whole(tmp_path: Path) -> None:
    options = described(tmp_path)
    for file in tmp_path.iterdir():
        file.unlink()
    again = json.loads(json.dumps(options))  # as run.json has it
    products = PLATFORM.backstage(Canned({}), Shop(BASE_URL, again)).catalogue()
    assert [(one.product, one.variant, one.price_minor, one.currency) for one in products] == [
        ("hat-red", "7", 1250, "EUR")
    ]


# Backstage


class Backstage(Canned):
    """Oscar's lists and books, with the redirect that its first page is."""

    def request(self, method: str, url: str, *, json: Any = None, form: Any = None, headers: Any = None) -> Response:
        if url == f"{BASE_URL}/":
            return Response(302, {"location": "/catalogue/"}, b"", None, url)
        return super().request(method, url, json=json, form=form, headers=headers)


LIST = (oscar_exchange.PAGES / "catalogue.html").read_bytes()
ORDERS = """order_id,email,at,status,total,currency,items,discount,shipping,tax,codes,variant,quantity,price
100001,20261122t101500z-contract-7@doorbuster.example,2026-11-22T10:15:09+00:00,paid,15.60,EUR,10.00,1.00,4.00,2.60,WELCOME10,1,1,10.00
"""
BOOKS = {
    "/catalogue/": LIST, "/catalogue/?page=1": LIST, "/catalogue/?page=2": LIST,
    "/books/orders.csv": ORDERS, "/books/stock.csv": "variant,units,initial\n1,49,50\n", "/books/coupons.csv": "code,limit,used\nFIRST20,20,1\n",
}  # fmt: skip


def backstage(**pages: str) -> Any:
    canned = Backstage({**BOOKS, **{f"/books/{name}.csv": page for name, page in pages.items()}})
    return PLATFORM.backstage(canned, Shop(BASE_URL, oscar_exchange.OPTIONS, admin_token="key")), canned


def test_the_catalogue_is_read_from_the_shops_lists() -> None:
    shop, _ = backstage()
    assert shop.check() == f"django-oscar at {BASE_URL}, by description"
    first, *others = shop.catalogue()
    assert first == Product("linen-shirt-1_1", "1", "1", 1200, "EUR", None)
    assert len(others) == 2


def test_books_are_read_with_the_admin_token_alone() -> None:
    shop, canned = backstage()
    rows = {row["kind"]: row for row in shop.read_back().orders}
    assert {request.headers.get("Authorization") for request in canned.sent} == {"Bearer key"}
    order = rows["order"]
    assert (order["order_id"], order["intent"], order["amount_minor"]) == ("100001", f"{RUN}-7", 1560)
    assert order["at_unix_us"] == 1795342509000000
    assert "at_us" not in order
    assert json.loads(order["detail"])["lines"] == [{"variant": "1", "quantity": 1, "price_minor": 1000}]
    assert json.loads(rows["stock"]["detail"]) == {"variant": "1", "units": 49, "initial": 50}
    assert json.loads(rows["coupon"]["detail"]) == {"code": "FIRST20", "limit": 20, "used": 1}
    assert rows["books_read"]["witness"] == "shop"


def test_a_book_that_is_wrong_is_named_with_its_line() -> None:
    shop, _ = backstage(stock="variant,units,initial\n1,many,50\n")
    with pytest.raises(TargetError, match=rf"^{BASE_URL}/books/stock.csv, line 2, column units: "):
        shop.read_back()


def test_a_shop_without_books_asks_for_its_orders(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"--orders orders\.csv"):
        PLATFORM.backstage(Canned({}), Shop(BASE_URL, described(tmp_path))).read_back()


@pytest.mark.parametrize(
    ("page", "dangers"),
    [
        ('<form method=post action="https://test.adyen.com/hpp/pay.shtml">', 1),
        ("<script src='https://www.paypal.com/sdk/js?client-id=1'></script>", 1),
        ('<form action=//checkout.stripe.com/pay> <script src="https://js.stripe.com/v3">', 1),
        ('<script src="https://js.stripe.com/v3"></script><a href="https://www.paypal.com/">we take PayPal</a>', 0),
    ],
)
def test_one_list_says_what_a_payment_service_is(page: str, dangers: int) -> None:
    assert len(gateways_in(page)) == dangers


def test_gateways_on_its_pages_are_hazards(tmp_path: Path) -> None:
    options = described(tmp_path, hazards={"pages": ["/", "/pay"]})
    pages = {"/": "<p>", "/pay": '<form action="https://sis.redsys.es/sis/realizarPago"><i data-key="pk_live_1">'}
    said = PLATFORM.backstage(Canned(pages), Shop(BASE_URL, options)).hazards()
    assert len(said) == 2
    assert "sis.redsys.es, which belongs to Redsys" in said[0]
    assert PLATFORM.backstage(Canned({}), Shop(BASE_URL, options)).hazards() == []


def test_the_shipped_descriptions_are_whole() -> None:
    for card in (ROOT / "scenarios/shops").glob("*.toml"):
        options_of(PLATFORM, {"description": f"shops/{card.name}"}, ROOT / "scenarios", "scenario.toml")


def test_the_description_on_the_page_of_descriptions_is_whole(tmp_path: Path) -> None:
    page = (ROOT / "docs/html-shops.md").read_text(encoding="utf-8")
    _, shop, rest = re.findall(r"^```toml\n(.+?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "shop.toml").write_text(f"{shop}\n{rest}", encoding="utf-8")
    options_of(PLATFORM, {"description": "shop.toml"}, tmp_path, "scenario.toml")


def test_the_page_of_descriptions_names_every_key_and_every_variable() -> None:
    page = (ROOT / "docs/html-shops.md").read_text(encoding="utf-8")
    cards = (Description, Request, Sign, Expect, Catalogue, Books, Hazards)
    keys = {field.alias or name for card in cards for name, field in card.model_fields.items()} - {"rows"}
    assert {name for name in keys | GIVEN if not re.search(rf"\b{name}\b", page)} == set()


@pytest.mark.parametrize(
    ("text", "mark", "minor_units"),
    [
        ("Rs. 1,200.00", ".", 120_000),
        ("1 234,50 €", ",", 123_450),
        ("1 200 Ft.", ",", 120_000),
        ("1 200,-", ",", 120_000),
        ("€12.00 (inc. 20% tax)", ".", None),
        ("12 EUR statt 15 EUR", ",", None),
        ("12 (20 %)", ".", None),
        ("12\n15", ".", None),
        ("12,00-", ",", None),
        ("", ".", None),
    ],
)
def test_two_numbers_are_never_read_as_one_amount(text: str, mark: str, minor_units: int | None) -> None:
    if minor_units is None:
        with pytest.raises(ValueError, match="is no amount"):
            amount_minor(text, mark, "EUR")
    else:
        assert amount_minor(text, mark, "EUR") == minor_units
