"""What a shop has (exports, monitoring, logs) becomes last year's curve and a scenario; never on the load path."""
