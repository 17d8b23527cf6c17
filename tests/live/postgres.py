"""A PostgreSQL of our own: Debian's version 15, a throw-away cluster on a loopback port, trusting who is on it."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import free_port
from tests.live.group import Group, carry_out

BIN = Path("/usr/lib/postgresql/15/bin")
USER = "postgres"
DATABASE = "shop"
# The data lives as long as the test: it need not survive a power cut, and checkpoints would be measured as the shop's.
_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=2GB", "max_connections=60")


@dataclass(frozen=True)
class Postgres:
    """One cluster with one empty database."""

    port: int

    @property
    def url(self) -> str:
        return f"postgres://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    def rows(self, sql: str) -> list[list[str]]:
        """What a query answers, as text; null is empty."""
        said = carry_out([str(BIN / "psql"), self.url, "--csv", "--tuples-only", "--command", sql], Path("/"))
        return list(csv.reader(io.StringIO(said)))


@contextmanager
def postgres(group: Group) -> Iterator[Postgres]:
    """Up for as long as the block runs, its server in the group. Installs Debian's package where there is none."""
    if not (BIN / "initdb").is_file():
        carry_out([str(Path(__file__).with_name("install_postgres.sh"))], Path("/"))
    as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="doorbuster-postgres-", ignore_cleanup_errors=True) as home:
        if as_user:
            shutil.chown(home, USER, USER)  # the server refuses to run as root
        folder = Path(home)
        data = str(folder / "data")
        carry_out([*as_user, str(BIN / "initdb"), "--no-sync", "-A", "trust", "-U", USER, "-E", "UTF8", data], folder)
        port = free_port()
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        server = [str(BIN / "postgres"), "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", "", *settings]
        group.start("postgres", [*as_user, *server])
        try:
            group.wait_until(lambda: _takes_connections(port), "postgres")
            cluster = Postgres(port)
            carry_out([str(BIN / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", USER, DATABASE], folder)
            yield cluster
        finally:
            # Asked to stop, because a server that is killed leaves its shared memory behind.
            subprocess.run(
                [*as_user, str(BIN / "pg_ctl"), "stop", "-D", data, "-m", "immediate"], check=False, capture_output=True
            )


def _takes_connections(port: int) -> bool:
    asked = [str(BIN / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
    return subprocess.run(asked, check=False).returncode == 0
