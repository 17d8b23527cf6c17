"""Series of measurements: two years of one producer, whose columns do not stay where they were."""

from __future__ import annotations

import pytest

from doorbuster.importers.results.refusals import ResultError
from doorbuster.importers.results.steps_file import StepsFile
from tests.importers.results.conftest import Read, warned

GLUED = (
    "URL,FETCH_TIME,FCP,TOI,SI,FMP,CLS,FIRST_CONTENTFUL_PAINT_MS,FIRST_INPUT_DELAY_MS,LARGEST_CONTENTFUL_PAINT_MS,"
    "CUMULATIVE_LAYOUT_SHIFT_SCOREwww.a.example,1764345600123,0.6\xa0s,4.2\xa0s,2.3\xa0s,0.7\xa0s,2801,81,3933,26\n"
    "www.b.example,1764345700000,1.5 s,2.6 s,2.1 s,1.6 s,944,15,2249,8\n"
)
OWN = {
    "series": {
        "time": "at",
        "name": "page",
        "values": {"load": "ms"},
        "columns": [["at", "page", "load"], ["at", "page", "region", "load"]],
    }
}


def test_a_header_without_a_line_end_loses_no_row_and_no_column(read: Read) -> None:
    found = read(GLUED, steps=StepsFile())
    told = [(one.name, one.metric, one.value_ms) for one in found.notes.summaries]
    assert told[:4] == [
        ("www.a.example", "FCP", 600.0),
        ("www.a.example", "TOI", 4200.0),
        ("www.a.example", "SI", 2300.0),
        ("www.a.example", "FMP", 700.0),
    ]
    assert len(told) == 8
    assert "taken from behind it" in warned(found)


def test_own_columns_are_named_in_a_map(read: Read) -> None:
    found = read("at,page,load\n1764345600,Home,1200\n1764345660,Home,DE,900 ms\n", steps=StepsFile.model_validate(OWN))
    assert [(one.start_s, one.value_ms) for one in found.notes.summaries] == [(1764345600, 1200), (1764345660, 900)]
    assert [(one.name.name, one.step, one.count) for one in found.mapped] == [("Home", "home", 2)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("at,page,load\n1764345600,Home,12 s\n", "99 a is no number of ms"),
        ("at,page,load\nnoon,Home,12\n", "aaaa is no time"),
        ("at,page,load\n1764345600,Home\n", "2 cells; the map knows 3 or 4"),
    ],
)
def test_figures_of_another_unit_or_width_are_refused(read: Read, text: str, said: str) -> None:
    with pytest.raises(ResultError, match=said):
        read(text, steps=StepsFile.model_validate(OWN))


def test_a_csv_that_nobody_knows_says_what_is_known(read: Read) -> None:
    with pytest.raises(ResultError, match=r"looks like .* result files known here are JMeter JTL .*\[series\]"):
        read("when,what\n1,2\n", steps=StepsFile())
