"""The page of an import: what a file said, how sure each number is, and what nobody knows."""

from doorbuster.analysis.imported.page import render_import

__all__ = ["render_import"]
