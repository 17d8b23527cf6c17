"""What the business would have suffered: a run's facts, or a shop's own exports, held against every promise."""
