"""JMeter results: each way of writing them, and each way of reading them wrong."""

from __future__ import annotations

import gzip

import pytest

from doorbuster.importers.results.refusals import ResultError
from doorbuster.importers.results.steps_file import StepsFile
from tests.importers.results.conftest import Read, by_base, by_name, by_second, untimed, warned

HEADER = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes\n"


def row(at_ms: int = 1764345600500, elapsed: int = 120, label: str = "Home", code: str = "200", **more: str) -> str:
    given = {"message": "OK", "thread": "Browsers 1-1", "success": "true", "why": "", **more}
    return f"{at_ms},{elapsed},{label},{code},{given['message']},{given['thread']},text,{given['success']},{given['why']},99\n"


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("header", [True, False])
def test_any_delimiter_with_a_header_and_without(read: Read, delimiter: str, header: bool) -> None:
    text = (HEADER if header else "") + row() + row(1764345601100, 80, "Cart", "500", success="false")
    found = read(text.replace(",", delimiter))
    assert by_name(found) == {"Home": 1, "Cart": 1}
    assert by_second(found) == {1764345600: 1, 1764345601: 1}
    assert by_base(found) == {"ok": 1, "server": 1}
    assert {name.group for name in found.counted.names} == {"Browsers"}


def test_columns_in_another_order_and_under_their_older_name(read: Read) -> None:
    found = read("label|time|timeStamp|success\nHome|250|1764345600000|true\nHome|90|1764345600900|false\n")
    assert by_base(found) == {"ok": 1, "error": 1}
    assert by_second(found) == {1764345600: 2}


def test_packed_files_and_several_of_one_run(read: Read) -> None:
    found = read(gzip.compress((HEADER + row()).encode()), HEADER + row(1764345602000))
    assert by_second(found) == {1764345600: 1, 1764345602: 1}


def test_a_file_given_twice_is_refused(read: Read) -> None:
    with pytest.raises(ResultError, match="once more: everything would count twice"):
        read(HEADER + row(), HEADER + row())


def test_quoted_labels_hold_delimiters_quotes_and_line_ends(read: Read) -> None:
    found = read(HEADER + row(label='"Add ""boots"",\nsize 8"') + row())
    assert by_name(found) == {'Add "boots",\nsize 8': 1, "Home": 1}


def test_labels_that_are_no_utf8_are_read_and_others_stay_as_they_are(read: Read) -> None:
    found = read((HEADER + row(label="Ürün")).encode() + row(label="Café").encode("latin-1"))
    assert set(by_name(found)) == {"Ürün", "Café"}


@pytest.mark.parametrize(
    ("cell", "second"),
    [
        ("2025-11-28 16:00:00.500", 1764345600),
        ("2025/11/28 16:00:00.500", 1764345600),
        ("28.11.2025 16:00:00", 1764345600),
        ("11/28/25 16:00:00", 1764345600),
        ("2025-11-28T16:00:00.500+01:00", 1764342000),
    ],
)
def test_times_as_dates(read: Read, cell: str, second: int) -> None:
    found = read(HEADER + row().replace("1764345600500", cell))
    assert by_second(found) == {second: 1}
    assert found.notes.written_clock is ("+" not in cell)


def test_a_date_that_could_be_two_is_refused(read: Read) -> None:
    with pytest.raises(ResultError, match="day first or month first"):
        read(HEADER + row().replace("1764345600500", "03/11/2025 16:00:00"))


def test_a_second_run_appended_to_the_file_leaves_its_header_out(read: Read) -> None:
    found = read(HEADER + row() + HEADER + row())
    assert by_name(found) == {"Home": 2}
    assert [(one.what, one.rows) for one in found.notes.all_dropped()] == [("headers within the file", 1)]


def test_a_line_cut_off_at_the_end_is_one_bad_line(read: Read) -> None:
    found = read(HEADER + row() * 3 + "17643456005")
    assert by_name(found) == {"Home": 3}
    assert found.notes.bad == 1


def test_more_than_a_few_bad_lines_stop_the_import_and_are_shown(read: Read) -> None:
    with pytest.raises(ResultError, match=r"2 of 3 rows are bad .*elapsed is no number of milliseconds.*is no time"):
        read(HEADER + row() + row().replace(",120,", ",fast,") + row().replace("1764345600500", "yesterday"))


def test_outcomes_follow_the_tools_word_and_then_the_status(read: Read) -> None:
    failed = {"success": "false"}
    found = read(
        HEADER
        + row(code="404", **failed)
        + row(code="404")  # the script expects it: the shop said no
        + row(code="429", **failed)
        + row(code="409", **failed)
        + row(code="503", **failed)
        + row(code="200", **failed)  # an assertion failed
        + row(code="Non HTTP response code: java.net.ConnectException", **failed)
        + row(code="Non HTTP response code: java.net.SocketTimeoutException", message="Read timed out", **failed)
    )
    assert by_base(found) == {
        "error": 3, "rejected": 1, "throttled": 1, "conflict": 1, "server": 1, "abandoned": 1,
    }  # fmt: skip


def test_a_5xx_that_the_script_lets_pass_is_no_success(read: Read) -> None:
    found = read(HEADER + row(code="502") + row())
    assert by_base(found) == {"ok": 1, "server": 1}
    assert found.notes.tally.passed_5xx == 1


def test_waiting_in_vain_that_was_written_as_no_time_flatters_nobody(read: Read) -> None:
    code = "Non HTTP response code: java.net.SocketTimeoutException"
    found = read(HEADER + row(elapsed=0, code=code, success="false") + row())
    assert by_base(found) == {"ok": 1, "abandoned": 1}
    assert untimed(found) == 1


def test_script_exceptions_are_named_and_are_no_answers_of_the_shop(read: Read) -> None:
    broken = row(code="500", message="javax.script.ScriptException: No such property: token", success="false")
    found = read(HEADER + broken * 3000 + row(code="500", success="false") + row() * 10)
    assert by_base(found) == {"ok": 10, "server": 1}
    assert found.notes.script_errors == {"javax.script.ScriptException: No such property: token": 3000}


def test_a_shop_whose_own_page_names_an_exception_failed_itself(read: Read) -> None:
    why = "Test failed: text expected not to contain /java.lang.NullPointerException/"
    found = read(
        HEADER + row(success="false", why=why) + row(code="500", message="NullPointerException", success="false")
    )
    assert by_base(found) == {"error": 1, "server": 1}
    assert not found.notes.script_errors


def test_transactions_beside_their_requests_are_not_counted_twice(read: Read) -> None:
    both = row(label="Pay") + row(
        label="Checkout", message="Number of samples in transaction : 1, number of failing samples : 0"
    )
    found = read(HEADER + both.replace(": 1, number", ": 1; number"))
    assert by_name(found) == {"Pay": 1}


def test_transactions_alone_are_taken_and_said(read: Read) -> None:
    found = read(HEADER + row(label="Checkout", message="Number of samples in transaction : 2; all well"))
    assert by_name(found) == {"Checkout": 1}
    assert found.transactions and "the sum of several requests" in warned(found)


def test_a_header_without_what_is_needed_names_it(read: Read) -> None:
    with pytest.raises(ResultError, match="has no column label"):
        read("timeStamp,elapsed,success\n1764345600500,12,true\n")
    with pytest.raises(ResultError, match="has no column success"):
        read("timeStamp,elapsed,label\n1764345600500,12,Home\n")


XML = """<?xml version="1.0" encoding="UTF-8"?>
<testResults version="1.2">
<sample t="300" ts="1764345600000" s="true" lb="Checkout" rc="200" rm="Number of samples in transaction : 2, number of failing samples : 1" tn="Buyers 1-1" dt="">
  <httpSample t="100" ts="1764345600000" s="true" lb="Cart" rc="200" rm="OK" tn="Buyers 1-1" dt="text">
    <httpSample t="40" ts="1764345600000" s="true" lb="Cart-0" rc="302" rm="Found" tn="Buyers 1-1" dt="text"/>
    <httpSample t="60" ts="1764345600040" s="true" lb="Cart-1" rc="200" rm="OK" tn="Buyers 1-1" dt="text"/>
  </httpSample>
  <httpSample t="200" ts="1764345601000" s="false" lb="Pay" rc="200" rm="OK" tn="Buyers 1-1" dt="text">
    <assertionResult><name>a</name><failure>true</failure><error>false</error><failureMessage>no order</failureMessage></assertionResult>
  </httpSample>
</sample>
"""


def test_xml_counts_the_requests_of_a_transaction_and_nothing_inside_them(read: Read) -> None:
    found = read(XML + "</testResults>")
    assert by_name(found) == {"Cart": 1, "Pay": 1}
    assert by_base(found) == {"ok": 1, "error": 1}
    assert found.notes.failures == {"200 OK no order": 1}
    assert {one.what: one.rows for one in found.notes.all_dropped()} == {
        "samples inside a request": 2,
        "sums over requests": 1,
    }


def test_xml_that_breaks_off_gives_what_was_whole(read: Read) -> None:
    found = read(XML + XML.splitlines()[2])
    assert by_name(found) == {"Cart": 1, "Pay": 1}
    assert "breaks off in line" in warned(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (XML + "</testResults>" + XML + "</testResults>", "a second result file begins in line 12"),
        (XML + "</testResults>\n" + XML + "</testResults>", "a second result file begins in line 13"),
        (XML.replace("</sample>", "</simple>"), "damaged in line"),
        ('<!DOCTYPE x [<!ENTITY e "boom">]>' + XML[39:] + "</testResults>", "holds what no result file needs"),
    ],
)
def test_xml_that_cannot_be_read_says_where(read: Read, text: str, said: str) -> None:
    with pytest.raises(ResultError, match=said):
        read(text)


def test_old_xml_spelt_its_attributes_out(read: Read) -> None:
    found = read(
        '<testResults><sampleResult timeStamp="1764345600000" time="90" label="Home" success="true" responseCode="200" '
        'responseMessage="OK" threadName="T 1-1"/></testResults>'
    )
    assert by_name(found) == {"Home": 1}


def test_own_names_are_said_in_a_map(read: Read) -> None:
    steps = StepsFile.model_validate(
        {
            "step": [{"name": "checkout.payment", "request": "Pay*"}],
            "journey": [{"name": "native_checkout", "group": "Browsers"}],
        }
    )
    found = read(HEADER + row(label="Pay [card]") + row(label="Wait"), steps=steps)
    assert [(one.name.name, one.step, one.journey) for one in found.mapped] == [
        ("Pay [card]", "checkout.payment", "native_checkout"),
        ("Wait", None, "native_checkout"),
    ]
    assert found.taken == 1
