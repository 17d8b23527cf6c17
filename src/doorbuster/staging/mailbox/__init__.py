"""The mailbox witness: every message that a shop sends, whichever way it sends it."""
