"""When a log cannot be imported: what is wrong, where, and what to do next."""

from __future__ import annotations

from doorbuster.errors import ImportFileError


class LogError(ImportFileError):
    """A log, platform file or field map that cannot be used."""
