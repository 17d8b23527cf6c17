"""Each bug, switched on by name, really happens, and is over when it is switched off."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from staging_mall import Mall, all_at_once

from doorbuster.errors import StagingError, TargetError
from doorbuster.staging import web
from doorbuster.staging.faults import list_faults, parse_fault
from doorbuster.staging.service_times import ServiceTimes
from doorbuster.staging.switchboard import Switch, Switchboard

DEAL = "doorbuster-deal-one"


def test_every_fault_says_what_it_does() -> None:
    faults = list_faults()
    assert len({fault.name for fault in faults}) == len(faults)
    for fault in faults:
        assert fault.sentence.endswith(".") and len(fault.sentence) > 30
        assert parse_fault(fault.name) == (fault, fault.default)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("oversel", 'did you mean "oversell"'),
        ("slow_search=soon", "is no number"),
        ("throttle=1.5", "a share from 0 to 1"),
        ("slow_search=-1", "milliseconds"),
        ("gateway_down=1", "takes no value"),
        ("slow_search=nan", "out of range"),
        ("few_workers=0", "whole number"),
        ("few_workers=2.5", "whole number"),
    ],
)
def test_a_fault_that_makes_no_sense_is_one_sentence(text: str, why: str) -> None:
    with pytest.raises(StagingError, match=why):
        parse_fault(text)


def test_a_timetable_with_an_unknown_fault_is_refused(mall: Mall) -> None:
    with pytest.raises(TargetError, match='did you mean "gateway_down"'):
        mall.backstage.steer([{"name": "gatway_down"}])


def test_a_timetable_begins_and_ends_by_itself(mall: Mall) -> None:
    now = time.time()
    past = {"name": "error_burst", "value": 1, "from_unix_s": now - 60, "until_unix_s": now - 1}
    later = {"name": "throttle", "value": 1, "from_unix_s": now + 600, "until_unix_s": now + 700}
    mall.backstage.steer([past, later])
    assert mall.shopper("calm").home().outcome == "ok"
    mall.backstage.steer([{**past, "until_unix_s": now + 600}, later])
    assert mall.shopper("hit").home().outcome == "error"


def test_oversell(mall: Mall) -> None:
    crowd = [mall.ready_to_place(f"over-{number}", mall.line(DEAL, 20)) for number in range(12)]
    mall.switch_on_with_time_to_race("oversell")
    answers = all_at_once([shopper.checkout_complete for shopper in crowd])
    sold = 20 * sum(answer.outcome == "ok" for answer in answers)
    assert sold > 50
    assert mall.units(DEAL) == 50 - sold


def test_double_order(mall: Mall) -> None:
    shopper = mall.ready_to_place("twice", mall.line(DEAL))
    mall.switch_on_with_time_to_race("double_order")
    answers = all_at_once([shopper.checkout_complete] * 2)
    assert len({answer.order_id for answer in answers}) == 2
    assert [fact["intent"] for fact in mall.facts("shop", "order")] == ["twice", "twice"]
    assert len(mall.facts("gateway", "captured")) == len(mall.facts("analytics", "purchase_event")) == 2


def test_coupon_overuse(mall: Mall) -> None:
    line = mall.line(next(iter(mall.catalogue)))
    crowd = [mall.ready_to_place(f"over-{number}", line, coupon="VIP50") for number in range(40)]
    mall.switch_on_with_time_to_race("coupon_overuse")
    all_at_once([shopper.checkout_complete for shopper in crowd])
    assert mall.coupon_uses("VIP50") > 12


def test_charge_without_order(mall: Mall) -> None:
    mall.switch_on("charge_without_order", 1)
    shopper = mall.ready_to_place("robbed", mall.line(DEAL))
    assert [shopper.checkout_complete().outcome for _ in range(2)] == ["unknown", "unknown"]
    assert shopper.order_read().outcome == "rejected"
    assert mall.facts("shop", "order") == []
    assert [fact["intent"] for fact in mall.facts("gateway", "captured")] == ["robbed"]
    assert mall.units(DEAL) == 50


def test_lost_events(mall: Mall) -> None:
    mall.switch_on("lost_events", 0.5)
    for number in range(12):
        mall.ready_to_place(f"unseen-{number}", mall.line(DEAL)).checkout_complete()
    assert 0 < len(mall.facts("analytics", "purchase_event")) < len(mall.facts("shop", "order")) == 12


def test_collector_down_loses_nothing(mall: Mall) -> None:
    mall.switch_on("collector_down")
    for number in range(3):
        assert mall.ready_to_place(f"kept-{number}", mall.line(DEAL)).checkout_complete().outcome == "ok"
    left = mall.http.post("/admin/drain", json={"within_ms": 100}).json()
    assert (left["events_waiting"], left["orders_pending"]) == (3, 0)
    mall.all_off()
    assert len(mall.facts("analytics", "purchase_event")) == 3


def test_gateway_down_leaves_orders_waiting_and_none_lost_or_doubled(mall: Mall) -> None:
    crowd = [mall.ready_to_place(f"waits-{number}", mall.line(DEAL)) for number in range(5)]
    tapping = mall.with_token("tap", mall.line(DEAL))
    mall.switch_on("gateway_down")
    answers = [shopper.checkout_complete() for shopper in crowd] + [tapping.wallet_complete()]
    assert {(answer.outcome, answer.detail) for answer in answers} == {("unknown", "HTTP 503")}
    assert tapping.wallet_token().outcome == "error"
    assert crowd[0].order_read().detail == "the order still waits for its payment"
    mall.all_off()
    assert len(mall.facts("shop", "order")) == len(mall.facts("gateway", "captured")) == 6
    assert crowd[0].checkout_complete().order_id == crowd[0].order_read().order_id
    assert tapping.wallet_complete().outcome == "ok"
    assert mall.facts("shop", "order_pending") == []
    assert mall.units(DEAL) == 44


def test_a_slow_gateway_has_charged_when_the_shop_gives_up(mall: Mall) -> None:
    shopper = mall.ready_to_place("slow", mall.line(DEAL))
    mall.switch_on("gateway_slow", 3200)
    assert shopper.checkout_complete().outcome == "unknown"
    mall.all_off()
    assert len(mall.facts("shop", "order")) == len(mall.facts("gateway", "captured")) == 1


def test_error_burst_and_throttle(mall: Mall) -> None:
    shopper = mall.shopper("unlucky")
    for fault, outcome in (("error_burst", "error"), ("throttle", "throttled")):
        mall.switch_on(fault, 0.5)
        seen = Counter(shopper.search("linen").outcome for _ in range(40))
        assert set(seen) == {"ok", outcome}
        mall.switch_on(fault, 1)
        assert shopper.home().outcome == outcome


def test_throttled_money_steps_are_throttled_but_failing_ones_unknown(mall: Mall) -> None:
    shopper = mall.ready_to_place("unsure", mall.line(DEAL))
    mall.switch_on("error_burst", 1)
    assert shopper.checkout_complete().outcome == "unknown"
    mall.switch_on("throttle", 1)
    assert shopper.checkout_complete().outcome == "throttled"


def test_a_frozen_cart_hangs_while_the_rest_answers(mall: Mall) -> None:
    shopper = mall.ready_to_place("patient", mall.line(DEAL))
    mall.switch_on("frozen_cart")
    with ThreadPoolExecutor(1) as elsewhere:
        looking = elsewhere.submit(shopper.cart_view)
        assert mall.shopper("other").home().outcome == "ok"
        assert shopper.order_read().outcome == "rejected"
        assert not looking.done()
        mall.all_off()
        assert looking.result().outcome == "ok"


def test_slowness_hits_its_own_step_only(mall: Mall) -> None:
    rng = random.Random(1)
    slow_checkout, value_ms = parse_fault("slow_checkout=150")
    slow_search, _ = parse_fault("slow_search")
    assert slow_checkout.effect and slow_search.effect
    hit = slow_checkout.effect("checkout.complete", value_ms, rng)
    assert hit and hit.wait_ms == 150
    assert slow_checkout.effect("wallet.complete", value_ms, rng) is None
    assert slow_search.effect("home", 300, rng) is None


@pytest.mark.parametrize(("faults", "most_at_once"), [([], 6), (["few_workers=2"], 2)])
def test_few_workers_serve_in_turn(faults: list[str], most_at_once: int) -> None:
    busy, seen = [0], []

    async def make_page(call: web.Call) -> web.Reply:
        busy[0] += 1
        seen.append(busy[0])
        for _ in range(20):
            await asyncio.sleep(0)
        busy[0] -= 1
        return web.Reply({})

    async def everybody() -> None:
        counter = web.Counter(ServiceTimes(1, False), Switchboard([Switch(*parse_fault(text)) for text in faults], 1))
        page = web.Endpoint(counter, make_page, "home")
        scope = {"method": "GET", "headers": [], "query_string": b"", "path": "/"}

        async def send(message: object) -> None: ...

        async def receive() -> dict[str, str]:
            return {"type": "http.disconnect"}

        await asyncio.gather(*(page(scope, receive, send) for _ in range(6)))

    asyncio.run(everybody())
    assert len(seen) == 6
    assert max(seen) == most_at_once
