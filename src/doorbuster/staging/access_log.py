"""The shop's access log, which `doorbuster import log` reads: a JSON line a request, with nginx's names."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import orjson
from starlette.types import Scope


class AccessLog:
    """Lines are added to what is in the file; the last ones are written when it is closed."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where nothing can be written."""
        self._file = path.open("ab")

    def write(self, scope: Scope, headers: Mapping[bytes, bytes], status: int, sent_bytes: int, took_s: float) -> None:
        """One request that has just been answered."""
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        line = {
            "time": datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds"),
            "remote_addr": scope["client"][0] if scope["client"] else "",
            "request_method": scope["method"],
            "request_uri": target.decode("latin-1"),
            "status": status,
            "body_bytes_sent": sent_bytes,
            "request_time": round(took_s, 6),
            "http_user_agent": headers.get(b"user-agent", b"").decode("latin-1"),
            "http_doorbuster_session": headers.get(b"doorbuster-session", b"").decode("latin-1"),
        }
        self._file.write(orjson.dumps(line) + b"\n")

    def close(self) -> None:
        self._file.close()
