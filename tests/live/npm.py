"""Installs an engine's packages with npm: versions from the lock file beside its package.json, once a lock file."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from tests.live.engine import FOLDER
from tests.live.group import carry_out

_FILES = ("package.json", "package-lock.json", ".npmrc")


def install(source: Path, cache: Path) -> None:
    """`npm ci` in `cache`, unless what is there came from the same files. Node comes from Debian where there is none."""
    wanted = hashlib.sha256(b"".join((source / name).read_bytes() for name in _FILES)).hexdigest()
    done = cache / "installed.sha256"
    if done.is_file() and done.read_text() == wanted:
        return
    if not shutil.which("npm"):
        carry_out([str(FOLDER / "install_node.sh")], FOLDER)
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    for name in _FILES:
        shutil.copy(source / name, cache / name)
    carry_out(["npm", "ci", "--no-progress", "--cache", str(cache / ".npm")], cache)
    shutil.rmtree(cache / ".npm", ignore_errors=True)
    done.write_text(wanted)
