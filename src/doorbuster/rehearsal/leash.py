"""Runs one command that must not outlive us: our standard input is a pipe; when it ends, so does our whole group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

_NO_SUCH_COMMAND = 127


def main(words: list[str]) -> int:
    """Exit code of the command, 127 where there is none of that name."""
    threading.Thread(target=_until_let_go, daemon=True).start()
    try:
        return subprocess.call(words, stdin=subprocess.DEVNULL)
    except OSError as missing:
        print(f"{words[0] if words else 'nothing'}: {missing.strerror}")
        return _NO_SUCH_COMMAND


def _until_let_go() -> None:
    # Not sys.stdin: a thread that waits in it holds its lock, on which the interpreter aborts when it ends.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
