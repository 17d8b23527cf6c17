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
from doorbuster.swarm.team import LocalTeam, Team
from doorbuster.swarm.user import ShopperUser
from doorbuster.vocabulary import EXIT_INTERRUPTED


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
    """Asks nothing of Locust but to end the run when the last shopper has left, or when it cannot begin."""

    abstract = False

    def __init__(self, hooks: RunHooks) -> None:
        super().__init__()
        self._hooks = hooks

    def tick(self) -> tuple[int, float] | None:
        conductor = self._hooks.conductor
        over = self._hooks.refused or (conductor is not None and conductor.opened and conductor.over())
        return None if over else (1, 1.0)


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
        self.refused = False
        """The run that was asked for last could not begin."""
        self._environment = environment
        self._directory = directory
        self._closed = closed
        runner = environment.runner
        distributed = isinstance(runner, MasterRunner)
        self._team: Team = RemoteTeam(runner) if distributed else LocalTeam(environment, user_class)
        environment.dispatcher_class = NobodyAnywhere if distributed else NobodyDispatcher
        environment.shape_class = UntilOver(self)
        environment.events.test_start.add_listener(self._test_start)
        environment.events.test_stopping.add_listener(self._test_stopping)
        environment.events.test_stop.add_listener(self._test_stop)

    # Locust only logs what a listener raises, and would wait for ever or end as if all were well.

    def _test_start(self, **_: Any) -> None:
        self.refused = False
        self._environment.process_exit_code = EXIT_INTERRUPTED  # until it is known how the run ended
        try:
            directory = self._directory()
            try:
                self.conductor = Conductor(directory, self._team)
                self.conductor.open()
            except Exception as error:
                directory.update_run(stopped_because=str(error))
                raise
        except Exception as error:  # noqa: BLE001
            self.conductor = None
            self.refused = True
            refused(self._environment, error)

    def _test_stopping(self, **_: Any) -> None:
        if self.conductor is not None and self.conductor.opened:
            self.conductor.shut_door()

    def _test_stop(self, **_: Any) -> None:
        if self.conductor is not None:
            conductor, self.conductor = self.conductor, None
            try:
                conductor.close()
                self._closed(conductor)
            except Exception as error:  # noqa: BLE001
                refused(self._environment, error)
