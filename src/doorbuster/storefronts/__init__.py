"""Platforms, one a file: each speaks one shop's protocol and says honestly what the shop answered."""
