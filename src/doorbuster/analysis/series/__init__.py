"""The shop's own metrics beside the run: asked for in the gate file, fetched once, kept in the run, never judged."""
