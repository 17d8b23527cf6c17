"""What a scenario's files hold for its shoppers, and who is dealt what: the same on every worker, nothing twice."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Address, Customer, Product, Visit
from doorbuster.traffic.plan import Plan
from doorbuster.traffic.visit import draws, tries_codes
from doorbuster.vocabulary import JOURNEYS

_TRYING: Final = ("cart", "native_checkout", "express_wallet")
"""Journeys that try codes. Some shops hold a code for whoever tries it first: who leaves the cart has used it up."""
_LOGGING_IN: Final = ("native_checkout",)
"""Journeys that log in; a wallet brings its owner's name along."""


@dataclass(frozen=True)
class Pools:
    """What the files hold. None is a pool that the scenario does not have."""

    products: tuple[Product, ...] | None = None
    weighted: bool = False
    """Whether the products' weights come from the file, instead of from their rank."""
    coupons: tuple[str, ...] | None = None
    single_use: tuple[str, ...] | None = None
    addresses: tuple[Address, ...] = ()
    address_weights: tuple[float, ...] = ()
    customers: tuple[Customer, ...] = ()
    customers_share: float = 0.0

    @property
    def dealt(self) -> bool:
        """Whether any of them is dealt session by session; products and shared codes are picked like the shop's own."""
        return bool(self.addresses or self.customers_share) or self.single_use is not None


NO_POOLS: Final = Pools()


def check_accounts(pools: Pools) -> None:
    """Raises TargetError when shoppers are to log in and there is nobody they could be."""
    if pools.customers_share and not pools.customers:
        raise TargetError(
            "pools.customers_share: shoppers would log in, but DOORBUSTER_CUSTOMERS names no file of accounts "
            "(CSV: email, password); set it here and at every worker, or leave customers_share out"
        )


def sessions_with_codes(plan: Plan) -> NDArray[np.int64]:
    """Sessions of the plan that try a discount code, ascending."""
    shopper, seed = plan.scenario.shopper, plan.seed
    return _those(plan, _TRYING, lambda session: tries_codes(seed, session, shopper.coupon_share))


def sessions_with_accounts(plan: Plan, share: float) -> NDArray[np.int64]:
    """Sessions of the plan that log in, ascending."""
    return _those(plan, _LOGGING_IN, lambda session: _drawn(plan.seed, session)[1] < share)


class Dealer:
    """Deals to each session of one plan: a home, a code of its own, an account.

    The k-th session that tries a code gets the k-th code, whichever worker walks it; who comes after the last one tries
    none. Accounts go round, so that two sessions of one customer are as far apart as the pool allows.
    """

    def __init__(self, pools: Pools, plan: Plan) -> None:
        self._pools, self._seed = pools, plan.seed
        self._homes = list(accumulate(pools.address_weights))
        self._with_codes = sessions_with_codes(plan) if pools.single_use else np.empty(0, np.int64)
        shares = pools.customers_share if pools.customers else 0.0
        self._with_accounts = sessions_with_accounts(plan, shares) if shares else np.empty(0, np.int64)

    def provide(self, visit: Visit) -> Visit:
        """The same shopper with what the pools have for them."""
        pools, session = self._pools, visit.session
        coupon, customer, who = visit.coupon, None, session
        if pools.single_use is not None:
            at = _rank(self._with_codes, session)
            coupon = None if at is None or at >= len(pools.single_use) else pools.single_use[at]
        account = _rank(self._with_accounts, session)
        if account is not None:
            who = account % len(pools.customers)
            customer = pools.customers[who]
        return visit._replace(coupon=coupon, customer=customer, address=self._home(who, customer is not None))

    def _home(self, who: int, has_account: bool) -> Address | None:
        """A customer lives at one address however often they come; a guest is a new person each time."""
        if not self._homes:
            return None
        draw = draws(self._seed, who, "home")[0] if has_account else _drawn(self._seed, who)[0]
        return self._pools.addresses[bisect(self._homes, draw * self._homes[-1], hi=len(self._homes) - 1)]


def pool_warnings(plan: Plan, pools: Pools, mean_checkout_s: float) -> list[str]:
    """What a shop should know of its pools before it sends anything; `mean_checkout_s` is a native checkout's."""
    found = []
    if pools.single_use is not None:
        with_codes = sessions_with_codes(plan)
        if with_codes.size > len(pools.single_use):
            at_s = plan.due_us[with_codes[len(pools.single_use)]] / 1e6
            found.append(
                f"pools.single_use_coupons holds {len(pools.single_use):,} codes, {with_codes.size:,} sessions would "
                f"try one: from {at_s:.0f} s into the run nobody has a code; add codes or lower shopper.coupon_share"
            )
    if not pools.customers_share:
        return found
    returning = plan.due_us[sessions_with_accounts(plan, pools.customers_share)]
    if not pools.customers:
        found.append(
            f"pools.customers_share: {returning.size:,} sessions would log in; a run needs their accounts in a file "
            "that DOORBUSTER_CUSTOMERS names"
        )
    elif returning.size > len(pools.customers):
        apart_s = float((returning[len(pools.customers) :] - returning[: -len(pools.customers)]).min()) / 1e6
        if apart_s < mean_checkout_s:
            found.append(
                f"{len(pools.customers):,} accounts for {returning.size:,} sessions that log in: one customer comes "
                f"back after {apart_s:.0f} s while a checkout takes about {mean_checkout_s:.0f} s, so that two of "
                "their sessions share a cart; add accounts"
            )
    return found


def _those(plan: Plan, journeys: tuple[str, ...], wants: Callable[[int], bool]) -> NDArray[np.int64]:
    walked = np.isin(plan.journey_index, [JOURNEYS.index(journey) for journey in journeys])
    return np.array([session for session in np.flatnonzero(walked).tolist() if wants(session)], dtype=np.int64)


def _rank(sessions: NDArray[np.int64], session: int) -> int | None:
    at = int(np.searchsorted(sessions, session))
    return at if at < sessions.size and sessions[at] == session else None


def _drawn(seed: int, session: int) -> list[float]:
    """Where a guest lives, and whether they have an account; of a purpose of its own, so that no other draw moves."""
    return draws(seed, session, "pool")
