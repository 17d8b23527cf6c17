"""However workers come, fall silent, return and leave: no arrival is sent twice, and none is forgotten."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorbuster.swarm.crew import GRANT_S, SILENT_AFTER_S, Crew, Member
from doorbuster.swarm.orders import Deal, Orders, as_message, from_message

REPORT_EVERY_S = 0.5
TICK_S = 0.1


class PaperWorker:
    """Follows its orders as a door does, on paper: starts what is due, granted and leased."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.orders = Orders((), 0, 0.0)
        self.position = 0
        self.started: list[int] = []
        self.reported = 0
        self.stopped_until_s = -1.0
        self.dead = False

    def work(self, due_us: np.ndarray, now_s: float) -> None:
        if self.dead or now_s < self.stopped_until_s or now_s > self.orders.lease_until_s:
            return
        while True:
            own = self.orders.next_own(self.position, due_us.size)
            if own >= self.orders.until or due_us[own] > now_s * 1e6:
                return
            self.started.append(own)
            self.position = own + 1


def rehearse_on_paper(
    due_us: np.ndarray, events: list[tuple[float, str, int]], workers: int, seconds: float
) -> tuple[list[PaperWorker], set[int], dict[int, float]]:
    """(workers, arrivals counted as lost, when each loss happened): reports every half second, as the real ones."""
    crew = Crew(due_us)
    papers: list[PaperWorker] = []
    lost: set[int] = set()
    reported: set[int] = set()
    loss_s: dict[int, float] = {}

    def join(now_s: float) -> None:
        papers.append(PaperWorker(crew.join("somewhere", {}, now_s, int(now_s * 1e6))))

    def settle(numbers: np.ndarray) -> None:
        fresh = set(numbers.tolist()) - reported
        assert not fresh & lost, "lost twice"
        lost.update(fresh)

    for _ in range(workers):
        join(0.0)
    settle(crew.deal(0))
    waiting = sorted(events)
    for tick in range(int(seconds / TICK_S)):
        now_s = tick * TICK_S
        now_us = int(now_s * 1e6)
        while waiting and waiting[0][0] <= now_s:
            _, kind, which = waiting.pop(0)
            if kind == "join":
                join(now_s)
                settle(crew.deal(now_us))
                continue
            paper = papers[which % len(papers)]
            if kind == "kill":
                paper.dead = True
            else:
                paper.stopped_until_s = now_s + 4.0
        for paper in papers:
            paper.work(due_us, now_s)
        if tick % round(REPORT_EVERY_S / TICK_S) == 0:
            for paper in papers:
                if paper.dead or now_s < paper.stopped_until_s or paper.member.lost is not None:
                    continue
                reported.update(paper.started[paper.reported :])
                paper.reported = len(paper.started)
                paper.member.heard_s = now_s
                orders = crew.grant(paper.member, now_us)
                paper.orders = Orders(orders.deals, orders.until, now_s + SILENT_AFTER_S)
        for member, _ in list(crew.silent(now_s)):
            loss_s[member.term] = now_s
            settle(crew.lose(member, "fell silent", now_us))
            settle(crew.deal(now_us))
    settle(crew.unowned(int(seconds * 1e6)))
    return papers, lost, loss_s


def due_times(seconds: float, rate: float = 20.0) -> np.ndarray:
    return (np.arange(0.5, seconds * rate) / rate * 1e6).astype(np.int64)


events = st.lists(
    st.tuples(st.floats(0.5, 16), st.sampled_from(["kill", "stop", "join"]), st.integers(0, 5)), max_size=6
)


@settings(max_examples=150, deadline=None)
@given(events=events, workers=st.integers(1, 4))
def test_each_arrival_is_started_at_most_once_and_accounted_for(
    events: list[tuple[float, str, int]], workers: int
) -> None:
    due_us = due_times(20)
    papers, lost, _ = rehearse_on_paper(due_us, events, workers, 26)
    reported = [number for paper in papers for number in paper.started[: paper.reported]]
    assert len(reported) == len(set(reported)), "sent twice"
    everything = [number for paper in papers for number in paper.started]
    assert len(everything) == len(set(everything)), "sent twice, once unheard"
    assert not set(reported) & lost
    assert set(reported) | lost == set(range(due_us.size))


@pytest.mark.parametrize("kind", ["kill", "stop"])
def test_a_loss_costs_less_than_three_seconds_of_one_share(kind: str) -> None:
    due_us = due_times(20)
    for at_s in np.arange(5.0, 6.0, 0.1):
        _, lost, _ = rehearse_on_paper(due_us, [(float(at_s), kind, 1)], 3, 26)
        lost_s = due_us[sorted(lost)] / 1e6
        assert lost_s.size
        assert lost_s.min() > at_s - REPORT_EVERY_S - 2 * TICK_S
        assert lost_s.max() < at_s + 3.0
        assert lost_s.size <= 20 * (3 + REPORT_EVERY_S) / 3 + 2


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_without_trouble_everything_is_started(workers: int) -> None:
    due_us = due_times(10)
    papers, lost, _ = rehearse_on_paper(due_us, [], workers, 12)
    assert not lost
    shares = [set(paper.started) for paper in papers]
    assert [set(range(rank, due_us.size, workers)) for rank in range(workers)] == shares


def test_a_worker_that_joins_gets_its_share_behind_what_is_granted() -> None:
    crew = Crew(due_times(20))
    first = crew.join("a", {}, 0.0, 0)
    crew.deal(0)
    granted = crew.grant(first, 5_000_000).until
    second = crew.join("b", {}, 5.0, 5_000_000)
    crew.deal(5_000_000)
    assert second.deals == [Deal(granted, 1, 2)]
    assert first.deals == [Deal(0, 0, 1), Deal(granted, 0, 2)]
    assert granted == 20 * (5 + GRANT_S)


def test_a_master_that_stood_still_blames_nobody() -> None:
    crew = Crew(due_times(20))
    crew.join("a", {}, 0.0, 0)
    assert list(crew.silent(10.0))
    crew.excuse(9.0)
    assert not list(crew.silent(10.0))


def test_orders_travel_as_plain_lists() -> None:
    deals = (Deal(0, 1, 3), Deal(40, 0, 2))
    assert from_message(as_message(deals)) == deals
    orders = Orders(deals, 100)
    assert [orders.share_of(7, index) for index in (1, 37, 40, 58)] == [2, 2, 4, 4]
    assert sum(Orders((Deal(0, rank, 4),), 9).share_of(5, rank) for rank in range(4)) == 5
    assert [orders.next_own(index, 60) for index in (0, 2, 38, 39, 41, 59)] == [1, 4, 40, 40, 42, 60]
