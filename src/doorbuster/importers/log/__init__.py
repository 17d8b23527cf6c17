"""Access logs: read, told from bots, walked through as sessions, and counted.

`importer.import_log` is the way in and `result.LogImport` what comes out. One scan by DuckDB (`scan`) turns lines of
any format (`layouts`, `parse`) into narrow events (`classify`); what comes after the events (`stitch`, `walks`) is
written in Ibis, so that a shop with terabytes can run it where its logs already are.
"""
