"""What a log says becomes what every importer hands on; what it cannot say stays empty and is assumed, and marked."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from doorbuster.importers.choose import choose_window
from doorbuster.importers.findings import curve_findings, growth_by_journey
from doorbuster.importers.imported import Dropped, Figure, Finding, Imported
from doorbuster.importers.log.answers import answers_of, in_window
from doorbuster.importers.log.browsing import moves_of
from doorbuster.importers.log.curve import curve_of
from doorbuster.importers.log.habits import products_of, shopper_of, thinks_of
from doorbuster.importers.log.last_year import held
from doorbuster.importers.log.result import LogImport
from doorbuster.importers.log.shares import funnel_of, mix_of_log
from doorbuster.importers.scenario_file import printable
from doorbuster.importers.season import lone_days

_SAID_OF_EVERY_CURVE: Final = ("peak", "clock", "gaps")
"""Told by `curve_findings` for any curve; only what the engine warns of in them is about the log itself."""
_NAMED: Final = 3


def to_imported(log: LogImport, name: str) -> Imported:
    """All of a log's import but its files. Raises LogError where the log makes no curve."""
    where = source_of(log)
    curve, strays = curve_of(log)
    lone = lone_days(curve)
    window, chosen = choose_window(where, curve, lone)
    mix, odd = mix_of_log(log, curve, window)
    growth, grown = growth_by_journey(curve)
    own = [one for one in log.findings if one.warns or one.about not in _SAID_OF_EVERY_CURVE]
    findings = [*own, *strays, *chosen, *curve_findings(curve, window, lone, False), *odd, *grown]
    rows = in_window(log, curve, window)
    return Imported(
        name=name,
        source=where,
        curve=curve,
        window=window,
        read_rows=log.read.kept,
        read_words="requests of shoppers",
        dropped=_dropped(log),
        bad=log.read.bad,
        findings=_in_order(findings, tuple(name for name, _ in log.files)),
        missing=log.missing,
        funnel=funnel_of(log),
        mix=mix,
        growth=_with_wallets(log, growth),
        think=thinks_of(log),
        shopper=shopper_of(log),
        products=products_of(log),
        moves=moves_of(log) if log.knows_paths else {},
        answers=answers_of(rows),
        baseline=held(log),
    )


def source_of(log: LogImport) -> str:
    """Formats and files in words, e.g. `combined log, access.log and access.log.1`."""
    names = [printable(name) for name, _ in log.files]
    if len(names) > _NAMED + 1:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f"{' and '.join(dict.fromkeys(words for _, words in log.files))}, {listed}"


def _dropped(log: LogImport) -> tuple[Dropped, ...]:
    blank = [Dropped("empty lines and headers", log.read.blank, "nothing was asked in them")] * bool(log.read.blank)
    return tuple(sorted((*log.read.dropped, *blank), key=lambda one: -one.rows))


def _with_wallets(log: LogImport, growth: dict[str, Figure]) -> dict[str, Figure]:
    """Wallets that a log cannot tell from checkouts grew with them."""
    native = growth.get("native_checkout")
    if native is None or log.journeys["express_wallet"] is not None:
        return growth
    why = f"{native.why}; counted among native checkouts"
    return {**growth, "express_wallet": replace(native, name="traffic.growth.express_wallet", why=why)}


def _in_order(findings: list[Finding], files: tuple[str, ...]) -> tuple[Finding, ...]:
    """Warnings first, each sentence once, spelt as all findings are: no capital, no full stop."""
    worded = [replace(one, sentence=_plain(one.sentence, files)) for one in findings]
    return tuple(sorted(dict.fromkeys(worded), key=lambda one: not one.warns))


def _plain(sentence: str, files: tuple[str, ...]) -> str:
    words = sentence.removesuffix(".")
    return words if words.startswith(files) or not words[1:2].islower() else words[0].lower() + words[1:]
