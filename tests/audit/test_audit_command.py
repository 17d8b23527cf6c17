"""`doorbuster audit` as people use it: on a run, on one that broke promises, with a shop's own exports, with bad ones."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from doorbuster.analysis.release import judge_release
from doorbuster.audit.exports import Exports
from doorbuster.promises import NAMES
from doorbuster.promises.fact import Fact
from doorbuster.promises.rows import read_order
from doorbuster.record.directory import RunDirectory
from tests.conftest import ROOT, Doorbuster
from tests.promises.day import SECOND_US, SPOILT, Day, clean_day, fact

STARTED = "2026-11-27T20:00:00Z"
BASELINE = ROOT / "analysis/baselines/smoke-last-year"


def spoilt(*hows: str) -> Day:
    day = clean_day(8)
    sales = [SPOILT[how][0](sale) for how, sale in zip(hows, day.sales, strict=False)]
    return replace(day, sales=(*sales, *day.sales[len(hows) :]))


def make_run(folder: Path, facts: Iterable[Fact], **info: Any) -> Path:
    """A run directory with these facts and a session for each buyer."""
    run = folder / "run"
    shutil.copytree(BASELINE, run)
    for table in ("facts", "sessions"):
        shutil.rmtree(run / f"{table}.parquet")
    directory = RunDirectory(run)
    read_back = {"done": True, "why": None}
    directory.update_run(
        **{"id": "run", "started_at": STARTED, "complete": True, "closed": True, "read_back": read_back, **info}
    )
    listed = [fact._asdict() for fact in facts]
    for table in ("facts", "sessions"):
        directory.table_path(table).mkdir()
    directory.write_rows("facts", listed, "0")
    buyers = [
        {"session": number, "journey": "native_checkout" if number % 2 else "express_wallet", "intent": f"i{number}", "due_us": 0,
         "started_us": 0, "ended_us": 1, "outcome": "ok", "last_step": "home", "products": [], "patience_s": 1.0, "worker": "w"}
        for number in range(1, 9)
    ]  # fmt: skip
    directory.write_rows("sessions", buyers, "0")
    return run


def untouched(run: Path) -> dict[str, bytes]:
    own = ("audit.json", "audit.parquet")
    return {
        str(path): path.read_bytes()
        for path in run.rglob("*")
        if path.is_file() and path.relative_to(run).parts[0] not in own
    }


def test_a_sound_run_ends_with_0_and_writes_its_own_two_outputs_alone(tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = make_run(tmp_path, clean_day(8).facts())
    before = untouched(run)
    said = doorbuster("audit", run)
    assert said.returncode == 0, said.stderr + said.stdout
    assert said.stdout.startswith(f"Audit: 0 promises broken, 0 cannot be told, {len(NAMES)} kept\n")
    assert untouched(run) == before
    written = json.loads((run / "audit.json").read_text())
    assert (written["verdict"], written["exit_code"], len(written["promises"])) == ("PASS", 0, len(NAMES))
    assert len(pd.read_parquet(run / "audit.parquet")) == 0


def test_a_broken_promise_is_said_with_people_money_ids_minute_and_journey(
    tmp_path: Path, doorbuster: Doorbuster
) -> None:
    run = make_run(tmp_path, spoilt("charged without an order", "event lost", "charged without an order").facts())
    for _ in range(2):  # again, over what the first one wrote
        said = doorbuster("audit", run)
        assert said.returncode == 1, said.stderr
    assert "BROKEN  2 shoppers were charged without an order (59.76 EUR); 8 charges checked" in said.stdout
    assert "native_checkout 2; minute 0" in said.stdout
    assert "0 min 03 s  native_checkout, session 3, intent i3, p3: charged without an order, 29.88 EUR" in said.stdout
    rows = pd.read_parquet(run / "audit.parquet")
    charged = rows[rows.promise == "charged only for an order"]
    assert charged[["session", "intent", "minute", "amount_minor"]].to_numpy().tolist() == [
        [1, "i1", 0, 2988],
        [3, "i3", 0, 2988],
    ]
    assert rows[rows.promise == "one purchase event per order"].order_id.tolist() == ["o2"]
    assert json.loads((run / "audit.json").read_text())["promises"][0]["money_minor"] == {"EUR": 5976}


def test_the_gate_says_what_the_audit_says(tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = make_run(tmp_path, spoilt("never paid", "charged twice").facts())
    audited = {one["promise"]: one for one in _audit_of(run, doorbuster)["promises"]}
    release = judge_release([run])
    assert {entry.name: entry.sentence for entry in release.verdict.promises} == {
        name: one["sentence"] for name, one in audited.items()
    }
    optional = {entry.name for entry in release.verdict.promises if not entry.required}
    assert optional == {"latency steady over the run", "latency even across carts"}


def gate_file(folder: Path, promises: str) -> Path:
    file = folder / "gate.toml"
    file.write_text('[[objective]]\nstep = "*"\nmetric = "error_rate"\nmax = 1.0\n' + promises)
    return file


def test_a_shop_says_which_promises_may_stay_untold(tmp_path: Path, doorbuster: Doorbuster) -> None:
    unheard = [one for one in clean_day(8).facts() if one.witness != "analytics"]
    run = make_run(tmp_path, unheard)
    untold = [one["promise"] for one in _audit_of(run, doorbuster)["promises"] if one["kept"] is None]
    assert len(untold) == 4
    assert doorbuster("audit", run).returncode == 3
    file = gate_file(tmp_path, f"[promises]\noptional = {json.dumps(untold)}\n")
    assert doorbuster("audit", run, "--gate", file).returncode == 0
    entries = {entry.name: entry.required for entry in judge_release([run], gate_file=file).verdict.promises}
    assert {name for name, required in entries.items() if not required} == set(untold)
    file = gate_file(tmp_path, f"[promises]\noptional = {json.dumps(untold[1:])}\n")
    assert doorbuster("audit", run, "--gate", file).returncode == 3


def test_an_optional_promise_that_is_broken_fails_all_the_same(tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = make_run(tmp_path, spoilt("charged twice").facts())
    file = gate_file(tmp_path, '[promises]\noptional = ["one charge per intent"]\n')
    assert doorbuster("audit", run, "--gate", file).returncode == 1


def test_the_numbers_promised_are_the_gate_files(tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = make_run(tmp_path, clean_day(8).facts())
    assert doorbuster("audit", run).returncode == 0
    file = gate_file(tmp_path, "[promises.limits]\nevent_within_s = 0.1\n")
    said = doorbuster("audit", run, "--gate", file)
    assert said.returncode == 1
    assert "8 purchase events before the payment or more than 0.1 s after it" in said.stdout


def test_gate_and_report_believe_a_shops_export(tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = make_run(tmp_path, clean_day(8).facts())
    payments = tmp_path / "payments.csv"
    payments.write_text("payment_id,order_id,status,amount,currency\np1,o1,captured,29.88,EUR\np9,o99,captured,5,EUR\n")
    doorbuster("gate", run, "--payments", payments)
    promises = {one["name"]: one["sentence"] for one in json.loads((run / "verdict.json").read_text())["promises"]}
    assert promises["charged only for an order"].startswith("1 shopper was charged without an order (5.00 EUR)")
    assert doorbuster("report", run, "--payments", payments).returncode == 0
    assert "1 shopper was charged without an order (5.00 EUR)" in (run / "report.html").read_text()
    twice = doorbuster("gate", run, make_run(tmp_path / "other", clean_day(9).facts()), "--payments", payments)
    assert twice.returncode == 2 and "judge the runs one by one" in twice.stderr


def _audit_with(run: Path, doorbuster: Doorbuster, *options: object) -> list[dict[str, Any]]:
    said = doorbuster("audit", run, *options)
    assert said.returncode < 2, said.stderr + said.stdout
    return list(json.loads((run / "audit.json").read_text())["promises"])


def _audit_of(run: Path, doorbuster: Doorbuster) -> dict[str, Any]:
    doorbuster("audit", run)
    return dict(json.loads((run / "audit.json").read_text()))


@pytest.mark.parametrize(
    ("info", "code", "says"),
    [
        ({"complete": False, "stopped_because": "Ctrl-C"}, 4, "INVALID: the run did not reach its end: Ctrl-C"),
        ({"closed": False}, 4, "INVALID: the run was cut off"),
        (
            {"read_back": {"done": False, "why": "shop down"}},
            3,
            "cannot tell, the shop's books were not read back (shop down)",
        ),
    ],
)
def test_a_run_that_cannot_be_audited_is_neither_kept_nor_broken(
    info: dict[str, Any], code: int, says: str, tmp_path: Path, doorbuster: Doorbuster
) -> None:
    said = doorbuster("audit", make_run(tmp_path, clean_day(8).facts(), **info))
    assert said.returncode == code, said.stdout + said.stderr
    assert says in said.stdout


def test_who_cannot_tell_for_a_reason_of_its_own_says_that_one(tmp_path: Path, doorbuster: Doorbuster) -> None:
    said = doorbuster("audit", make_run(tmp_path, [], read_back={"done": False, "why": "shop down"}))
    assert "stock is never oversold: cannot tell, the shop's books were not read back (shop down)" in said.stdout
    steady = next(line for line in said.stdout.splitlines() if "latency steady over the run" in line)
    assert "books" not in steady  # the run itself is its witness


def test_a_witness_nobody_read_is_exit_code_3(tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = make_run(tmp_path, [fact for fact in clean_day(8).facts() if fact.witness != "gateway"])
    said = doorbuster("audit", run)
    assert said.returncode == 3
    assert "cannot tell, the payment gateway's books were not read" in said.stdout


@pytest.mark.parametrize("damage", ["no folder", "no run", "facts"])
def test_what_cannot_be_read_is_one_line_and_exit_code_2(damage: str, tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = tmp_path / "nowhere"
    if damage == "no run":
        run.mkdir()
    if damage == "facts":
        run = make_run(tmp_path, clean_day().facts())
        next((run / "facts.parquet").iterdir()).write_bytes(b"PAR1 cut off")
    said = doorbuster("audit", run)
    assert said.returncode == 2
    assert len(said.stderr.strip().splitlines()) == 1
    assert not (run / "audit.json").exists()


EXAMPLES = dict(re.findall(r"`(\w+\.csv)`:\n+```csv\n(.+?)```", (ROOT / "docs/audit.md").read_text(), re.S))


def write_examples(folder: Path, **other: str) -> list[object]:
    arguments: list[object] = []
    for name in ("orders", "payments", "events"):
        (folder / f"{name}.csv").write_text(other.get(name, EXAMPLES[f"{name}.csv"]))
        arguments += [f"--{name}", folder / f"{name}.csv"]
    return arguments


def test_the_documented_exports_stand_in_for_books_that_nobody_could_read(
    tmp_path: Path, doorbuster: Doorbuster
) -> None:
    run = make_run(tmp_path, [], read_back={"done": False, "why": "no such interface"})
    before = untouched(run)
    said = doorbuster("audit", run, *write_examples(tmp_path))
    assert said.returncode == 1, said.stderr + said.stdout
    assert "1 shopper was charged without an order (18.90 EUR)" in said.stdout
    assert "1 order not told to analytics as promised: 1 without a purchase event (67.66 EUR)" in said.stdout
    assert "stock is never oversold: cannot tell" in said.stdout
    assert untouched(run) == before
    assert json.loads((run / "audit.json").read_text())["exports"] == {
        name: f"{name}.csv" for name in ("orders", "payments", "events")
    }


def test_an_export_replaces_what_the_run_knows_and_keeps_the_rest(tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = make_run(tmp_path, clean_day(8).facts())
    paid = "\n".join(f"p{number},i{number},captured,29.88,EUR" for number in range(1, 8))
    (tmp_path / "payments.csv").write_text(f"payment_id,intent,status,amount,currency\n{paid}\n")
    said = doorbuster("audit", run, "--payments", tmp_path / "payments.csv")
    assert said.returncode == 1, said.stderr
    assert "1 order went out without payment (29.88 EUR); 8 orders checked" in said.stdout
    assert f"Audit: 1 promise broken, 0 cannot be told, {len(NAMES) - 1} kept" in said.stdout


def test_payments_by_export_leave_the_run_its_outage(tmp_path: Path, doorbuster: Doorbuster) -> None:
    away = [
        fact("gateway", kind, at_us=at_s * SECOND_US, detail={"fault": "gateway_down"})
        for kind, at_s in (("down", 2), ("up", 22))
    ]
    run = make_run(tmp_path, [*clean_day(8).facts(), *away])
    paid = "\n".join(f"p{number},i{number},captured,29.88,EUR" for number in range(1, 9))
    (tmp_path / "payments.csv").write_text(f"payment_id,intent,status,amount,currency\n{paid}\n")
    said = doorbuster("audit", run, "--payments", tmp_path / "payments.csv")
    assert "away for 20 s" in said.stdout, said.stdout + said.stderr
    assert "no payment outage in this run" not in said.stdout


def test_an_export_without_codes_keeps_no_promise_about_them(tmp_path: Path) -> None:
    told = []
    for text in ("order_id,total,currency,codes\n1,2.00,EUR,\n", "order_id,total,currency\n1,2.00,EUR\n"):
        (tmp_path / "orders.csv").write_text(text)
        (_, order) = Exports(orders=tmp_path / "orders.csv").beside((), None)
        told.append(read_order(order).codes)
    assert told == [(), None]


def test_exported_orders_say_where_they_went_and_how(tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = make_run(tmp_path, clean_day(8).facts())
    header = "order_id,intent,total,currency,items,discount,shipping,tax,codes,region,shipped_by,cart,channel,variant\n"
    code, ways = {1: "BF25", 0: ""}, {8: "express"}
    rows = "".join(
        f"o{n},i{n},29.88,EUR,20,0,4.90,4.98,{code[n % 2]},AT,{ways.get(n, 'standard')},c{n},native,hat\n" for n in range(1, 9)
    )  # fmt: skip
    (tmp_path / "orders.csv").write_text(header + rows)
    found = {one["promise"]: one for one in _audit_with(run, doorbuster, "--orders", tmp_path / "orders.csv")}
    assert (found["tax charged in every region"]["kept"], found["tax charged in every region"]["checked"]) == (True, 8)
    assert found["shipping kept"]["sentence"].startswith("1 shopper was promised another way of shipping")
    (order,) = [one for one in Exports(orders=tmp_path / "orders.csv").beside((), None) if one.order_id == "o8"]
    row = read_order(order)
    assert (row.region, row.shipping, row.cart, row.channel) == ("AT", "express", "c8", "native")


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("orders", "order_id,total\n1,2\n", r"orders\.csv, line 1: no column currency"),
        ("orders", "order_id,total,currency\nA,12.345,EUR\n", r'line 2, column total: "12.345" is no amount of EUR'),
        (
            "orders",
            'order_id,total,currency\nA,1,EUR\nB,"1,5",EUR\n',
            r'line 3, column total: "1,5" is no amount; write',
        ),
        ("orders", "order_id,total,currency\n,1,EUR\n", "line 2, column order_id: is empty"),
        (
            "orders",
            "order_id,total,currency,status\nA,1,EUR,payed\n",
            'column status: "payed" is unknown; did you mean "paid"',
        ),
        ("orders", "order_id,total,currency,at\nA,1,EUR,yesterday\n", 'column at: "yesterday" is no time'),
        ("orders", "order_id,total,currency,at\nA,1,EUR,2026-11-27 20:00:05\n", "does not say its offset from UTC"),
        ("orders", "order_id,total,currency\nA,1,EUR\nA,2,EUR\n", "line 3, column total: order A said 1 in line 2"),
        ("orders", "order_id,total,currency,variant,quantity\nA,1,EUR,hat,many\n", "line 2, column quantity"),
        ("orders", 'order_id,total,currency\nA,1,"EUR\n', "unexpected end of data"),
        ("orders", "", "line 1: no column order_id; it is empty"),
        ("payments", "status,amount,currency\ncaptured,1,EUR,x\n", "line 2: 4 cells where the header has 3"),
        ("payments", "status,amount,currency\ntaken,1,EUR\n", 'column status: "taken" is unknown'),
        ("events", "order_id,value,currency\nA,NaN,EUR\n", "line 2, column value"),
    ],
)
def test_a_bad_export_is_one_sentence_with_file_line_and_column(
    name: str, text: str, where: str, tmp_path: Path, doorbuster: Doorbuster
) -> None:
    run = make_run(tmp_path, clean_day().facts())
    said = doorbuster("audit", run, *write_examples(tmp_path, **{name: text}))
    assert said.returncode == 2, said.stdout
    assert re.search(where, said.stderr), said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
    assert not (run / "audit.json").exists()


def test_an_export_that_is_not_there_or_is_no_text(tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = make_run(tmp_path, clean_day().facts())
    assert "no such file" in doorbuster("audit", run, "--orders", tmp_path / "gone.csv").stderr
    (tmp_path / "sheet.csv").write_bytes(b"PK\x03\x04\xff\xfe\x80")
    assert "export it as CSV in UTF-8" in doorbuster("audit", run, "--orders", tmp_path / "sheet.csv").stderr
