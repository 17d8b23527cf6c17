"""The cookie jar keeps and sends what a browser would."""

from __future__ import annotations

import pytest

from doorbuster.swarm.transport.cookies import CookieJar


def jar(*lines: str, host: str = "www.shop.example", path: str = "/checkout/start", safe: bool = True) -> CookieJar:
    kept = CookieJar()
    for line in lines:
        kept.keep(line.encode(), host, path, safe)
    return kept


def sent(cookies: CookieJar, host: str = "www.shop.example", path: str = "/", safe: bool = True) -> str:
    return cookies.header(host, path, safe).decode().removeprefix("cookie: ").strip()


@pytest.mark.parametrize(
    ("line", "host", "path", "safe", "comes"),
    [
        ("a=1; Path=/", "www.shop.example", "/", True, True),
        ("a=1; Path=/", "shop.example", "/", True, False),
        ("a=1; Path=/; Domain=shop.example", "shop.example", "/", True, True),
        ("a=1; Path=/; Domain=.shop.example", "pay.shop.example", "/", True, True),
        ("a=1; Path=/; Domain=shop.example", "notshop.example", "/", True, False),
        ("a=1; Path=/; Domain=example", "www.shop.example", "/", True, False),
        ("a=1; Path=/; Domain=other.example", "other.example", "/", True, False),
        ("a=1", "www.shop.example", "/checkout/pay", True, True),
        ("a=1", "www.shop.example", "/checkout", True, True),
        ("a=1", "www.shop.example", "/checkouts", True, False),
        ("a=1; Path=/cart/", "www.shop.example", "/cart", True, False),
        ("a=1; Path=/; Secure", "www.shop.example", "/", False, False),
        ("a=1; Path=/; Secure", "www.shop.example", "/", True, True),
        ("a=1; Path=/; Max-Age=0", "www.shop.example", "/", True, False),
        ("a=1; Path=/; Max-Age=100; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "www.shop.example", "/", True, True),
        ("a=1; Path=/; Expires=Thu, 01-Jan-1970 00:00:00 GMT", "www.shop.example", "/", True, False),
        ("a=1; Path=/; Expires=Wed, 21 Oct 2099 07:28:00 GMT", "www.shop.example", "/", True, True),
        ("a=1; Path=/; Expires=whenever", "www.shop.example", "/", True, True),
        ("nonsense", "www.shop.example", "/", True, False),
        ("=1; Path=/", "www.shop.example", "/", True, False),
        ("a=" + "x" * 5000, "www.shop.example", "/checkout/x", True, False),
    ],
)
def test_a_cookie_goes_where_it_belongs(line: str, host: str, path: str, safe: bool, comes: bool) -> None:
    assert (sent(jar(line), host, path, safe) != "") == comes


def test_an_address_has_no_parents() -> None:
    assert sent(jar("a=1; Path=/; Domain=0.0.1", host="127.0.0.1"), "127.0.0.1") == ""


def test_an_insecure_page_cannot_set_a_secure_cookie() -> None:
    assert sent(jar("a=1; Path=/; Secure", safe=False)) == ""


def test_newer_replaces_older_and_deletion_deletes() -> None:
    assert sent(jar("a=1; Path=/", "a=2; Path=/")) == "a=2"
    assert sent(jar("a=1; Path=/", "a=; Path=/; Max-Age=-1")) == ""


def test_longer_paths_come_first() -> None:
    assert sent(jar("a=1; Path=/", "b=2; Path=/checkout"), path="/checkout/x") == "b=2; a=1"


def test_a_shop_cannot_make_requests_grow_for_ever() -> None:
    assert sent(jar(*(f"n{number}=1; Path=/" for number in range(1000)))).count("=") == 180
