"""Doorbuster rehearses a shop's peak before code freeze and says whether this release will hold."""

__version__ = "0.1.0"
