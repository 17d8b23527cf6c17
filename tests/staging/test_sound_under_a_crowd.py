"""With every bug off, a crowd that presses at the same time finds a shop that keeps its promises."""

from __future__ import annotations

from collections import Counter

from staging_mall import Mall, all_at_once

DEAL = "doorbuster-deal-one"


def test_the_last_units_are_sold_once(mall: Mall) -> None:
    crowd = [mall.ready_to_place(f"crowd-{number}", mall.line(DEAL)) for number in range(60)]
    answers = all_at_once([shopper.checkout_complete for shopper in crowd])
    assert Counter(answer.outcome for answer in answers) == {"ok": 50, "rejected": 10}
    assert len({answer.order_id for answer in answers if answer.order_id}) == 50
    assert mall.units(DEAL) == 0
    assert len(mall.facts("gateway", "captured")) == len(mall.facts("analytics", "purchase_event")) == 50


def test_wallets_and_natives_share_the_last_units(mall: Mall) -> None:
    natives = [mall.ready_to_place(f"native-{number}", mall.line(DEAL, 3)).checkout_complete for number in range(10)]
    wallets = [mall.with_token(f"wallet-{number}", mall.line(DEAL, 3)).wallet_complete for number in range(10)]
    answers = all_at_once(natives + wallets)
    assert Counter(answer.outcome for answer in answers) == {"ok": 16, "rejected": 4}
    assert mall.units(DEAL) == 2


def test_a_double_click_buys_once(mall: Mall) -> None:
    crowd = [mall.ready_to_place(f"hasty-{number}", mall.line(DEAL)) for number in range(10)]
    answers = all_at_once([shopper.checkout_complete for shopper in crowd for _ in range(3)])
    assert {answer.outcome for answer in answers} == {"ok"}
    assert len({answer.order_id for answer in answers}) == len(mall.facts("shop", "order")) == 10
    assert len(mall.facts("gateway", "captured")) == 10
    assert mall.units(DEAL) == 40


def test_a_double_tap_on_the_wallet_buys_once(mall: Mall) -> None:
    crowd = [mall.with_token(f"tap-{number}", mall.line(DEAL)) for number in range(10)]
    answers = all_at_once([shopper.wallet_complete for shopper in crowd for _ in range(2)])
    assert {answer.outcome for answer in answers} <= {"ok", "conflict"}
    assert len(mall.facts("shop", "order")) == len(mall.facts("gateway", "captured")) == 10


def test_a_coupon_is_used_no_more_often_than_allowed(mall: Mall) -> None:
    line = mall.line(next(iter(mall.catalogue)))
    crowd = [mall.ready_to_place(f"vip-{number}", line, coupon="VIP50") for number in range(32)]
    answers = all_at_once([shopper.checkout_complete for shopper in crowd])
    assert Counter(answer.outcome for answer in answers) == {"ok": 12, "rejected": 20}
    assert {answer.detail for answer in answers} == {"", "discount code used up"}
    assert mall.coupon_uses("VIP50") == 12
