"""A merchant's server that speaks Redsys: three signed fields, by the published key of Redsys's test shops."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import httpx

from doorbuster.staging.redsys.signature import SHA512, TEST_SECRET, decode, encode, is_signed, sign

SALE = {
    "DS_MERCHANT_AMOUNT": "2599",
    "DS_MERCHANT_MERCHANTCODE": "999008881",
    "DS_MERCHANT_CURRENCY": "978",
    "DS_MERCHANT_TRANSACTIONTYPE": "0",
    "DS_MERCHANT_TERMINAL": "1",
}


def signed_fields(order: str, version: str = SHA512, **changed: str) -> dict[str, str]:
    """The three fields of a sale; `changed` by the name after DS_MERCHANT_."""
    parameters = {
        **SALE,
        "DS_MERCHANT_ORDER": order,
        **{f"DS_MERCHANT_{name}": value for name, value in changed.items()},
    }
    text = encode(version, json.dumps(parameters).encode())
    signature = sign(version, TEST_SECRET, order, text)
    return {"Ds_SignatureVersion": version, "Ds_MerchantParameters": text, "Ds_Signature": signature}


def one_bit_off(signature: str) -> str:
    """The same signature but for the last bit of its first byte."""
    content = decode(signature) or b""
    return base64.urlsafe_b64encode(bytes([content[0] ^ 1]) + content[1:]).decode()


def read(fields: dict[str, str]) -> dict[str, Any]:
    """The parameters of an answer whose signature is good, as a shop must check it."""
    parameters = json.loads(decode(fields["Ds_MerchantParameters"]) or b"")
    order = parameters["Ds_Order"]
    sent = (fields["Ds_SignatureVersion"], TEST_SECRET, order, fields["Ds_MerchantParameters"])
    assert is_signed(*sent, fields["Ds_Signature"])
    assert not is_signed(*sent, one_bit_off(fields["Ds_Signature"]))
    return dict(parameters)


def read_form(body: bytes) -> dict[str, Any]:
    return read(dict(parse_qsl(body.decode())))


@dataclass(frozen=True)
class RedsysClient:
    http: httpx.Client

    def rest(self, fields: dict[str, str], call: str = "trataPeticionREST") -> dict[str, Any]:
        """The answer's parameters, or {"errorCode": ...}."""
        answer = self.http.post(f"/sis/rest/{call}", json=fields)
        assert answer.status_code == 200
        return dict(answer.json()) if "errorCode" in answer.json() else read(answer.json())

    def page(self, fields: dict[str, str]) -> str:
        return self.http.post("/sis/realizarPago", data=fields).text

    def ask(self, order: str, kind: str = "", secret: str = TEST_SECRET, version: str = SHA512) -> str:
        """What the query service says about an order: XML."""
        of = (
            f"<Transaction>{{}}<Ds_TransactionType>{kind}</Ds_TransactionType></Transaction>"
            if kind
            else "<Monitor>{}</Monitor>"
        )
        who = f"<Ds_MerchantCode>999008881</Ds_MerchantCode><Ds_Terminal>1</Ds_Terminal><Ds_Order>{order}</Ds_Order>"
        asked = f'<Version Ds_Version="0.0"><Message>{of.format(who)}</Message></Version>'
        signature = sign(version, secret, order, asked)
        messages = f"<Messages>{asked}<Signature>{signature}</Signature><SignatureVersion>{version}</SignatureVersion></Messages>"
        envelope = (
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
            f"<web:consultaOperaciones><cadenaXML><![CDATA[{messages}]]></cadenaXML></web:consultaOperaciones>"
            "</soapenv:Body></soapenv:Envelope>"
        )
        return self.http.post("/apl02/services/SerClsWSConsulta", content=envelope).text
