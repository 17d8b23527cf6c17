"""The verdict as JUnit XML, which every CI shows as tests: one case for each objective, regression and promise."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from doorbuster.analysis.entries import Entry
from doorbuster.analysis.load import Run
from doorbuster.analysis.verdict import Verdict

# Characters that XML 1.0 cannot hold even when escaped.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(run: Run, verdict: Verdict) -> bytes:
    """junit.xml as bytes.

    FAIL is a failure, INCONCLUSIVE of a required entry and an invalid run are errors (CI must not read them as
    green), and what decides nothing is skipped with its sentence.
    """
    suite = ElementTree.Element("testsuite", name=_text(f"doorbuster {run.info.get('scenario', '')}"))
    _validity_case(suite, verdict)
    for entry in verdict.entries:
        _entry_case(suite, entry)
    cases = suite.findall("testcase")
    counted: dict[str, str] = {kind: str(sum(case.find(tag) is not None for case in cases)) for kind, tag in _COUNTED}
    suite.attrib.update({"tests": str(len(cases)), **counted})
    root = ElementTree.Element("testsuites", {"tests": str(len(cases)), **counted})
    root.append(suite)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


_COUNTED = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))


def _validity_case(suite: ElementTree.Element, verdict: Verdict) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname="validity", name="this was a rehearsal")
    if not verdict.validity.valid:
        _say(case, "error", "INVALID", "; ".join(verdict.validity.reasons))
    numbers = ElementTree.SubElement(case, "system-out")
    numbers.text = _text("\n".join(f"{one.name}: {one.shown} ({one.limit})" for one in verdict.validity.numbers))


def _entry_case(suite: ElementTree.Element, entry: Entry) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=entry.kind, name=_text(entry.name))
    if entry.verdict == "INVALID":
        _say(case, "skipped", "INVALID", f"not judged, this was no rehearsal; it reads: {entry.sentence}")
    elif entry.verdict == "FAIL":
        _say(case, "failure", "FAIL", entry.sentence)
    elif entry.verdict == "INCONCLUSIVE" and entry.required:
        _say(case, "error", "INCONCLUSIVE", entry.sentence)
    elif entry.verdict in ("INCONCLUSIVE", "ADVICE"):
        _say(case, "skipped", entry.verdict, entry.sentence)
    else:
        ElementTree.SubElement(case, "system-out").text = _text(entry.sentence)


def _say(case: ElementTree.Element, tag: str, kind: str, sentence: str) -> None:
    node = ElementTree.SubElement(case, tag, type=kind, message=_text(sentence))
    node.text = _text(sentence)


def _text(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
