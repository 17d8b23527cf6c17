"""Doorbuster rehearses a shop's peak before code freeze and says whether this release will hold."""

from importlib.util import find_spec

__version__ = "0.1.0"


def said_version() -> str:
    """The version as people and records read it: `compiled` where what every request runs through is machine code."""
    tally = find_spec("doorbuster.record.tally")
    compiled = tally is not None and not str(tally.origin).endswith(".py")
    return f"{__version__} (compiled)" if compiled else __version__
