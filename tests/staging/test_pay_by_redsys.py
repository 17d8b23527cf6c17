"""A shop pays by Redsys: by redirect and by REST, hears of it, asks about it, and is refused what Redsys refuses."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest
from listening_shop import ListeningShop
from redsys_client import RedsysClient, one_bit_off, read, read_form, signed_fields
from staging_mall import Mall

from doorbuster.staging.redsys.signature import SHA256, SHA512, TEST_SECRET

OK, KO = "http://shop.test/ok?lang=es", "http://shop.test/ko"
DECLINED = "4000000000000002"


@pytest.fixture
def redsys(gateway: httpx.Client) -> RedsysClient:
    return RedsysClient(gateway)


def sent_on(page: str) -> tuple[str, dict[str, Any]]:
    """Where the page sends the shopper by itself, and the parameters it takes along."""
    action = re.search(r'<form id="on" method="get" action="([^"]+)">', page)
    assert action and 'getElementById("on").submit()' in page
    return html.unescape(action[1]), read(dict(re.findall(r'name="([^"]+)" value="([^"]+)"', page)))


def code_on(page: str) -> str:
    found = re.search(r'<p id="code">(\w+)</p>', page)
    assert found and "<form" not in page
    return found[1]


@pytest.mark.parametrize("version", [SHA256, SHA512])
def test_by_redirect(redsys: RedsysClient, mall: Mall, listener: ListeningShop, version: str) -> None:
    fields = signed_fields("1000abcd", version, MERCHANTDATA="i-1", MERCHANTURL=f"{listener.url}/n", URLOK=OK, URLKO=KO)
    target, said = sent_on(redsys.page(fields))
    assert target == OK
    assert (said["Ds_Response"], said["Ds_Amount"], said["Ds_MerchantData"]) == ("0000", "2599", "i-1")
    assert re.fullmatch(r"\d{6}", said["Ds_AuthorisationCode"])
    (heard,) = listener.wait_for(1)
    assert heard.path == "/n" and read_form(heard.body) == said
    assert heard.headers["Content-Type"] == "application/x-www-form-urlencoded"
    for kind in ("authorised", "captured"):
        (fact,) = mall.facts("gateway", kind)
        assert (fact["intent"], fact["order_id"], fact["amount_minor"], fact["currency"]) == (
            "i-1",
            "1000abcd",
            2599,
            "EUR",
        )


def test_a_declined_card_goes_to_urlko_and_its_order_number_is_spent(
    redsys: RedsysClient, mall: Mall, listener: ListeningShop
) -> None:
    told = {"MERCHANTURL": listener.url, "URLOK": OK, "URLKO": KO}
    target, said = sent_on(redsys.page(signed_fields("1001", **told, PAN=DECLINED)))
    assert (target, said["Ds_Response"], said["Ds_AuthorisationCode"].strip()) == (KO, "0190", "")
    assert code_on(redsys.page(signed_fields("1001", **told))) == "SIS0051"
    refused = [read_form(heard.body) for heard in listener.wait_for(2)][-1]
    assert (refused["Ds_Response"], refused["Ds_ErrorCode"]) == ("0913", "SIS0051")
    assert [len(mall.facts("gateway", kind)) for kind in ("declined", "authorised", "captured")] == [1, 0, 0]


@pytest.mark.parametrize("version", [SHA256, SHA512])
def test_by_rest_as_json_or_as_a_form(redsys: RedsysClient, mall: Mall, version: str) -> None:
    begun = redsys.rest(signed_fields("1002", version), "iniciaPeticionREST")
    assert begun["Ds_EMV3DS"]["protocolVersion"] == "NO_3DS_v2" and mall.facts("gateway", "captured") == []
    assert redsys.rest(signed_fields("1002", version))["Ds_Response"] == "0000"
    as_form = redsys.http.post("/sis/rest/trataPeticionREST", data=signed_fields("1003", version)).json()
    assert read(as_form)["Ds_Response"] == "0000"
    assert redsys.rest(signed_fields("1002", version, AMOUNT="1")) == {"errorCode": "SIS0051"}
    assert len(mall.facts("gateway", "captured")) == 2


def test_held_confirmed_given_back(redsys: RedsysClient, mall: Mall) -> None:
    def ask(order: str, kind: str, amount: str = "2599", **more: str) -> str:
        answer = redsys.rest(signed_fields(order, TRANSACTIONTYPE=kind, AMOUNT=amount, **more))
        return str(answer.get("errorCode") or answer["Ds_Response"])

    assert [ask("2000", kind) for kind in "239"] == ["SIS0059", "SIS0054", "SIS0225"]
    assert [ask("2000", "1"), ask("2000", "3"), ask("2000", "2", "2600")] == ["0000", "SIS0056", "SIS0062"]
    assert ask("2000", "2", CURRENCY="840") == "SIS0058"
    assert [ask("2000", "2", "2000"), ask("2000", "2"), ask("2000", "9")] == ["0900", "SIS0060", "SIS0222"]
    assert [ask("2000", "3", "1500"), ask("2000", "3", "501"), ask("2000", "3", "500")] == ["0900", "SIS0057", "0900"]
    assert [ask("2001", "1"), ask("2001", "9"), ask("2001", "9"), ask("2001", "2")] == [
        "0000",
        "0400",
        "SIS0222",
        "SIS0061",
    ]
    assert [ask("2002", "1", PAN=DECLINED), ask("2002", "2"), ask("2002", "9")] == ["0190", "SIS0061", "SIS0223"]
    assert [fact["amount_minor"] for fact in mall.facts("gateway", "captured")] == [2000]
    assert [fact["amount_minor"] for fact in mall.facts("gateway", "refunded")] == [1500, 500]
    assert [fact["order_id"] for fact in mall.facts("gateway", "voided")] == ["2001"]


@pytest.mark.parametrize("version", [SHA256, SHA512])
def test_a_signature_one_bit_off_and_a_changed_amount_are_refused(
    redsys: RedsysClient, mall: Mall, version: str
) -> None:
    good = signed_fields("3000", version)
    changed = {**good, "Ds_MerchantParameters": signed_fields("3000", version, AMOUNT="1")["Ds_MerchantParameters"]}
    for wrong in ({**good, "Ds_Signature": one_bit_off(good["Ds_Signature"])}, changed):
        assert redsys.rest(wrong) == {"errorCode": "SIS0042"}
        assert code_on(redsys.page(wrong)) == "SIS0042"
    assert redsys.rest({**good, "Ds_SignatureVersion": SHA256 if version == SHA512 else SHA512}) == {
        "errorCode": "SIS0042"
    }
    assert mall.facts("gateway", "authorised") == []
    assert redsys.rest(good)["Ds_Response"] == "0000"  # a refused order number is not spent


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Ds_SignatureVersion": "HMAC_SHA1"}, "SIS0429"),
        ({"Ds_MerchantParameters": "%%%"}, "SIS0430"),
        ({"Ds_MerchantParameters": "bm8ganNvbg"}, "SIS0431"),
        ({"Ds_MerchantParameters": "e30"}, "SIS0434"),
        (signed_fields("3100", MERCHANTCODE=""), "SIS0432"),
        (signed_fields("3100", TERMINAL="x"), "SIS0433"),
        (signed_fields("abcd"), "SIS0014"),
        (signed_fields("31"), "SIS0014"),
        (signed_fields("3100", AMOUNT=""), "SIS0018"),
        (signed_fields("3100", AMOUNT="25.99"), "SIS0019"),
        (signed_fields("3100", CURRENCY=""), "SIS0015"),
        (signed_fields("3100", CURRENCY="000"), "SIS0027"),
        (signed_fields("3100", TRANSACTIONTYPE=""), "SIS0022"),
        (signed_fields("3100", TRANSACTIONTYPE="Z"), "SIS0023"),
    ],
)
def test_every_mistake_has_its_code(redsys: RedsysClient, fields: dict[str, str], code: str) -> None:
    assert redsys.rest({**signed_fields("3100"), **fields}) == {"errorCode": code}


def test_asked_by_order(redsys: RedsysClient) -> None:
    redsys.rest(signed_fields("4000", TRANSACTIONTYPE="1"))
    redsys.rest(signed_fields("4000", TRANSACTIONTYPE="2", AMOUNT="2000"))
    for version in (SHA256, SHA512):
        said = html.unescape(redsys.ask("4000", version=version))
        found = re.findall(r"<Ds_TransactionType>(.).+?<Ds_Amount>(\d+).+?<Ds_State>F</.+?<Ds_Response>(\d{4})<", said)
        assert found == [("1", "2599", "0000"), ("2", "2000", "0900")]
    assert html.unescape(redsys.ask("4000", "2")).count("<Response ") == 1
    assert "<Ds_ErrorCode>XML0024<" in html.unescape(redsys.ask("4001"))
    wrong_secret = "Mk9m98IfEblmPfrpsawt7BmxObt98Jev"
    assert wrong_secret != TEST_SECRET
    assert "<Ds_ErrorCode>XML0023<" in html.unescape(redsys.ask("4000", secret=wrong_secret))
    empty = redsys.http.post("/apl02/services/SerClsWSConsulta", content="<x/>").text
    assert "XML0001" in empty
