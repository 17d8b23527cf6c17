"""Brings the staging environment up and takes it down again: a process a service, free ports, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from doorbuster.errors import StagingError
from doorbuster.staging.backstage import EXTRA_PORTS, SERVICES
from doorbuster.staging.faults import parse_fault

_UP_WITHIN_S: Final = 20.0
_DOWN_WITHIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the services answer, as seen from this machine."""

    shop_url: str
    gateway_url: str
    collector_url: str
    mailbox_url: str
    back_office_url: str
    smtp_url: str

    def text(self) -> str:
        """Every service with its address, in one line."""
        named = (*SERVICES, *EXTRA_PORTS)
        return "   ".join(f"{name.replace('_', ' ')} {getattr(self, f'{name}_url')}" for name in named)


@contextlib.contextmanager
def staging_environment(
    port: int = 0,
    faults: Sequence[str] = (),
    waits: bool = True,
    seed: int = 2026,
    host: str = "127.0.0.1",
    access_log: Path | None = None,
) -> Iterator[Addresses]:
    """A staging shop with the services behind it, up for as long as the block runs.

    Args:
        port: the shop's port, the others' follow it in the order of `SERVICES` and `EXTRA_PORTS`; 0 takes free ones.
        faults: `NAME` or `NAME=VALUE`, switched on for good.
        waits: whether every step takes its seeded time; without, the shop is as fast as the processor.
        seed: of catalogue, waits and faults, until a reset gives another.
        host: the interface to listen on; a container gives 0.0.0.0.
        access_log: file to which the shop adds a line for each request.

    Raises StagingError for an unknown fault, a busy port, a log that cannot be written, or services that do not come
    up within 20 s.
    """
    if access_log is not None:
        _writable(access_log)
    for text in faults:
        parse_fault(text)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="doorbuster-", ignore_cleanup_errors=True))
        listeners = {
            service: stack.enter_context(_listen(host, port + offset if port else 0))
            for offset, service in enumerate((*SERVICES, *EXTRA_PORTS))
        }
        ports = {service: listener.getsockname()[1] for service, listener in listeners.items()}
        children: dict[str, subprocess.Popen[bytes]] = {}
        stack.callback(_stop, children)
        for service in SERVICES:
            extra = {name: listeners[name] for name, owner in EXTRA_PORTS.items() if owner == service}
            start = {"service": service, "seed": seed, "waits": waits, "faults": list(faults)}
            start["access_log"] = str(access_log.absolute()) if access_log is not None else ""
            children[service] = _spawn({**start, "folder": folder, "ports": ports}, listeners[service], extra)
            # Only the child may hold them: a service that died must refuse connections, not leave them hanging.
            for listener in (listeners[service], *extra.values()):
                listener.close()
        _wait_until_ready(children, Path(folder))
        reachable = "127.0.0.1" if host == "0.0.0.0" else host
        urls = [f"http://{reachable}:{ports[service]}" for service in SERVICES]
        yield Addresses(*urls, *(f"{name}://{reachable}:{ports[name]}" for name in EXTRA_PORTS))


def _writable(path: Path) -> None:
    try:
        path.open("ab").close()
    except OSError as error:
        raise StagingError(f"{path}: the access log cannot be written ({error.strerror}); give another file") from None


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # A port whose last connections are still fading away is free; one that somebody listens on is not.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as refused:
        listener.close()
        reason = getattr(refused, "strerror", None) or str(refused)
        raise StagingError(
            f"cannot listen on {host}:{port} ({reason}); give another --port or stop what is using it"
        ) from None
    return listener


def _spawn(
    start: Mapping[str, object], listener: socket.socket, extra: Mapping[str, socket.socket]
) -> subprocess.Popen[bytes]:
    """Start one service on its port and its extra ones.

    Its standard input tells it how, and is its lifeline: open until this process ends.
    """
    descriptor = listener.fileno()
    extra_fds = {name: more.fileno() for name, more in extra.items()}
    with Path(str(start["folder"]), f"{start['service']}.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "doorbuster.staging.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=(descriptor, *extra_fds.values()),
            process_group=0,  # Ctrl-C in the terminal is for us; we stop the services ourselves
        )
    assert child.stdin is not None
    told = {**start, "socket_fd": descriptor, "extra_fds": extra_fds, "parent_pid": os.getpid()}
    try:
        child.stdin.write(orjson.dumps(told) + b"\n")
        child.stdin.flush()
    except BrokenPipeError:
        pass  # it died at once; waiting for it to be ready finds that out and says why
    return child


def _wait_until_ready(children: Mapping[str, subprocess.Popen[bytes]], folder: Path) -> None:
    deadline = time.monotonic() + _UP_WITHIN_S
    for service, child in children.items():
        assert child.stdout is not None
        left_s = max(0.0, deadline - time.monotonic())
        readable, _, _ = select.select([child.stdout], [], [], left_s)
        if not readable:
            raise StagingError(f"the staging {service} did not come up within {_UP_WITHIN_S:g} s; try again")
        if not os.read(child.stdout.fileno(), 64):
            log = (folder / f"{service}.log").read_text(errors="replace").strip().splitlines()
            reason = log[-1] if log else "it said nothing"
            raise StagingError(f"the staging {service} ended while starting: {reason}")


def _stop(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Ask all to stop, the shop first in line; kill what has not stopped in time."""
    for child in children.values():
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + _DOWN_WITHIN_S
    for child in children.values():
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()
