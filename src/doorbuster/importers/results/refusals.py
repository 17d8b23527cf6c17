"""When a result file cannot stand for last year: what is missing, where, and what to do next."""

from __future__ import annotations

from doorbuster.errors import ImportFileError


class ResultError(ImportFileError):
    """A result file, or a map of its names, that cannot be used."""
