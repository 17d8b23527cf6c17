"""Each bug in the shop's messages, switched on among shoppers who buy and shoppers who leave: its promise is broken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import httpx
import pytest
from staging_mall import Mall

from doorbuster.audit.audit import check_promises
from doorbuster.promises.fact import Fact, Finding
from doorbuster.promises.no_mail_loops import PROMISE as LOOPS
from doorbuster.promises.no_reminder_to_buyer import PROMISE as BUYERS
from doorbuster.promises.one_confirmation import PROMISE as CONFIRMED
from doorbuster.promises.reminders_on_time import PROMISE as REMINDED
from doorbuster.staging.books import Cart
from doorbuster.staging.messages.local_hours import OWN_ZONE, by_day, zone_of
from doorbuster.staging.messages.reminders import AFTER_S
from doorbuster.storefronts.base import Shop, Visit
from doorbuster.storefronts.plain_client import HttpxClient
from doorbuster.storefronts.staging import StagingStorefront
from doorbuster.storefronts.staging_people import email_of

OURS = (CONFIRMED, BUYERS, REMINDED, LOOPS)


def shoppers(mall: Mall, journey: str, count: int) -> Sequence[StagingStorefront]:
    """Shoppers of all countries, some of whom are away."""
    variants = list(mall.catalogue)
    made = []
    for number in range(count):
        line = mall.line(variants[number % len(variants)])
        intent = None if journey == "cart" else f"{journey}-{number}"
        visit = Visit(number, journey, intent, (line,), "linen", None, 30.0 + number, None)
        client = HttpxClient(httpx.Client(verify=False, timeout=15))
        made.append(StagingStorefront(client, Shop(mall.addresses.shop_url), visit))
    return made


def a_busy_hour(mall: Mall, each: int = 40) -> None:
    """As many shoppers who buy natively, who buy by wallet, and who leave a full cart."""
    for shopper in shoppers(mall, "native_checkout", each):
        shopper.cart_create()
        shopper.cart_add(shopper.visit.lines[0])
        shopper.checkout_start()
        shopper.checkout_address()
        shopper.checkout_shipping()
        shopper.checkout_payment()
        assert shopper.checkout_complete().outcome == "ok"
    for shopper in shoppers(mall, "express_wallet", each):
        shopper.wallet_start(shopper.visit.lines)
        shopper.wallet_update()
        shopper.wallet_token()
        assert shopper.wallet_complete().outcome == "ok"
    for shopper in shoppers(mall, "cart", each):
        shopper.cart_create()
        shopper.cart_add(shopper.visit.lines[0])
        shopper.cart_view()


def findings(mall: Mall) -> dict[str, Finding]:
    rows = [{**row, "at_us": row["at_unix_us"]} for row in mall.backstage.read_back().orders]
    facts = [Fact(*(row[name] for name in Fact._fields)) for row in rows]
    return {found.promise: found for found in check_promises(facts)}


def broken(mall: Mall) -> dict[str, Finding]:
    return {promise: found for promise, found in findings(mall).items() if found.kept is False}


def test_a_sound_shop_writes_what_it_promised(mall: Mall) -> None:
    a_busy_hour(mall)
    found = findings(mall)
    assert [promise for promise, one in found.items() if one.kept is False] == []
    assert [found[promise].kept for promise in OURS] == [True] * 4
    assert found[CONFIRMED].checked == 80
    left = found[REMINDED].checked
    assert 10 < left < 40  # not everybody leaves an e-mail with a cart
    assert found[BUYERS].checked == 2 * left
    assert found[LOOPS].checked == 80 + left


def test_where_nobody_left_anything_nothing_is_owed(mall: Mall) -> None:
    assert mall.ready_to_place("buys", mall.line(next(iter(mall.catalogue)))).checkout_complete().outcome == "ok"
    found = findings(mall)
    assert [found[promise].kept for promise in OURS] == [True] * 4
    assert found[REMINDED].sentence == f"{REMINDED}: kept, nobody left an e-mail and a cart"
    assert found[BUYERS].sentence == f"{BUYERS}: kept, no reminder was sent"


@pytest.mark.parametrize(
    ("fault", "promise", "what"),
    [
        ("confirmation_lost", CONFIRMED, "missing"),
        ("confirmation_doubled", CONFIRMED, "more than one"),
        ("confirmation_late", CONFIRMED, "late"),
        ("reminder_to_buyer", BUYERS, "reminded after buying"),
        ("reminder_at_night", REMINDED, "at night"),
        ("mail_loop", LOOPS, "written to again and again"),
    ],
)
def test_a_bug_breaks_the_promise_that_names_it(mall: Mall, fault: str, promise: str, what: str) -> None:
    mall.switch_on(fault)
    a_busy_hour(mall)
    found = broken(mall)
    assert set(found) == {promise}
    assert what in {offence.what for offence in found[promise].offences}


def test_who_paid_after_the_clock_was_moved_is_confirmed_in_time_all_the_same(mall: Mall) -> None:
    shopper = mall.ready_to_place("waits", mall.line(next(iter(mall.catalogue))))
    mall.switch_on("gateway_down")
    assert shopper.checkout_complete().outcome == "unknown"
    assert mall.http.post("/admin/clock", json={"advance_s": 48 * 3600}).status_code == 200
    mall.all_off()
    found = findings(mall)
    assert (found[CONFIRMED].kept, found[CONFIRMED].checked) == (True, 1), found[CONFIRMED].sentence


def test_no_address_leaves_the_mailbox(mall: Mall) -> None:
    mall.ready_to_place("buys", mall.line(next(iter(mall.catalogue)))).checkout_complete()
    mall.ready_to_place("leaves", mall.line(next(iter(mall.catalogue))))
    rows = list(mall.backstage.read_back().orders)
    assert {row["kind"] for row in rows if row["witness"] == "mailbox"} == {"confirmation", "reminder", "books_read"}
    assert not any("@" in str(value) for row in rows for value in row.values())


@pytest.mark.parametrize("day", ["2026-01-15", "2026-07-15", "2026-11-27"])
@pytest.mark.parametrize("hour", range(24))
def test_whenever_a_rehearsal_takes_place_it_is_night_for_enough_shoppers(day: str, hour: int) -> None:
    """Else reminder_at_night would be found in the morning and not in the afternoon."""
    left_s = datetime.fromisoformat(f"{day}T{hour:02d}:00:00+00:00").timestamp()
    first_s = by_day(left_s + AFTER_S[0], OWN_ZONE)
    second_s = by_day(first_s + AFTER_S[1] - AFTER_S[0], OWN_ZONE)
    visits = [Visit(number, "cart", None, (), "", None, 30.0 + number, None) for number in range(100)]
    emails = [email_of(visit) for visit in visits]
    zones = [zone_of(Cart("c", "s", "native", email=email)) for email in emails]
    at_night = sum(by_day(first_s, zone) != first_s or by_day(second_s, zone) != second_s for zone in zones)
    assert at_night / len(zones) > 0.3
