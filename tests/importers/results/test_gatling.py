"""Gatling logs of five ways to write a record, and the one that is no text."""

from __future__ import annotations

import pytest

from doorbuster.importers.results.refusals import ResultError
from tests.importers.results.conftest import Read, by_base, by_name, by_second, untimed

T = 1764345600000
NEWEST = f"RUN\tshop.Peak\tpeak\t{T}\t \t3.5.1\nUSER\tBuyers\tSTART\t{T}\n"
LOGS = {
    "2.1": f"shop.Peak\tpeak\tRUN\t{T}\t \t2.0\n"
    f"Buyers\t1\tUSER\tSTART\t{T}\t0\n"
    f"Buyers\t1\tREQUEST\t\tHome\t{T}\t{T + 3}\t{T + 80}\t{T + 90}\tOK\t \n"
    f"Buyers\t1\tREQUEST\tpay\tPay\t{T + 1000}\t{T + 1003}\t{T + 1080}\t{T + 1250}\tKO\tstatus.find.is(200), but actually found 503\n"
    f"Buyers\t1\tGROUP\tpay\t{T + 1000}\t{T + 1250}\t250\tKO\n"
    f"Buyers\t1\tUSER\tEND\t{T}\t{T + 2000}\n",
    "2.3": f"RUN\tshop.Peak\tpeak\tpeak\t{T}\t \t2.3\n"
    f"USER\tBuyers\t1\tSTART\t{T}\t{T}\n"
    f"REQUEST\tBuyers\t1\t\tHome\t{T}\t{T + 90}\tOK\t \n"
    f"REQUEST\tBuyers\t1\tpay\tPay\t{T + 1000}\t{T + 1250}\tKO\tstatus.find.is(200), but actually found 503\n"
    f"GROUP\tBuyers\t1\tpay\t{T + 1000}\t{T + 1250}\t250\tKO\n"
    f"USER\tBuyers\t1\tEND\t{T}\t{T + 2000}\n",
    "3.3": f"RUN\tshop.Peak\tpeak\t{T}\t \t3.3.1\n"
    f"USER\tBuyers\t1\tSTART\t{T}\t{T}\n"
    f"REQUEST\t1\t\tHome\t{T}\t{T + 90}\tOK\t \n"
    f"REQUEST\t1\tpay\tPay\t{T + 1000}\t{T + 1250}\tKO\tstatus.find.is(200), but actually found 503\n"
    f"GROUP\t1\tpay\t{T + 1000}\t{T + 1250}\t250\tKO\n"
    f"USER\tBuyers\t1\tEND\t{T}\t{T + 2000}\n",
    "3.5": NEWEST + f"REQUEST\t\tHome\t{T}\t{T + 90}\tOK\t \n"
    f"REQUEST\tpay\tPay\t{T + 1000}\t{T + 1250}\tKO\tstatus.find.is(200), but actually found 503\n"
    f"GROUP\tpay\t{T + 1000}\t{T + 1250}\t250\tKO\nUSER\tBuyers\tEND\t{T + 2000}\n",
}


@pytest.mark.parametrize("version", LOGS)
def test_every_version_says_the_same(read: Read, version: str) -> None:
    found = read(LOGS[version])
    assert by_name(found) == {"Home": 1, "Pay": 1}
    assert by_base(found) == {"ok": 1, "server": 1}
    assert by_second(found) == {T // 1000: 1, T // 1000 + 1: 1}
    assert {one.what: one.rows for one in found.notes.all_dropped()} == {"sums over requests": 1}
    users = [(one.group, one.started_us, one.ended_us) for one in found.notes.visits]
    assert users == ([] if version == "3.5" else [("Buyers", T * 1000, (T + 2000) * 1000)])
    assert {name.group for name in found.counted.names} == ({""} if version == "3.5" else {"Buyers"})


def test_requests_named_ok_or_like_a_number_are_read_by_their_place(read: Read) -> None:
    found = read(NEWEST + f"REQUEST\t\tOK\t{T}\t{T + 9}\tOK\t \nREQUEST\t\t404\t{T}\t{T + 9}\tKO\t \n")
    assert by_name(found) == {"OK": 1, "404": 1}


def test_errors_of_the_script_are_named_and_are_no_requests(read: Read) -> None:
    crashed = f"REQUEST\t\tPay\t{T}\t-9223372036854775808\tKO\tFailed to build request: No attribute named 'cart' is defined\n"
    found = read(
        NEWEST
        + f"REQUEST\t\tHome\t{T}\t{T + 9}\tOK\t \n"
        + f"ERROR\tPay: No attribute named 'cart' is defined\t{T}\n" * 2000
        + crashed
        + f"REQUEST\t\tHome\t{T}\t{T + 9}\tKO\tj.n.ConnectException: Connection refused\n"
    )
    assert by_base(found) == {"ok": 1, "error": 1}
    assert found.notes.script_errors == {
        "Pay: No attribute named 'cart' is defined": 2000,
        "Failed to build request: No attribute named 'cart' is defined": 1,
    }


def test_time_outs_are_waits_in_vain_with_the_time_they_took(read: Read) -> None:
    found = read(
        NEWEST + f"REQUEST\t\tHome\t{T}\t{T + 60000}\tKO\ti.g.h.c.i.RequestTimeoutException: Request timeout to shop\n"
    )
    assert by_base(found) == {"abandoned": 1}
    assert untimed(found) == 0


def test_users_who_never_ended_are_still_inside(read: Read) -> None:
    found = read(LOGS["3.3"].rsplit("USER", 1)[0])
    assert [(one.started_us, one.ended_us) for one in found.notes.visits] == [(T * 1000, None)]


def test_the_binary_log_is_refused_with_its_version(read: Read) -> None:
    with pytest.raises(ResultError, match=r"binary log of Gatling 3\.13\.4, .* missing is the text log"):
        read(b"\x00\x00\x00\x00\x063.13.4\x00\x00\x00\x0bshop.Peak\x01")


def test_a_log_that_is_mostly_something_else_is_refused(read: Read) -> None:
    with pytest.raises(ResultError, match=r"2 of 3 rows are bad .*no record of Gatling's"):
        read(NEWEST + f"REQUEST\t\tHome\t{T}\t{T + 9}\tOK\t \nhello\nREQUEST\t\tHome\tnever\t{T}\tOK\n")
