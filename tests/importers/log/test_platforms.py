"""Path patterns: each platform's telling calls are told, and a shop can bring its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from doorbuster.importers.log.importer import import_log
from doorbuster.importers.log.platform import load, names
from doorbuster.importers.log.refusals import LogError
from tests.importers.log.conftest import line

Write = Callable[..., Path]
CALLS = {
    "staging": [("POST", "/carts/1/lines", "cart.add"), ("POST", "/checkout_sessions/x/complete", "wallet.complete")],
    "generic": [("GET", "/product/31/x/y", "product"), ("GET", "/cart/add/7", "cart.add"), ("GET", "/m/filter/b1,p6", "collection")],
    "shopify": [("GET", "/en-gb/products/lamp", "product"), ("GET", "/collections/all/products/lamp/", "product"), ("POST", "/cart/add.js", "cart.add"), ("GET", "/fr/", "home")],
    "magento": [("GET", "/lamp.html", "product"), ("GET", "/lamps/table.html", "collection"), ("POST", "/checkout/cart/add/uenc/x/product/4/", "cart.add"), ("GET", "/checkout/onepage/success/", "checkout.complete"), ("POST", "/rest/default/V1/guest-carts/abc/items", "cart.add")],
    "woocommerce": [("POST", "/?wc-ajax=add_to_cart", "cart.add"), ("POST", "/?wc-ajax=checkout", "checkout.payment"), ("GET", "/shop/?add-to-cart=9", "cart.add"), ("GET", "/product/lamp/", "product"), ("GET", "/checkout/order-received/12/", "checkout.complete"), ("GET", "/?s=lamp", "search"), ("GET", "/", "home")],
    "bitrix": [("GET", "/catalog/lamps/lamp-1/?action=ADD2BASKET&id=1", "cart.add"), ("GET", "/catalog/lamps/lamp-1/", "product"), ("GET", "/personal/order/make/?ORDER_ID=5", "checkout.complete")],
    "oscar": [("POST", "/en-gb/basket/add/5/", "cart.add"), ("GET", "/catalogue/lamp_5/", "product"), ("GET", "/checkout/thank-you/", "checkout.complete")],
    "headless": [("POST", "/api/cart/items", "cart.add"), ("GET", "/_next/data/b1/products/lamp.json", "product"), ("POST", "/api/graphql?operationName=cartLinesAdd", "cart.add")],
}  # fmt: skip


@pytest.mark.parametrize("platform", sorted(CALLS))
def test_telling_calls_are_told(write_log: Write, platform: str) -> None:
    assert set(CALLS) == set(names())
    for method, target, step in CALLS[platform]:
        log = import_log([write_log(line(target=target, method=method))], platform)
        assert log.funnel == {step: 1}, target


def test_a_shop_brings_its_own_paths(write_log: Write, tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(
        'step = [{ name = "product", path = "/p-{product}.aspx" }, { name = "cart.add", method = "*", path = "/buy/**" }]'
    )
    log = import_log([write_log(line(target="/p-Lamp.aspx"), line(target="/buy/1/2"))], str(own))
    assert log.platform == "mine" and log.products["slug"].to_pylist() == ["lamp"] and log.journeys["cart"] == 1


def test_a_method_in_small_letters_is_that_method(write_log: Write, tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text('step = [{ name = "cart.add", method = "post", path = "/buy" }]')
    log = import_log([write_log(line(target="/buy", method="POST"))], str(own))
    assert log.funnel == {"cart.add": 1}


@pytest.mark.parametrize(
    ("target", "step"),
    [
        ("/?utm_keywords=boots", "home"),
        ("/?utm_source=x&s=boots", "search"),
        ("/product/y/?utm_campaign=sticky-add-to-cart=1", "product"),
        ("/product/y/?add-to-cart=1", "cart.add"),
        ("/?wc-ajax=checkout_lookup", "home"),
    ],
)
def test_a_query_is_matched_by_its_parameters_and_not_by_letters(write_log: Write, target: str, step: str) -> None:
    assert import_log([write_log(line(target=target))], "woocommerce").funnel == {step: 1}


def test_pages_that_no_rule_knows_keep_a_session_alive_and_have_no_think_time(write_log: Write) -> None:
    targets = ("/products/a", "/blog", "/blog", "/products/b")
    lines = [line(f"25/Nov/2025:20:{20 * n:02d}:00 +0100", t) for n, t in enumerate(targets[:3])]
    log = import_log([write_log(*lines, line("25/Nov/2025:21:00:00 +0100", targets[3]))], "staging")
    assert log.sessions == 1
    assert {(row["prev_step"], row["step"]) for row in log.moves.to_pylist()} == {
        (None, "product"),
        ("product", "product"),
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("step = [", "not TOML"),
        ("", "must be a list of rules"),
        ('stpe = [1]', 'did you mean "step"'),
        ('step = [{ name = "prodct", path = "/p" }]', 'did you mean "product"'),
        ('step = [{ name = "product", path = "p" }]', "must begin with /"),
        ('step = [{ name = "product", path = "/{product}/{product}" }]', "twice"),
        ('step = [{ name = "product", path = "/products/*" }]', r"single \*"),
        ('step = [{ name = "product", pth = "/p" }]', 'did you mean "path"'),
        ('statics = "x"\nstep = [{ name = "product", path = "/p" }]', "list of texts"),
    ],
)  # fmt: skip
def test_a_platform_file_that_cannot_be_used_says_where(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(LogError, match=sentence):
        load(str(tmp_path / "mine.toml"))


def test_a_platform_nobody_knows() -> None:
    with pytest.raises(LogError, match='did you mean "shopify"'):
        load("shopfy")


@pytest.mark.parametrize("start", ["/%D1%82/", "/a_b/", "/100%/"])
def test_one_more_part_is_one_whatever_the_start_is_spelt_with(write_log: Write, tmp_path: Path, start: str) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(f'step = [{{ name = "product", path = "{start}{{product}}" }}]')
    wrong = (f"{start}lamp/more", f"{start[:2]}x{start[2:]}lamp", f"{start[:2]}x{start[3:]}lamp")
    log = import_log([write_log(*(line(target=target) for target in (f"{start}lamp", *wrong)))], str(own))
    assert log.funnel == {"product": 1} and log.unknown_pages == 3
