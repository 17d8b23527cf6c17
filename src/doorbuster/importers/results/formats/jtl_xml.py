"""JMeter's JTL as XML, as it streams by: what is inside a request is part of it, what is inside a transaction is not.

Attributes as JMeter names them: t, ts, s, lb, rc, rm, tn; version 1.0 spelt them out. Samples of classes that JMeter
does not know are written field by field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

import pyarrow as pa
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from doorbuster.importers.results.files import ResultFile
from doorbuster.importers.results.formats import jtl_csv
from doorbuster.importers.results.formats.jmeter_words import TRANSACTION
from doorbuster.importers.results.reading import Kind, Notes
from doorbuster.importers.results.refusals import ResultError

KIND: Final = Kind("jtl_xml", "JMeter", "JMeter results (XML)", jtl_csv.KIND.latency, absent=jtl_csv.KIND.absent)
_BATCH: Final = 20_000
_SPELT: Final = {
    "ts": ("ts", "timeStamp", "startTime"),
    "took": ("t", "time", "elapsedTime"),
    "name": ("lb", "label"),
    "passed": ("s", "success"),
    "code": ("rc", "responseCode"),
    "message": ("rm", "responseMessage"),
    "thread": ("tn", "threadName"),
}
_ROW: Final = pa.schema(
    [
        ("name", pa.string()),
        ("code", pa.string()),
        ("message", pa.string()),
        ("why", pa.string()),
        ("group", pa.string()),
        ("start_us", pa.int64()),
        ("took_ms", pa.int64()),
        ("passed", pa.bool_()),
        ("status", pa.int32()),
        ("transaction", pa.bool_()),
    ]
)


def recognise(file: ResultFile) -> bool:
    return re.search(r"<testResults[\s>]", file.head_text[:4096]) is not None


def read(files: list[ResultFile], notes: Notes) -> Kind:
    """Raises ResultError for what is no XML, and for a file without one whole sample."""
    for file in files:
        rows: list[dict[str, Any]] = []
        for sample in _samples(file, notes):
            _take(sample, rows, notes)
            if len(rows) >= _BATCH:
                jtl_csv.take(pa.Table.from_pylist(rows, schema=_ROW), notes)
                rows = []
        if rows:
            jtl_csv.take(pa.Table.from_pylist(rows, schema=_ROW), notes)
    return KIND


def _samples(file: ResultFile, notes: Notes) -> Iterator[Element]:
    """Each child of the root when it is whole; a file that breaks off gives what came before."""
    whole = 0
    with file.open() as stream:
        try:
            depth, root = 0, None
            for event, element in iterparse(stream, events=("start", "end")):
                depth += 1 if event == "start" else -1
                if root is None:
                    root = element
                elif event == "end" and depth == 1:
                    whole += 1
                    yield element
                    root.clear()
        except ParseError as broken:
            line = getattr(broken, "position", (0, 0))[0]
            if "no element found" in str(broken) and whole:
                notes.warn(
                    "read", f"{file.where} breaks off in line {line:,}: the tool was stopped, or the disk was full"
                )
                return
            if "junk after document element" in str(broken):
                raise ResultError(
                    f"{file.where}: a second result file begins in line {line:,} (JMeter appends): split it there, and "
                    "import each run under its own name"
                ) from None
            raise ResultError(f"{file.where}: is damaged in line {line:,} ({broken}); cut it there") from None
        except (DefusedXmlException, UnicodeError, LookupError, ValueError) as refused:
            raise ResultError(
                f"{file.where}: holds what no result file needs ({type(refused).__name__}: entities, or an unknown "
                "encoding); it was not read"
            ) from None


def _take(element: Element, rows: list[dict[str, Any]], notes: Notes) -> None:
    """A request as one row, whatever is inside it; a transaction as a row of its own, and its requests."""
    given = {meaning: _value(element, names) for meaning, names in _SPELT.items()}
    if given["name"] is None or given["ts"] is None:
        return
    children = [child for child in element if _is_sample(child)]
    message = given["message"] or ""
    # A controller's sample has no type of data; samplers that were told to keep no message still have one.
    transaction = message.startswith(TRANSACTION) or (
        bool(children) and element.tag == "sample" and not element.get("dt") and not element.get("rc")
    )
    row = _row(given, _why(element), transaction)
    if isinstance(row, str):
        notes.rows += 1
        notes.reject(notes.rows, row)
    else:
        rows.append(row)
    if transaction:
        for child in children:
            _take(child, rows, notes)
    elif children:
        notes.dropped["samples inside a request", "redirects and embedded files are part of its time"] += _inside(
            element
        )


def _inside(element: Element) -> int:
    return sum(1 + _inside(child) for child in element if _is_sample(child))


def _why(element: Element) -> str:
    """What the first assertion that failed said."""
    for result in element.findall("assertionResult"):
        if "true" in (result.findtext("failure"), result.findtext("error")):
            return result.findtext("failureMessage") or ""
    return ""


def _is_sample(element: Element) -> bool:
    return _value(element, _SPELT["ts"]) is not None and _value(element, _SPELT["name"]) is not None


def _value(element: Element, names: tuple[str, ...]) -> str | None:
    """By attribute, else by a child element; a zero time stamp says nothing."""
    for name in names:
        value = element.get(name)
        if value is None and not element.attrib:
            value = element.findtext(name)
        if value is not None and not (name == "timeStamp" and value.strip() == "0"):
            return value
    return None


def _row(given: dict[str, str | None], why: str, transaction: bool) -> dict[str, Any] | str:
    start, took, passed = (str(given[one] or "").strip() for one in ("ts", "took", "passed"))
    if not start.isdecimal() or not 631_152_000_000 <= int(start) < 4_133_980_800_000:
        return "ts is no time between 1990 and 2100"
    if not took.isdecimal() or len(took) > 10:
        return "t is no number of milliseconds"
    if passed.lower() not in ("true", "false"):
        return "s is neither true nor false"
    code = (given["code"] or "").strip()
    return {
        "name": given["name"],
        "code": code,
        "message": given["message"] or "",
        "why": why,
        "group": re.sub(r"\s*\d+-\d+$", "", given["thread"] or ""),
        "start_us": int(start) * 1000,
        "took_ms": int(took),
        "passed": passed.lower() == "true",
        "status": int(code) if code.isdecimal() and len(code) == 3 else 0,
        "transaction": transaction,
    }
