"""The line between master and workers: one kind of Locust's custom messages, each a dict with its `kind`.

worker to master                            master to worker
here      I am free for a run               prepare   these are the run's files: load them
ping      what does your clock say?         pong      this
ready     loaded, this is who I am          orders    zero of the clock, deals, how far you may go
unable    cannot load it, because ...       shut      nobody else comes in
report    all since the last one            home      shoppers home, tell me the rest
                                            dismissed you were lost: put all down, and be here again
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from locust.exception import RPCError

Message = dict[str, Any]
_CHANNEL = "doorbuster"


def listen(runner: Any, hear: Callable[[str, Message], None]) -> None:
    """Have (client id, message) of every message heard, in order. Once for each runner."""
    runner.register_message(_CHANNEL, lambda msg, **_: hear(msg.node_id, msg.data))


def tell(runner: Any, message: Message, client_id: str | None = None) -> None:
    """Send; a line that is down is noticed by silence, at either end."""
    try:
        runner.send_message(_CHANNEL, message, client_id)
    except RPCError:
        return
