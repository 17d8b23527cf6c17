"""Which format a log is in, told from its first lines, and where in a line each thing stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final, Literal

from doorbuster.importers.log.json_fields import JsonFields, json_fields
from doorbuster.importers.log.refusals import LogError

Form = Literal["combined", "common", "alb", "cloudfront", "json"]
WORDS: Final[dict[Form, str]] = {
    "combined": "nginx or Apache combined",
    "common": "Apache common (no user agent)",
    "alb": "AWS application load balancer",
    "cloudfront": "CloudFront standard log",
    "json": "JSON lines",
}
QUOTED: Final = r'"((?:[^"\\]|\\.)*)"'
STAMP: Final = r"\[(\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4})\]"
COMBINED: Final = rf'^([^"\[]*{STAMP} ){QUOTED}( \d{{3}} (?:\d+|-)(?: [\d.]+)? ){QUOTED} {QUOTED}(.*)$'
"""Groups: up to the request, the stamp in it, request, status and bytes, referer, agent, the rest."""
COMMON: Final = rf'^([^"\[]*{STAMP} ){QUOTED}( \d{{3}} (?:\d+|-)\s*)$'
ALB: Final = r"^(?:https?|h2|grpcs?|wss?) \d{4}-\d\d-\d\dT[\d:.]+Z \S+ "
_SHAPES: Final[dict[Form, Callable[[str], bool]]] = {
    "alb": lambda line: re.match(ALB, line) is not None,
    "combined": lambda line: re.match(COMBINED, line) is not None,
    "common": lambda line: re.match(COMMON, line) is not None,
    "json": lambda line: line.startswith("{") and line.rstrip().endswith("}"),
    "cloudfront": lambda line: re.match(r"^#(?:Version|Fields):|^\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t", line) is not None,
}
_ADDRESSES: Final = re.compile(r"(?:[0-9a-fA-F:.]+(?:, ?)?)+")
_TIMES: Final = (
    r"(?:^|\s|,)(?:rt|request_time|req_time|took|duration)=\"?([\d.]+)",
    r"^\s*(\d+\.\d{3})(?:\s|$)",
    # nginx-ingress: the request's length and then its time.
    r"^\s*\d+ (\d+\.\d{3})(?:\s|$)",
    r"^\s*(\d+)(?:\s|$)",
)
_TWO_NUMBERS: Final = r"^\s*\d+\s+[\d-]+(?:\s|$)"
"""Apache's combinedio: bytes in and bytes out, no time."""
_MICROSECONDS_FROM: Final = 30.0
"""A median of whole numbers above this is no time in seconds: no shopper waits so long, and half of them would. In
microseconds even a small file takes longer."""


@dataclass(frozen=True)
class Place:
    """Where a value stands in a line of quoted parts: which part (1 is the first), and the expression that finds it."""

    part: int
    pattern: str = ""
    """One group; empty: the whole part."""


@dataclass(frozen=True)
class Layout:
    form: Form
    address_word: int = 1
    """Which word of a combined line is the client; 2 where the virtual host comes first."""
    forwarded: Place | None = None
    """The client's own address, where the first word is a load balancer's."""
    took: Place | None = None
    took_unit_us: int = 1_000_000
    sid: Place | None = None
    sid_name: str = ""
    zone: str = ""
    """The first line's, e.g. +0330: what most lines have can be parsed in a cheaper way."""
    columns: tuple[str, ...] = ()
    """Names of CloudFront's columns, in the file's order."""
    json: JsonFields | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def words(self) -> str:
        timed = " with request time" if self.took else ""
        return (self.json.words if self.json else WORDS[self.form]) + timed

    @property
    def has_agent(self) -> bool:
        return self.form != "common"

    @property
    def no_offset(self) -> bool:
        """Whether its times do not say how far they are from UTC."""
        return self.json is not None and self.json.no_offset

    @property
    def has_took(self) -> bool:
        json_took = self.json is not None and bool(self.json.took or self.json.start)
        return self.took is not None or self.form in ("alb", "cloudfront") or json_took


def looks_like(sample: Sequence[str]) -> tuple[Form | None, float]:
    """(the form most lines of a sample have, their share)."""
    if not sample:
        return None, 0.0
    found = Counter(form for line in sample for form in _first_form(line))
    if not found:
        return None, 0.0
    form, count = found.most_common(1)[0]
    return form, count / len(sample)


def _first_form(line: str) -> list[Form]:
    return [form for form, fits in _SHAPES.items() if fits(line)][:1]


def layout_of(file: str, sample: Sequence[str], session: str, forced: str | None = None) -> Layout:
    """The layout of a file whose first lines are `sample`. `session` is `address`, `cookie:NAME` or `header:NAME`.

    Raises LogError when no format fits half of the lines, or no part of them holds the session.
    """
    form, share = looks_like(sample)
    if form is None or share < 0.5:
        known = ", ".join(WORDS.values())
        first = f"its first lines look like: {shape(sample[0])}" if sample else "it is empty"
        raise LogError(f"{file}: no format that Doorbuster knows ({known}); {first}")
    kind, _, name = session.partition(":")
    if form == "json":
        chosen = json_fields(file, sample, name if kind != "address" else "", forced)
        return Layout(form, json=chosen, sid_name=name)
    if form == "cloudfront":
        return _cloudfront(file, sample, kind, name)
    if kind != "address" and form in ("alb", "common"):
        raise LogError(f"{file}: a log of this format ({WORDS[form]}) holds no {kind} {name}; use --session address")
    if form == "alb":
        return Layout(form)
    if form == "common":
        return Layout(form, _address_word(sample), zone=_zone(sample))
    return _combined(file, sample, kind, name)


def shape(line: str, most: int = 90) -> str:
    """What a line looks like, without what it says: a for letters, 9 for digits."""
    return re.sub(r"\d", "9", re.sub(r"[^\W\d_]", "a", line[:most]))


def _cloudfront(file: str, sample: Sequence[str], kind: str, name: str) -> Layout:
    fields = next((line for line in sample if line.startswith("#Fields:")), None)
    if fields is None:
        raise LogError(f"{file}: a CloudFront log without its #Fields line; put the header lines back at its top")
    columns = tuple(fields.split(":", 1)[1].split())
    needed = {"date", "time", "c-ip", "cs-method", "cs-uri-stem", "sc-status"}
    if needed - set(columns):
        raise LogError(f"{file}: its #Fields line names no {', '.join(sorted(needed - set(columns)))}")
    if kind != "address" and "cs(Cookie)" not in columns:
        raise LogError(f"{file}: no cookies are logged (no cs(Cookie) in #Fields); use --session address")
    return Layout("cloudfront", columns=columns, sid_name=name if kind != "address" else "")


def _address_word(sample: Sequence[str]) -> int:
    """2 for Apache's vhost_combined: `shop.example:443 1.2.3.4 - - [`."""
    words = [line.split("[", 1)[0].split() for line in sample]
    hosts = sum(len(w) == 4 and re.fullmatch(r"[\w.-]+:\d+", w[0]) is not None for w in words)
    return 2 if hosts > len(sample) / 2 else 1


def _zone(sample: Sequence[str]) -> str:
    return next((found[1][-5:] for line in sample if (found := re.search(STAMP, line))), "")


def _combined(file: str, sample: Sequence[str], kind: str, name: str) -> Layout:
    matched = [found for line in sample if (found := re.match(COMBINED, line))]
    # As parse.py numbers them: 1 up to the request, 2 request, 3 status, 4 referer, 5 between, 6 agent, 7... the rest.
    rows = [{3: m[4], **dict(enumerate(m[7].split('"'), 7))} for m in matched]
    notes: list[str] = []
    took, unit_us = _took(rows, notes)
    forwarded = _place(
        rows, lambda part, text: part % 2 == 0 and len(text) > 6 and _ADDRESSES.fullmatch(text) is not None
    )
    sid = None
    if kind != "address":
        sid = _named(rows, name) or _alone(rows, name, notes)
        if sid is None:
            raise LogError(
                f'{file}: no part of its lines holds the {kind} {name}; log it (nginx: "$cookie_{name}" at the end of '
                "log_format) or use --session address"
            )
    return Layout(
        "combined", _address_word(sample), forwarded, took, unit_us, sid, name, _zone(sample), notes=tuple(notes)
    )


def _place(rows: Sequence[dict[int, str]], fits: Callable[[int, str], bool]) -> Place | None:
    hits = Counter(part for row in rows for part, text in row.items() if part > 3 and fits(part, text))
    best = hits.most_common(1)
    return Place(best[0][0]) if best and best[0][1] > 0.2 * len(rows) else None


def _named(rows: Sequence[dict[int, str]], name: str) -> Place | None:
    pattern = rf"(?:^|[;\s]){re.escape(name)}=([^;]+)"
    found = _place_by(rows, pattern)
    return found and Place(found.part, pattern)


def _place_by(rows: Sequence[dict[int, str]], pattern: str) -> Place | None:
    hits = Counter(part for row in rows for part, text in row.items() if part > 3 and re.search(pattern, text))
    return Place(hits.most_common(1)[0][0]) if hits else None


def _alone(rows: Sequence[dict[int, str]], name: str, notes: list[str]) -> Place | None:
    """The one quoted part that holds nothing but ids: `"$cookie_NAME"`."""
    found = _place(rows, lambda part, text: part % 2 == 0 and re.fullmatch(r"[\w.+/=%-]{8,}", text) is not None)
    if found is not None:
        notes.append(f"the quoted field after the user agent that holds nothing but ids was taken for {name}")
        return Place(found.part, r"^([^-].*)$")
    return None


def _took(rows: Sequence[dict[int, str]], notes: list[str]) -> tuple[Place | None, int]:
    for pattern in _TIMES:
        places = [3, *sorted({part for row in rows for part in row if part > 3})]
        for part in places:
            wanted = r"^ \d{3} \S+ ([\d.]+) $" if part == 3 else pattern
            values = [found[1] for row in rows if (found := re.search(wanted, row.get(part, "")))]
            if len(values) < 0.9 * len(rows) or not values:
                continue
            if "." in values[0]:
                return Place(part, wanted), 1_000_000
            if sum(re.match(_TWO_NUMBERS, row.get(part, "")) is not None for row in rows) > len(rows) / 2:
                notes.append("two whole numbers follow the user agent: taken for bytes, and for no request time")
                continue
            typical = median(map(float, values))
            # Apache writes %D in microseconds and %T in whole seconds; both are bare integers.
            unit_us = 1 if typical >= _MICROSECONDS_FROM else 1_000_000
            unit = "microseconds" if unit_us == 1 else "seconds"
            notes.append(f"the request time is a whole number, {typical:g} at the median: read as {unit}")
            return Place(part, wanted), unit_us
    return None, 1_000_000
