"""Puts the open model under Locust by public means: a dispatcher that dispatches nobody, a shape that ends the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from locust import LoadTestShape
from locust.dispatch import UsersDispatcher
from locust.runners import MasterRunner

from doorbuster.record.directory import RunDirectory
from doorbuster.swarm.conductor import Conductor, refused
from doorbuster.swarm.remote_team import RemoteTeam
from doorbuster.swarm.user import ShopperUser


class NobodyDispatcher(UsersDispatcher):  # type: ignore[misc]  # Locust ships no complete types
    """Dispatches nobody: shoppers come through the door."""

    def new_dispatch(self, target_user_count: int, spawn_rate: float, user_classes: Any = None) -> None: ...

    def __next__(self) -> dict[str, dict[str, int]]:
        raise StopIteration


class NobodyAnywhere(NobodyDispatcher):
    """The same for a master, which needs one round to have been dispatched, and must not start another by itself.

    Its one round goes to no worker: a worker that is told to have no users stops those it has, and ours are shoppers.
    """

    _NO_WORKER = "nobody"

    def new_dispatch(self, target_user_count: int, spawn_rate: float, user_classes: Any = None) -> None:
        self._rounds = iter([{self._NO_WORKER: {user_class.__name__: 0 for user_class in self._user_classes}}])

    def __next__(self) -> dict[str, dict[str, int]]:
        return next(self._rounds)

    @property
    def dispatch_in_progress(self) -> bool:
        return True

    def add_worker(self, worker_node: Any) -> None: ...

    def remove_worker(self, worker_node: Any) -> None: ...


class UntilOver(LoadTestShape):  # type: ignore[misc]  # the same
    """Asks nothing of Locust but to end the run when the last shopper has left."""

    abstract = False

    def __init__(self, hooks: RunHooks) -> None:
        super().__init__()
        self._hooks = hooks

    def tick(self) -> tuple[int, float] | None:
        conductor = self._hooks.conductor
        return None if conductor is not None and conductor.over() else (1, 1.0)


class RunHooks:
    """Listens to a Locust environment, a master's or a single process's, and conducts a run for each test it starts."""

    def __init__(
        self,
        environment: Any,
        user_class: type[ShopperUser],
        directory: Callable[[], RunDirectory],
        closed: Callable[[Conductor], None],
    ) -> None:
        """`directory` gives a prepared run directory at each start; `closed` hears of each end."""
        self.conductor: Conductor | None = None
        self._environment = environment
        self._user_class = user_class
        self._directory = directory
        self._closed = closed
        self._team = RemoteTeam(environment.runner) if isinstance(environment.runner, MasterRunner) else None
        environment.dispatcher_class = NobodyAnywhere if self._team else NobodyDispatcher
        environment.shape_class = UntilOver(self)
        environment.events.test_start.add_listener(self._test_start)
        environment.events.test_stopping.add_listener(self._test_stopping)
        environment.events.test_stop.add_listener(self._test_stop)

    def _test_start(self, **_: Any) -> None:
        try:
            self.conductor = Conductor(self._environment, self._directory(), self._user_class, self._team)
            self.conductor.open()
        except Exception as error:  # noqa: BLE001  (Locust only logs what a listener raises, and would wait for ever)
            self.conductor = None
            refused(self._environment, error)

    def _test_stopping(self, **_: Any) -> None:
        if self.conductor is not None:
            self.conductor.shut_door()

    def _test_stop(self, **_: Any) -> None:
        if self.conductor is not None:
            conductor, self.conductor = self.conductor, None
            conductor.close()
            self._closed(conductor)
