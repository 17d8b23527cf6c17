"""What the staging shop writes, to whom, when, and when it keeps silent."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import httpx
import pytest
from staging_mall import Mall

from doorbuster.staging.messages.outgoing import Letter, Outgoing
from doorbuster.staging.virtual_clock import VirtualClock


def messages(mall: Mall) -> list[dict[str, Any]]:
    """The mailbox's book, once the shop has sent what it has to send by now."""
    mall.http.post("/admin/drain", json={})
    return list(httpx.get(f"{mall.addresses.mailbox_url}/admin/messages").json()["messages"])


def advance(mall: Mall, hours: float) -> None:
    assert mall.http.post("/admin/clock", json={"advance_s": hours * 3600}).status_code == 200


def any_line(mall: Mall) -> Any:
    return mall.line(next(iter(mall.catalogue)))


def test_a_buyer_gets_one_confirmation_and_nothing_else(mall: Mall) -> None:
    order = mall.ready_to_place("buys", any_line(mall)).checkout_complete()
    tapped = mall.with_token("taps", any_line(mall)).wallet_complete()
    advance(mall, 72)
    told = [(row["kind"], row["intent"], row["order_id"]) for row in messages(mall)]
    assert told == [("confirmation", "buys", order.order_id), ("confirmation", "taps", tapped.order_id)]


def test_who_leaves_is_reminded_twice_and_no_more(mall: Mall) -> None:
    mall.ready_to_place("leaves", any_line(mall))
    assert messages(mall) == []
    for _ in range(3):
        advance(mall, 40)
    rows = messages(mall)
    assert [(row["kind"], row["intent"]) for row in rows] == [("reminder", "leaves")] * 2
    (contact,) = mall.http.get("/admin/contacts").json()["contacts"]
    assert {row["cart"] for row in rows} == {contact["cart"]}
    first, second = ((row["due_unix_us"] - contact["left_unix_us"]) / 3.6e9 for row in rows)
    assert 0.5 <= first < 13 and 3.49 < second - first < 16  # the night may lie before either


def test_who_buys_after_the_first_reminder_gets_no_second(mall: Mall) -> None:
    shopper = mall.ready_to_place("thinks", any_line(mall))
    while not messages(mall):
        advance(mall, 1)
    assert shopper.checkout_complete().outcome == "ok"
    advance(mall, 72)
    assert [row["kind"] for row in messages(mall)] == ["reminder", "confirmation"]


def test_a_buyer_of_one_cart_is_not_reminded_of_another(mall: Mall) -> None:
    left = mall.http.post("/carts", json={"email": "ana@es.example"}).json()["id"]
    mall.http.post(f"/carts/{left}/lines", json={"variant": any_line(mall).product.variant, "quantity": 1})
    buyer = mall.ready_to_place("buys", any_line(mall))
    checkout = f"{mall.addresses.shop_url}/carts/{buyer._cart}/checkout"
    assert buyer.client.request("POST", checkout, json={"email": "ana@es.example"}).status == 200  # the same person
    assert buyer.checkout_complete().outcome == "ok"
    advance(mall, 72)
    assert [row["kind"] for row in messages(mall)] == ["confirmation"]


def test_a_late_settled_payment_makes_a_buyer(mall: Mall) -> None:
    shopper = mall.ready_to_place("waits", any_line(mall))
    mall.switch_on("gateway_down")
    assert shopper.checkout_complete().outcome == "unknown"
    advance(mall, 72)  # the payment is open: no reminder while it may still come
    mall.all_off()
    assert [row["kind"] for row in messages(mall)] == ["confirmation"]


def test_an_address_that_the_provider_refuses_keeps_nobody_else_waiting(mall: Mall) -> None:
    """Letters go out in batches, and one bad address in a batch makes the provider refuse the call."""

    async def send() -> None:
        async with aiohttp.ClientSession() as session:
            outgoing = Outgoing(session, mall.addresses.mailbox_url)
            for to in ("ana@es.example", "nobody", "ben@de.example"):
                outgoing.add(Letter("confirmation", to, 0.0, {"order_id": to}))
            sending = asyncio.create_task(outgoing.send_for_ever())
            while outgoing.waiting:
                await asyncio.sleep(0)
            sending.cancel()

    asyncio.run(send())
    assert [row["order_id"] for row in messages(mall)] == ["ana@es.example", "ben@de.example"]


def test_an_emptied_cart_is_nobodys(mall: Mall) -> None:
    cart = mall.http.post("/carts", json={"email": "ana@es.example"}).json()["id"]
    variant = any_line(mall).product.variant
    mall.http.post(f"/carts/{cart}/lines", json={"variant": variant, "quantity": 1})
    mall.http.put(f"/carts/{cart}/lines/{variant}", json={"quantity": 0})
    advance(mall, 72)
    assert messages(mall) == [] and mall.http.get("/admin/contacts").json()["contacts"] == []


def test_a_reset_forgets_timers_and_turns_the_clock_back(mall: Mall) -> None:
    mall.ready_to_place("leaves", any_line(mall))
    advance(mall, 0.1)
    mall.backstage.reset(7)
    assert mall.http.get("/admin/clock").json()["ahead_s"] == 0
    advance(mall, 72)
    assert messages(mall) == []


@pytest.mark.parametrize("by", [-1, "soon", True, 1e9, None])
def test_the_clock_goes_ahead_and_not_too_far(mall: Mall, by: object) -> None:
    assert mall.http.post("/admin/clock", json={"advance_s": by}).status_code == 400


# Mail that comes in


def mail_to_the_shop(mall: Mall, headers: str, sender: str = "Ana <ana@es.example>") -> list[str]:
    """Purposes of all that the shop has sent once this mail has arrived."""
    form = {"headers": (None, headers), "from": (None, sender), "text": (None, "Where is my order?")}
    assert mall.http.post("/messages/inbound", files=form).status_code == 200
    return [row["purpose"] for row in messages(mall)]


def test_a_persons_mail_is_acknowledged(mall: Mall) -> None:
    assert mail_to_the_shop(mall, "From: Ana <ana@es.example>\nSubject: My order\n") == ["acknowledgement"]


@pytest.mark.parametrize(
    "headers",
    [
        "From: ana@es.example\nAuto-Submitted: auto-replied\n",
        "From: ana@es.example\nAuto-Submitted: Auto-Generated; x=1\n",
        "From: ana@es.example\nPrecedence: bulk\n",
        "From: ana@es.example\nReturn-Path: <>\n",
        "From: Mail Delivery System <MAILER-DAEMON@es.example>\n",
        "From: orders@shop.example\n",
        "Subject: from nobody\n",
    ],
)
def test_a_machines_mail_is_not(mall: Mall, headers: str) -> None:
    assert mail_to_the_shop(mall, headers) == []


def test_somebody_who_is_away_is_written_to_once(mall: Mall) -> None:
    """The acknowledgement is marked as a machine's, and the note that answers a confirmation is not answered."""
    assert mail_to_the_shop(mall, "From: bo+away@es.example\n", "bo+away@es.example") == ["acknowledgement"]
    notes = httpx.get(f"{mall.addresses.mailbox_url}/admin/notifications").json()["notifications"]
    assert notes == []


def test_two_machines_write_to_each_other_until_one_stops(mall: Mall) -> None:
    mall.switch_on("mail_loop")
    assert mail_to_the_shop(mall, "From: bo+away@es.example\n", "bo+away@es.example") == ["acknowledgement"] * 11


# The clock itself


def test_timers_go_off_in_order_each_at_its_own_time() -> None:
    clock = VirtualClock(lambda: 1000.0)
    seen: list[tuple[str, float]] = []

    def again() -> None:
        seen.append(("again", clock.now_s()))

    def first() -> None:
        seen.append(("first", clock.now_s()))
        clock.call_after(5, again)

    clock.call_at(1060, lambda: seen.append(("last", clock.now_s())))
    clock.call_at(1010, first)
    clock.call_at(2000, lambda: seen.append(("never", clock.now_s())))
    asyncio.run(clock.advance(100))
    assert seen == [("first", 1010), ("again", 1015), ("last", 1060)]
    assert (clock.now_s(), clock.now_us()) == (1100, 1_100_000_000)


def test_what_time_itself_makes_due_goes_off_without_being_moved() -> None:
    wall = [1000.0]
    clock = VirtualClock(lambda: wall[0])
    seen: list[float] = []

    async def live() -> None:
        clock.call_after(10, lambda: seen.append(clock.now_s()))
        wall[0] = 1011.0
        running = asyncio.create_task(clock.run_for_ever())
        await asyncio.sleep(0)
        running.cancel()

    asyncio.run(live())
    assert seen == [1011]
