"""Steps of a rehearsal for processes that must not import httpx themselves: `steer`, `prepare`, `finish`.

Used by the load process and by `locust -f locustfiles/peak.py`; people use `doorbuster run`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from doorbuster.errors import DoorbusterError
from doorbuster.record.directory import RunDirectory
from doorbuster.rehearsal.finish import finish, steer_faults
from doorbuster.rehearsal.prepare import RunOptions, prepare
from doorbuster.settings import load_settings
from doorbuster.vocabulary import EXIT_CODES, EXIT_USAGE


def main(verb: str, *arguments: str) -> int:
    """Carry out one step; prints what the caller needs. Exit code 2 with one sentence for a usage error."""
    try:
        settings = load_settings()
        if verb == "steer":
            steer_faults(RunDirectory(Path(arguments[0])), float(arguments[1]), settings)
        elif verb == "prepare":
            asked = json.loads(arguments[0])
            asked.update({name: Path(asked[name]) for name in ("scenario_path", "runs")})
            print(prepare(RunOptions(**asked), settings).path)
        elif verb == "finish":
            valid, reasons = finish(RunDirectory(Path(arguments[0])), settings)
            for reason in reasons:
                print(reason)
            return 0 if valid else EXIT_CODES["INVALID"]
    except DoorbusterError as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
