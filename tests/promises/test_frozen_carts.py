"""A frozen cart is told from an outage, and the combination that freezes is named."""

from __future__ import annotations

from collections import Counter

import pytest

from doorbuster.promises import no_frozen_cart
from doorbuster.promises.fact import Fact, Finding
from doorbuster.promises.in_common import in_common, told
from doorbuster.promises.ledger import ledger_of
from doorbuster.promises.limits import Limits
from tests.promises.day import SECOND_US, clean_day, fact, hung

SALE = clean_day().sales[2]  # gives up at three seconds


def judged(*facts: Fact, limits: Limits | None = None) -> Finding:
    return no_frozen_cart.check(ledger_of(facts, limits or Limits()))


def test_a_cart_that_ends_in_an_error_after_a_long_wait_was_frozen_too() -> None:
    one = hung(SALE, waited_ms=2000)
    failed = one._replace(detail=(one.detail or "").replace("abandoned", "error"))
    assert judged(failed, *answered(1.2, 1.7, 2.2, 2.7)).kept is False
    assert (
        judged(failed._replace(detail=(failed.detail or "").replace("2000", "20")), *all_the_time(4)).kept is not False
    )


def answered(*at_s: float, waited_ms: int = 40) -> list[Fact]:
    detail = {"waited_ms": waited_ms}
    return [fact("shopper", "shop_answered", at_us=int(at * SECOND_US), detail=detail) for at in at_s]


def all_the_time(seconds: int) -> list[Fact]:
    return answered(*(quarter / 4 for quarter in range(-5 * 4, seconds * 4)))


def test_a_cart_that_hangs_while_others_are_answered_is_frozen() -> None:
    found = judged(hung(SALE, waited_ms=2000), *answered(1.2, 1.7, 2.2, 2.7))
    assert found.kept is False
    assert [(one.what, one.intent, one.session) for one in found.offences] == [("at cart.add", "i3", 3)]
    assert found.sentence == "1 cart froze while the rest of the shop answered (1 at cart.add); 1 cart checked"


@pytest.mark.parametrize("others_at_s", [(0.5, 3.5), (1.2, 1.7, 1.9, 2.2), (1.7, 2.2, 2.7), (1.2, 2.2, 2.7, 3.1)])
def test_a_shop_that_was_silent_in_a_part_of_the_wait_had_an_outage(others_at_s: tuple[float, ...]) -> None:
    found = judged(hung(SALE, waited_ms=2000), *answered(*others_at_s))
    assert found.kept is True
    assert "; 1 cart hung while others were not answered either, or not quickly: an outage" in found.sentence


def test_a_shop_that_is_slow_as_a_whole_freezes_no_cart() -> None:
    others = answered(1.2, 1.7, 2.2, 2.7, waited_ms=251)
    assert judged(hung(SALE, waited_ms=2000), *others).kept is True
    assert judged(hung(SALE, waited_ms=2008), *others).kept is False


def test_nobody_can_tell_a_frozen_cart_where_nothing_says_whether_the_shop_answered() -> None:
    found = judged(hung(SALE))
    assert found.kept is None
    assert (
        found.sentence == "no frozen cart: cannot tell, 1 cart hung, and nothing tells whether the rest of the shop did"
    )


def test_only_a_long_wait_is_a_frozen_cart_and_the_shop_says_how_long() -> None:
    facts = [hung(SALE, waited_ms=2500), *all_the_time(4)]
    assert judged(*facts).kept is False
    assert judged(*facts, limits=Limits(frozen_after_s=3)).kept is True


def test_the_gateways_silence_is_not_the_carts() -> None:
    silent = [hung(SALE, step) for step in ("checkout.payment", "checkout.complete", "wallet.token", "wallet.complete")]
    seen = [sale.seen for sale in clean_day().sales if sale.seen]
    assert judged(*silent, *seen, *all_the_time(4)).kept is True


def dealt(session: int, discount: str, upsell: str) -> Fact:
    levels = {"discount": discount, "upsell": upsell, "way": "native", "basket": "several"}
    return fact("shopper", "combination", session=session, intent=f"i{session}", detail=levels)


def test_the_combination_that_freezes_is_named() -> None:
    sales = clean_day(12).sales
    mixed = [(code, upsell) for upsell in ("accepted", "declined") for code in ("no code", "TEN", "two codes")] * 2
    facts = [dealt(sale.number, *levels) for sale, levels in zip(sales, mixed, strict=True)]
    for sale, (code, upsell) in zip(sales, mixed, strict=True):
        if code != "no code" and upsell == "accepted":
            facts.append(hung(sale))
    found = judged(*facts, *all_the_time(14))
    assert ": all 4 had discount any code, upsell accepted; 0 of 8 others froze; 12 carts checked" in found.sentence


def test_who_shares_it_and_did_not_freeze_and_who_froze_without_it_is_told() -> None:
    sales = clean_day(9).sales
    facts = [dealt(sale.number, "TEN" if sale.number < 6 else "no code", "declined") for sale in sales]
    found = judged(*facts, *(hung(sale) for sale in (*sales[:4], sales[8])), *all_the_time(11))
    assert ": 4 of 5 had discount any code, and so had 1 that did not freeze; 1 of 4 others froze" in found.sentence


def test_the_shortest_explanation_stands() -> None:
    these = Counter({(("discount", "TEN"), ("upsell", "accepted")): 3})
    others = Counter({(("discount", "no code"), ("upsell", "accepted")): 5})
    assert told(in_common(these, others)) == "discount any code"
    others[("discount", "FIVE"), ("upsell", "accepted")] = 1
    assert told(in_common(these, others)) == "discount TEN"
    assert in_common(these, Counter()) == ()
    assert in_common(Counter(), others) == ()
