"""No test of the transport may leave a descriptor or a waiting shopper behind."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import gevent
import pytest


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    gevent.get_hub().threadpool  # noqa: B018  (its descriptors stay; they are not what we look for)
    gevent.sleep(0.01)
    gc.collect()
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH208, PTH112
    yield
    gevent.sleep(0.05)
    gc.collect()
    after = len(os.listdir("/proc/self/fd")) if before else 0  # noqa: PTH208
    assert after <= before, f"{after - before} descriptors left open"
