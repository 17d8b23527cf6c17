"""Gatling's simulation.log, as text: versions 2.0 to 3.12, told apart by where a record has its times and its status.

From 2.2 on a record's kind comes first, before that third; 3.4 dropped users' numbers. After 3.12 the log is binary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from doorbuster.importers.results.files import ResultFile
from doorbuster.importers.results.reading import Kind, Notes, Visit
from doorbuster.importers.results.refusals import ResultError
from doorbuster.importers.results.tally import SAMPLES

KIND: Final = Kind(
    "gatling",
    "Gatling",
    "Gatling simulation.log",
    "Gatling's response time: from sending, connecting included, to the last byte, in whole milliseconds",
    visits="virtual users, where the log has their numbers; whether they were due when they started it does not say",
    absent=("when requests were due", "HTTP status of requests that passed"),
)
_BATCH: Final = 50_000
_RECORDS: Final = frozenset({"RUN", "REQUEST", "USER", "GROUP", "ERROR", "ASSERTION", "ACTION"})
_FIRST_MS, _LAST_MS = 631_152_000_000, 4_133_980_800_000
_STATUS: Final = re.compile(r"(?:found|status\.find\S*, found|but actually found?|is)\s+(\d{3})\b|status (\d{3})")
_TIMED_OUT: Final = re.compile(r"request timeout|timed out|TimeoutException|ReadTimeout", re.I)
_SCRIPT: Final = re.compile(
    r"No attribute named|Failed to build request|crashed|Exception in thread|NullPointerException"
)


def recognise(file: ResultFile) -> bool:
    """By its RUN record, or by the first bytes of the binary one."""
    if binary_version(file.head):
        return True
    first = [line.split("\t") for line in file.head_text.splitlines()[:200]]
    return any(_kind(fields) in ("RUN", "REQUEST", "USER") and len(fields) >= 4 for fields in first)


def binary_version(head: bytes) -> str | None:
    """The version that a binary log names, None for text: a zero byte, the length of a text, the text."""
    found = re.match(rb"\x00\x00\x00\x00[\x05-\x14](\d+\.\d+[\w.\-]*)", head)
    return found[1].decode("ascii") if found else None


def read(files: list[ResultFile], notes: Notes) -> Kind:
    """Raises ResultError for a binary log."""
    for file in files:
        version = binary_version(file.head)
        if version or b"\0" in file.head[:512]:
            raise ResultError(
                f"{file.where}: is a binary log of Gatling {version or 'after 3.12'}, which only Gatling reads; what "
                "is missing is the text log that Gatling writes up to 3.12.0"
            )
        _Log(file, notes).read()
    return KIND


def _kind(fields: list[str]) -> str:
    if fields[0] in _RECORDS:
        return fields[0]
    return fields[2] if len(fields) > 3 and fields[2] in _RECORDS else ""


class _Log:
    """One file, line by line."""

    def __init__(self, file: ResultFile, notes: Notes) -> None:
        self._file, self._notes = file, notes
        self._rows: dict[str, list[Any]] = {name: [] for name in SAMPLES.names}
        self._groups: dict[str, list[Any]] = {name: [] for name in SAMPLES.names}
        self._scenario_of: dict[str, str] = {}
        self._started: dict[str, int] = {}
        self._starts = 0
        self._ends = 0

    def read(self) -> None:
        for number, line in enumerate(_lines(self._file), 1):
            fields = line.rstrip("\r\n").split("\t")
            kind = _kind(fields)
            if not line.strip() or kind in ("RUN", "ASSERTION", "ACTION"):
                continue
            # In 2.0 and 2.1 scenario and user stand before the record's kind.
            rest = fields[1:] if fields[0] == kind else [*fields[:2], *fields[3:]]
            take = {"REQUEST": self._request, "GROUP": self._group, "USER": self._user, "ERROR": self._error}.get(kind)
            wrong = "no record of Gatling's" if take is None else take(rest)
            if wrong:
                self._notes.rows += 1
                self._notes.reject(number, wrong)
            if len(self._rows["name"]) >= _BATCH:
                self._flush()
        self._flush()
        for user, started_us in self._started.items():
            self._notes.visits.append(Visit(self._scenario_of.get(user, ""), started_us, None))

    def _request(self, rest: list[str]) -> str | None:
        place = _status_place(rest, 2)
        if place is None:
            return "a REQUEST without times, OK or KO"
        # 2.0 and 2.1 wrote four times: sending begins and ends, the answer begins and ends.
        times = 4 if place >= 6 and all(_ms(one) for one in rest[place - 4 : place - 1]) else 2
        start, end = _ms(rest[place - times]), _ms(rest[place - 1])
        if start is None or place - times < 1:
            return "a REQUEST without times"
        before, message = rest[: place - times], " ".join(rest[place + 1 :]).strip()
        failed = rest[place] == "KO"
        if failed and (end is None or end < start) and _SCRIPT.search(message):
            # It was never sent: the script could not make it.
            self._notes.rows += 1
            self._notes.script_errors[message[:100]] += 1
            return None
        status = _STATUS.search(message) if failed else None
        if failed:
            self._notes.failures[message[:80] or "KO without a message"] += 1
        self._notes.rows += 1
        self._add(
            self._rows,
            before[-1],
            self._scenario(before[:-2]),
            start,
            end,
            int(next(filter(None, status.groups()))) if status else 0,
            failed,
            failed and _TIMED_OUT.search(message) is not None,
        )
        return None

    def _group(self, rest: list[str]) -> str | None:
        place = _status_place(rest, 3)
        if place is None or place < 4:
            return "a GROUP without times, OK or KO"
        start, took = _ms(rest[place - 3]), rest[place - 1]
        if start is None or not took.isdecimal():
            return "a GROUP without times"
        before = rest[: place - 3]
        self._notes.rows += 1
        self._add(
            self._groups,
            before[-1],
            self._scenario(before[:-1]),
            start,
            start + int(took),
            0,
            rest[place] == "KO",
            False,
        )
        return None

    def _user(self, rest: list[str]) -> str | None:
        place = next((at for at, field in enumerate(rest) if field in ("START", "END")), None)
        if place is None or place == 0 or place + 1 >= len(rest):
            # One writer glues the scenario's name and the word together.
            glued = next((at for at, field in enumerate(rest) if field.endswith((" START", " END"))), None)
            if glued is None:
                return "a USER without START or END"
            self._notes.dropped["USER records", "name and START or END are written as one"] += 1
            return None
        started = rest[place] == "START"
        self._starts += started
        self._ends += not started
        times = [_ms(one) for one in rest[place + 1 :]]
        if times[0] is None:
            return "a USER without a time"
        if place == 2 or (place > 1):
            first, second = rest[:2]
            user, scenario = (first, second) if first.isdecimal() and not second.isdecimal() else (second, first)
            self._scenario_of[user] = scenario
            if started:
                self._started[user] = times[0] * 1000
            else:
                ended = times[-1] if times[-1] is not None else times[0]
                self._notes.visits.append(Visit(scenario, self._started.pop(user, times[0] * 1000), ended * 1000))
        return None

    def _error(self, rest: list[str]) -> str | None:
        if not rest or not rest[0].strip():
            return "an ERROR without a message"
        self._notes.rows += 1
        self._notes.script_errors[rest[0][:100]] += 1
        return None

    def _scenario(self, before: list[str]) -> str:
        """By the user's number, or as 2.x wrote it beside each request."""
        if not before:
            return ""
        if len(before) == 1:
            return self._scenario_of.get(before[0], "")
        first, second = before[:2]
        return second if first.isdecimal() and not second.isdecimal() else first

    def _add(
        self,
        rows: dict[str, list[Any]],
        name: str,
        scenario: str,
        start_ms: int,
        end_ms: int | None,
        status: int,
        failed: bool,
        timed_out: bool,
    ) -> None:
        took_us = (end_ms - start_ms) * 1000.0 if end_ms is not None and end_ms >= start_ms else float("nan")
        values = (name, "", scenario, start_ms * 1000, took_us, status, failed, timed_out)
        for column, value in zip(SAMPLES.names, values, strict=True):
            rows[column].append(value)

    def _flush(self) -> None:
        self._notes.tally.add(pa.table(self._rows, schema=SAMPLES))
        self._notes.transactions.add(pa.table(self._groups, schema=SAMPLES))
        self._rows = {name: [] for name in SAMPLES.names}
        self._groups = {name: [] for name in SAMPLES.names}


def _lines(file: ResultFile) -> Iterator[str]:
    rest = b""
    with file.open() as stream:
        while chunk := stream.read(1 << 20):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", errors="replace")
    if rest:
        yield rest.decode("utf-8", errors="replace")


def _status_place(rest: list[str], times: int) -> int | None:
    """Where OK or KO stands, after so many numbers: a request may be named OK, too."""
    return next(
        (
            at
            for at, field in enumerate(rest)
            if field in ("OK", "KO") and at > times and all(_is_ms(one) for one in rest[at - times : at])
        ),
        None,
    )


def _ms(field: str) -> int | None:
    return int(field) if _is_ms(field) and _FIRST_MS <= int(field) < _LAST_MS else None


def _is_ms(field: str) -> bool:
    return re.fullmatch(r"-?\d{1,19}", field) is not None
