"""Last release's deployment, walked beside the candidate: may it be, and does it sell the same?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from doorbuster.errors import TargetError
from doorbuster.record.directory import RunDirectory
from doorbuster.record.reading import read_parts
from doorbuster.scenario import Scenario
from doorbuster.storefronts.base import Product
from doorbuster.vocabulary import ARM, CONTROL

_MOST_NAMED: Final = 3


def check_control(target: str, control: str | None, scenario: Scenario) -> None:
    """Raises TargetError where the two arms could not be told apart."""
    if control is None:
        return
    if control == target:
        raise TargetError(f"--control {control} is the candidate itself; give the address of last release's deployment")
    if scenario.witnesses.addresses:
        raise TargetError(
            f'scenario "{scenario.name}" names witnesses, which hear of both deployments and cannot say of which; take '
            "[witnesses] out of a copy of it for --control, and audit the money in a run without a control"
        )


def same_catalogue(candidate: Sequence[Product], control: Sequence[Product], url: str) -> list[Product]:
    """The control's products in the candidate's order and with its weights, so that both arms pick the same.

    Raises TargetError where names or prices differ: then the arms would not shop alike.
    """
    wanted, there = ([(one.product, one.price_minor, one.currency) for one in side] for side in (candidate, control))
    here_only, there_only = Counter(wanted) - Counter(there), Counter(there) - Counter(wanted)
    if here_only or there_only:
        named = [f"{name} at {price}" for name, price, _ in list(here_only or there_only)[:_MOST_NAMED]]
        side = "the candidate alone" if here_only else "the control alone"
        raise TargetError(
            f"{url} does not sell what the candidate does: {here_only.total()} of its {len(wanted)} products are not "
            f"there at the same price, {there_only.total()} others are ({side} has {', '.join(named)}); load the same "
            "catalogue into both, or list what both have under shopper.products"
        )
    found: dict[tuple[str, int, str], list[Product]] = defaultdict(list)
    for key, product in zip(there, control, strict=True):
        found[key].append(product)
    return [replace(found[key].pop(0), weight=one.weight) for key, one in zip(wanted, candidate, strict=True)]


def check_coupons(candidate: Sequence[str], control: Sequence[str], url: str) -> None:
    """Raises TargetError where shoppers of one arm would try codes that the other does not know."""
    apart = sorted(set(candidate) ^ set(control))
    if apart:
        raise TargetError(
            f"{url} does not have the candidate's discount codes ({', '.join(apart[:_MOST_NAMED])} only on one side); "
            "set up the same in both, or name those that both have with pools.coupons"
        )


def differences(candidate: Sequence[Product], control: Sequence[Product], options: Mapping[str, Any]) -> Iterator[str]:
    """What else to know before the arms are compared, as sentences."""
    apart = sum(here.stock != there.stock for here, there in zip(candidate, control, strict=True))
    if apart:
        yield f"stock differed for {apart} of {len(candidate)} products, so that the arms sell out at different times"
    for name, value in options.items():
        if isinstance(value, str) and value.startswith(("http://", "https://")):
            yield f"both deployments used storefront.options.{name}; what it was asked is not told apart"


def share_books(directory: RunDirectory) -> bool:
    """Whether the two deployments read back the same orders, and so have one set of books between them."""
    ours, theirs = (_orders(directory, arm) for arm in (ARM, CONTROL))
    # Two shops that number their orders alike may have a few that look the same; one shop read twice has them all.
    # Those from before the run are in both where one shop was copied to make the other.
    return 2 * len(ours & theirs) > min(len(ours), len(theirs))


def _orders(directory: RunDirectory, arm: str) -> set[tuple[Any, ...]]:
    columns = ("kind", "order_id", "intent", "amount_minor", "at_us")
    return {
        tuple(row.values())
        for part in read_parts(directory, "facts", arm)
        for row in part.select(["witness", *columns]).to_pylist()
        if row.pop("witness") == "shop" and row["kind"] in ("order", "order_pending") and (row["at_us"] or 0) >= 0
    }
