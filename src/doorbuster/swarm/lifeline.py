"""Standard input as a lifeline: a pipe that only the parent holds, and that ends when the parent does, however."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from gevent.fileobject import FileObjectPosix


def when_let_go(then: Callable[[], None]) -> None:
    """Wait for the end of standard input, then call; for a greenlet of its own."""
    lifeline = FileObjectPosix(os.dup(sys.stdin.fileno()), "rb")
    while lifeline.read(1024):
        pass
    then()
