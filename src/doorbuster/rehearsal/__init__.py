"""A rehearsal from end to end: guard, prepare, load, read back, judge whether it was one. Not on the load path."""
