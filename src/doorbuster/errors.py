"""Every error a user can meet, and its sentence: what is wrong, where, and what to do next.

DoorbusterError                 exit 2: something the user can put right
├── ScenarioError               a scenario file: file, key, nearest valid key
├── CurveError                  a curve file: file, row or column
├── ImportFileError             a file to import, or where the import goes: file, line, column
├── ExportError                 a shop's export given to audit, or a pool's file: file, line, column
├── GateError                   a gate file: file, entry, key
├── NoiseError                  a noise profile: file, or a run that repeats something else
├── RunDirectoryError           a run directory that cannot be read or written
├── TargetError                 the shop: down, not allowed, not the platform the scenario says
├── WorkerError                 a worker that cannot be had, or cannot load the run
├── HookError                   a command of the scenario's [hooks] failed
├── StagingError                the embedded staging environment did not come up, or an unknown fault
└── CardError                   no such scenario, gate or folder

Only `cli.py` turns these into a message and an exit code.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DoorbusterError(Exception):
    """What went wrong, in one sentence that says what to do next."""


class ScenarioError(DoorbusterError):
    """A scenario file that cannot be used."""


class CurveError(DoorbusterError):
    """A curve file that cannot be used."""


class ImportFileError(DoorbusterError):
    """A file that cannot be imported, or an import that cannot be written."""


class ExportError(DoorbusterError):
    """A shop's own export that cannot be set beside a run."""


class GateError(DoorbusterError):
    """A gate file that cannot be used."""


class NoiseError(DoorbusterError):
    """A noise profile that cannot be read, or a run that does not belong into it."""


class RunDirectoryError(DoorbusterError):
    """A run directory that cannot be read or written."""


class TargetError(DoorbusterError):
    """A shop that is down, or that must not be loaded."""


class WorkerError(DoorbusterError):
    """A worker that cannot be had, or that cannot load the run."""


class HookError(DoorbusterError):
    """A command from [hooks] that failed."""


class StagingError(DoorbusterError):
    """The embedded staging environment did not come up."""


class CardError(DoorbusterError):
    """No such scenario, gate file or card folder."""


def did_you_mean(wrong: str, valid: Iterable[str]) -> str:
    """`; did you mean "x"?` for the nearest valid name, else the list of valid ones."""
    names = sorted(valid)
    near = difflib.get_close_matches(wrong, names, n=1, cutoff=0.5)
    return f'; did you mean "{near[0]}"?' if near else f"; valid are: {', '.join(names)}"
