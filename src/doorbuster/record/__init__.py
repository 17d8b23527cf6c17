"""What happened: histograms, tables and the run directory."""
