"""SQL that takes a line of each format apart. All end in the same columns: nothing after this asks for the format.

Columns: `line`, `ok`, `end_us` (when the answer was sent, UTC), `zone` (+0330 as 330, null where the line has none),
`address`, `agent`, `method`, `target` (path and query), `status`, `took_us` (request time, not rounded, null where
unknown), `sid` (null where none).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from doorbuster.importers.log.layouts import ALB, COMBINED, COMMON, QUOTED, Form, Layout

_ALB_LINE: Final = rf'^([^"]*){QUOTED} {QUOTED} (.*)$'


def text(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def parsed(layout: Layout, lines: str, *, carefully: bool = False) -> str:
    """A SELECT over a relation with the column `line`.

    `carefully`: by regular expression, for the lines that the split on quotes did not fit (an escaped quote inside).
    """
    return _FORMS[layout.form](layout, lines, carefully)


def has_careful_way(layout: Layout) -> bool:
    return layout.form in ("combined", "common", "alb")


def _combined(layout: Layout, lines: str, carefully: bool) -> str:
    if carefully:
        names = "['head', 'stamp', 'request', 'mid', 'referer', 'agent', 'rest']"
        split = (
            f"SELECT line, CASE WHEN m.head <> '' THEN [m.head, m.request, m.mid, m.referer, ' ', m.agent] || "
            f"string_split(m.rest, '\"') END AS q FROM (SELECT line, regexp_extract(line, {text(COMBINED)}, "
            f"{names}) AS m FROM {lines})"
        )
        fits = "q IS NOT NULL"
    else:
        split = _split(lines)
        # A quote inside a part moves what follows: between referer and agent there is then no single space.
        fits = "len(q) >= 7 AND q[5] = ' '"
    return _from_quotes(layout, split, fits, agent="q[6]")


def _common(layout: Layout, lines: str, carefully: bool) -> str:
    if carefully:
        names = "['head', 'stamp', 'request', 'mid']"
        split = (
            "SELECT line, CASE WHEN m.head <> '' THEN [m.head, m.request, m.mid] END AS q "
            f"FROM (SELECT line, regexp_extract(line, {text(COMMON)}, {names}) AS m FROM {lines})"
        )
        return _from_quotes(layout, split, "q IS NOT NULL", agent="''")
    return _from_quotes(layout, _split(lines), "len(q) = 3", agent="''")


def _split(lines: str) -> str:
    """The parts of a line between quotes; an escaped quote is none."""
    # One byte is found in a third of the time that two take.
    plain = "CASE WHEN contains(line, '\\') THEN replace(line, '\\\"', chr(2)) ELSE line END"
    return f"SELECT line, string_split({plain}, '\"') AS q FROM {lines}"


def _from_quotes(layout: Layout, split: str, fits: str, agent: str) -> str:
    """In three steps, so that no part is taken out of the list twice."""
    places = {"forwarded": layout.forwarded, "took": layout.took, "sid": layout.sid}
    parts = "".join(f", q[{place.part}] AS {name}_part" for name, place in places.items() if place)
    word = layout.address_word
    address = "substr(head, 1, strpos(head, ' ') - 1)" if word == 1 else f"split_part(head, ' ', {word})"
    if layout.forwarded:
        # The first address is the client's; what proxies added follows it.
        address = (
            f"CASE WHEN length(forwarded_part) > 2 THEN trim(split_part(forwarded_part, ',', 1)) ELSE {address} END"
        )
    zone = "try_cast(substr(stamp, 22, 5) AS SMALLINT)"
    if layout.zone:
        # A comparison is half the price of a cast, and nearly all lines have the zone of the first.
        zone = f"CASE WHEN ends_with(stamp, {text(layout.zone)}) THEN {int(layout.zone)} ELSE {zone} END::SMALLINT"
    return f"""
SELECT line, fits AND end_us IS NOT NULL AND status IS NOT NULL AS ok, * EXCLUDE (line, fits) FROM (
  SELECT line, fits, epoch_us(try_strptime(stamp, '%d/%b/%Y:%H:%M:%S %z')) AS end_us,
    {zone} AS zone, address, agent, method, target, status, took_us, sid
  FROM (
    SELECT line, fits, substr(head, strpos(head, '[') + 1, 26) AS stamp, {address} AS address, agent,
      words[1] AS method, coalesce(words[2], '') AS target,
      CASE WHEN starts_with(mid, ' 200 ') THEN 200 ELSE try_cast(substr(mid, 2, 3) AS SMALLINT) END::SMALLINT AS status,
      {_took(layout)} AS took_us, {_sid(layout)} AS sid
    FROM (
      SELECT line, {fits} AS fits, q[1] AS head, string_split(q[2], ' ') AS words, q[3] AS mid, {agent} AS agent{parts}
      FROM ({split}))))"""


def before(value: str, mark: str) -> str:
    """What stands before the first mark, all of it where there is none; half the price of split_part."""
    found = f"substr({value}, 1, strpos({value}, '{mark}') - 1)"
    return f"CASE WHEN contains({value}, '{mark}') THEN {found} ELSE {value} END"


def _sid(layout: Layout) -> str:
    if layout.sid is None:
        return "NULL::VARCHAR"
    start, pattern = f"{layout.sid_name}=", text(layout.sid.pattern)
    # The expression is dear; a part that holds this cookie alone needs none.
    plain = f"starts_with(sid_part, {text(start)}) AND NOT contains(sid_part, ';')"
    return (
        f"nullif(CASE WHEN sid_part = '-' THEN '' WHEN {plain} THEN substr(sid_part, {len(start) + 1}) "
        f"ELSE regexp_extract(sid_part, {pattern}, 1) END, '')"
    )


def _took(layout: Layout) -> str:
    if layout.took is None:
        return "NULL::DOUBLE"
    bare = layout.took.pattern.startswith(r"^\s*(")
    number = f"try_cast(regexp_extract(took_part, {text(layout.took.pattern)}, 1) AS DOUBLE)"
    if bare:
        # The expression is dear; a part that holds the figure alone needs none.
        number = f"coalesce(try_cast(took_part AS DOUBLE), {number})"
    return _micros(number, layout.took_unit_us)


def _micros(number: str, unit_us: float) -> str:
    """DOUBLE on purpose: DuckDB's FLOAT has 24 bits and blurs a time of day by a minute."""
    return f"{number} * {unit_us}::DOUBLE"


def _alb(layout: Layout, lines: str, carefully: bool) -> str:
    if carefully:
        split = (
            "SELECT line, CASE WHEN m.head <> '' THEN [m.head, m.request, ' ', m.agent] END AS q FROM (SELECT line, "
            f"regexp_extract(line, {text(_ALB_LINE)}, ['head', 'request', 'agent', 'rest']) AS m FROM {lines})"
        )
        fits = "q IS NOT NULL"
    else:
        split = _split(lines)
        # AWS appends fields: nothing is said about the end of a line.
        fits = "len(q) >= 5 AND q[3] = ' '"
    times = [f"try_cast(w[{number}] AS DOUBLE)" for number in (6, 7, 8)]
    known = " AND ".join(f"{time} >= 0" for time in times)
    return f"""
SELECT line, fits AND end_us IS NOT NULL AND status IS NOT NULL AS ok, * EXCLUDE (line, fits) FROM (
  SELECT line, {fits} AND regexp_matches(q[1], {text(ALB)}) AS fits, epoch_us(try_cast(w[2] AS TIMESTAMPTZ)) AS end_us,
    0::SMALLINT AS zone, regexp_replace(w[4], ':\\d+$', '') AS address, q[4] AS agent,
    split_part(q[2], ' ', 1) AS method,
    regexp_replace(split_part(q[2], ' ', 2), '^[a-z]+://[^/?]*', '') AS target, try_cast(w[9] AS SMALLINT) AS status,
    CASE WHEN {known} THEN {_micros(f"({' + '.join(times)})", 1e6)} END AS took_us, NULL::VARCHAR AS sid
  FROM (SELECT line, q, string_split(q[1], ' ') AS w FROM ({split})))"""


def _cloudfront(layout: Layout, lines: str, carefully: bool) -> str:
    at = {name: f"c[{number}]" for number, name in enumerate(layout.columns, 1)}
    agent = (
        f"coalesce(try(url_decode({at['cs(User-Agent)']})), {at['cs(User-Agent)']})" if "cs(User-Agent)" in at else "''"
    )
    query = at.get("cs-uri-query", "'-'")
    sid = "NULL::VARCHAR"
    if layout.sid_name:
        # Cookies come encoded, some of them twice.
        cookies = f"coalesce(try(url_decode({at['cs(Cookie)']})), {at['cs(Cookie)']})"
        sid = f"nullif(regexp_extract({cookies}, {text(cookie_pattern(layout.sid_name))}, 1), '')"
    took = _micros(f"try_cast({at['time-taken']} AS DOUBLE)", 1e6) if "time-taken" in at else "NULL::DOUBLE"
    return f"""
SELECT line, fits AND end_us IS NOT NULL AND status IS NOT NULL AS ok, * EXCLUDE (line, fits) FROM (
  SELECT line, len(c) = {len(layout.columns)} AS fits,
    epoch_us(try_cast({at["date"]} || ' ' || {at["time"]} || 'Z' AS TIMESTAMPTZ)) AS end_us, 0::SMALLINT AS zone,
    {at["c-ip"]} AS address, {agent} AS agent, {at["cs-method"]} AS method,
    {at["cs-uri-stem"]} || CASE WHEN {query} IN ('-', '') THEN '' ELSE '?' || {query} END AS target,
    try_cast({at["sc-status"]} AS SMALLINT) AS status, {took} AS took_us, {sid} AS sid
  FROM (SELECT line, string_split(line, chr(9)) AS c FROM {lines}))"""


def cookie_pattern(name: str) -> str:
    return rf"(?:^|[;\s])\s*{re.escape(name)}=([^;\s]+)"


def _json(layout: Layout, lines: str, carefully: bool) -> str:
    fields = layout.json
    assert fields is not None
    key = {
        thing: getattr(fields, thing)
        for thing in ("time", "start", "address", "method", "target", "request", "status", "agent", "took", "sid")
    }
    wanted = "{" + ",".join(f'"{name}":"VARCHAR"' for name in dict.fromkeys(key.values()) if name) + "}"
    at = {thing: f'j."{name}"' if name else "NULL::VARCHAR" for thing, name in key.items()}
    took = _micros(f"try_cast({at['took']} AS DOUBLE)", fields.took_unit_us) if fields.took else "NULL::DOUBLE"
    end = _epoch_us("at_text")
    if fields.start and fields.time and not fields.took:
        took = f"greatest(0, {end} - {_epoch_us(at['start'])})::DOUBLE"
    if not fields.time:
        # Some write down when a request came and how long it took, and not when it was answered. A damaged line may
        # say any number: `Sink` takes none above a day either.
        end = f"{end} + CASE WHEN {took} BETWEEN 0 AND 86400e6 THEN round({took})::BIGINT ELSE 0 END"
    method = at["method"] if fields.method else f"split_part({at['request']}, ' ', 1)"
    target = at["target"] if fields.target else f"split_part({at['request']}, ' ', 2)"
    return f"""
SELECT line, coalesce(end_us IS NOT NULL AND status IS NOT NULL, false) AS ok, * EXCLUDE (line) FROM (
  SELECT line, {end} AS end_us, {_zone("at_text")} AS zone, coalesce({at["address"]}, '') AS address,
    coalesce({at["agent"]}, '') AS agent, upper(coalesce({method}, 'GET')) AS method,
    regexp_replace({target}, '^[a-z]+://[^/?]*', '') AS target, try_cast({at["status"]} AS SMALLINT) AS status,
    {took} AS took_us, nullif(nullif({at["sid"]}, ''), '-') AS sid
  FROM (SELECT line, j, {at["time" if fields.time else "start"]} AS at_text
    FROM (SELECT line, try(from_json(line, {text(wanted)})) AS j FROM {lines})))"""


def _epoch_us(value: str) -> str:
    """Digits are a count since 1970, their size tells of what; else ISO 8601, else nginx's $time_local."""
    number = f"try_cast({value} AS DOUBLE)"
    size = f"CASE WHEN {number} < 1e11 THEN 1e6 WHEN {number} < 1e14 THEN 1e3 WHEN {number} < 1e17 THEN 1 ELSE 1e-3 END"
    return (
        f"CASE WHEN {number} IS NOT NULL THEN try_cast(round({number} * ({size})::DOUBLE) AS BIGINT) ELSE coalesce("
        f"epoch_us(try_cast({value} AS TIMESTAMPTZ)), epoch_us(try_strptime({value}, '%d/%b/%Y:%H:%M:%S %z'))) END"
    )


def _zone(value: str) -> str:
    found = f"regexp_extract({value}, '[T: ]\\d\\d:\\d\\d.*([+-]\\d\\d:?\\d\\d)$', 1)"
    return f"CASE WHEN {value} LIKE '%Z' THEN 0 ELSE try_cast(replace({found}, ':', '') AS SMALLINT) END::SMALLINT"


_FORMS: Final[dict[Form, Callable[[Layout, str, bool], str]]] = {
    "combined": _combined,
    "common": _common,
    "alb": _alb,
    "cloudfront": _cloudfront,
    "json": _json,
}
