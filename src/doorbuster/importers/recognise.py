"""Which format a file looks like, and what it is when it is no series at all."""

from __future__ import annotations

import re
from typing import Final

from doorbuster.errors import ImportFileError
from doorbuster.importers.field_map import FieldMap, shipped_formats
from doorbuster.importers.tables import read_tables

_NO_SERIES: Final = (
    (r'\S+ \S+ \S+ \[\d{2}/\w{3}/\d{4}:[\d:]+ [-+]\d{4}\] "', "an access log; use doorbuster import log"),
    (r"(?:https?|h2|grpcs?|wss?) \d{4}-\d\d-\d\dT\S+ app/", "an AWS load balancer's log; use doorbuster import log"),
    (r"#Version: 1\.0", "a CloudFront log; use doorbuster import log"),
    (r"timeStamp,elapsed,", "a JMeter result file, a load test and no shop's traffic; use doorbuster import results"),
    (r"metric_name,timestamp,", "a k6 result file, a load test and no shop's traffic; use doorbuster import results"),
    (
        r"Timestamp,User Count,",
        "a Locust statistics history, a load test and no shop's traffic; use doorbuster import results",
    ),
    (
        r"RUN\t|ASSERTION\t",
        "a Gatling simulation log, a load test and no shop's traffic; use doorbuster import results",
    ),
    (r"\s*<(?:!doctype|html|\?xml)", "a web page or XML, perhaps a login page instead of the export"),
)


def looks_like(text: str) -> FieldMap | None:
    """The shipped format that the file's first lines and header fit; None when none does."""
    first_lines = text[:20_000].splitlines()[:40]
    return next((known for known in shipped_formats() if _fits(known, first_lines)), None)


def described(text: str) -> str:
    """What the file looks like, in words."""
    first_lines = text[:20_000].splitlines()[:5]
    for pattern, words in _NO_SERIES:
        if any(re.match(pattern, line, re.I) for line in first_lines):
            return words
    known = looks_like(text)
    return known.title if known is not None else "no format known here"


def is_no_series(text: str) -> bool:
    """Logs and load tests; a JSON line or a CSV of counts is not among them."""
    return any(re.match(pattern, line, re.I) for pattern, _ in _NO_SERIES for line in text[:20_000].splitlines()[:5])


def _fits(known: FieldMap, first_lines: list[str]) -> bool:
    tests = known.recognise
    if not (tests.first_line or tests.header):
        return False
    if tests.first_line and not any(re.match(tests.first_line, line) for line in first_lines[:20]):
        return False
    if not tests.header:
        return True
    try:
        tables = read_tables("", "\n".join(first_lines), known.comment, known.separator)
    except ImportFileError:
        return False
    return any(all(any(name in table.header for name in group) for group in tests.header) for table in tables)
