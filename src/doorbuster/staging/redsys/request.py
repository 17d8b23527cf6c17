"""One request to Redsys: three signed fields, read and checked in the order in which Redsys complains about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from doorbuster.staging.redsys.signature import TEST_SECRET, VERSIONS, decode, is_signed
from doorbuster.staging.web import Call, Refusal

CURRENCIES: Final[Mapping[str, str]] = {"978": "EUR", "840": "USD", "826": "GBP", "756": "CHF", "985": "PLN"}
"""ISO 4217 number to letters."""
KINDS: Final = {"0": "payment", "1": "preauthorisation", "2": "confirmation", "3": "refund", "9": "cancellation"}


class SisError(Refusal):
    """Redsys refuses a request and moves no money. The answer is HTTP 200: the code is all that says no."""

    def __init__(self, code: str) -> None:
        super().__init__(200, code, code)


def sis_error(refusal: Refusal) -> dict[str, Any]:
    """A refusal as the REST calls answer it. A fault's 503 has no SIS code and carries its own."""
    return {"errorCode": refusal.code}


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose signature was good."""

    version: str
    merchant: str
    terminal: str
    order: str
    kind: str
    """Redsys's number of the transaction type, a key of KINDS."""
    amount_minor: int
    currency: str
    """ISO 4217, the number."""
    data: str
    """Ds_Merchant_MerchantData, which the shop gets back as it was."""
    language: str
    pan: str
    notify_url: str
    ok_url: str
    ko_url: str


def fields_of(call: Call) -> dict[str, str]:
    """The three fields, from a form or from JSON: Redsys takes both. Raises SisError."""
    if call.header("content-type").startswith("application/json"):
        try:
            content = orjson.loads(call.body)
        except orjson.JSONDecodeError:
            raise SisError("SIS0431") from None
        if not isinstance(content, dict):
            raise SisError("SIS0431")
        return {str(name): str(value) for name, value in content.items()}
    return dict(parse_qsl(call.body.decode("latin-1"), keep_blank_values=True))


def read_request(fields: Mapping[str, str]) -> Request:
    """Read and check the three fields. Raises SisError with the code that Redsys has for what is wrong."""
    version, text = fields.get("Ds_SignatureVersion", ""), fields.get("Ds_MerchantParameters", "")
    if version not in VERSIONS:
        raise SisError("SIS0429")
    content = decode(text)
    if not content:
        raise SisError("SIS0430")
    try:
        parameters = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise SisError("SIS0431") from None
    if not isinstance(parameters, dict):
        raise SisError("SIS0431")
    # Shops write these names in capitals or as Ds_Merchant_Order; Redsys takes both.
    given = {str(name).upper(): str(value) for name, value in parameters.items()}
    get = {name.removeprefix("DS_MERCHANT_"): value for name, value in given.items()}.get
    order = get("ORDER", "")
    if not order:
        raise SisError("SIS0434")
    if not re.fullmatch(r"[0-9]{1,9}", get("MERCHANTCODE", "")):
        raise SisError("SIS0432")
    if not re.fullmatch(r"[0-9]{1,3}", get("TERMINAL", "")):
        raise SisError("SIS0433")
    if not is_signed(version, TEST_SECRET, order, text, fields.get("Ds_Signature", "")):
        raise SisError("SIS0042")
    if not re.fullmatch(r"[0-9]{4}[0-9A-Za-z]{0,8}", order):
        raise SisError("SIS0014")
    return Request(
        version=version,
        merchant=get("MERCHANTCODE", ""),
        terminal=get("TERMINAL", ""),
        order=order,
        kind=_one_of(KINDS, get("TRANSACTIONTYPE", ""), missing="SIS0022", unknown="SIS0023"),
        amount_minor=_amount_minor(get("AMOUNT", "")),
        currency=_one_of(CURRENCIES, get("CURRENCY", ""), missing="SIS0015", unknown="SIS0027"),
        data=get("MERCHANTDATA", ""),
        language=get("CONSUMERLANGUAGE", "1"),
        pan=get("PAN", ""),
        notify_url=get("MERCHANTURL", ""),
        ok_url=get("URLOK", ""),
        ko_url=get("URLKO", ""),
    )


def _one_of(known: Mapping[str, str], given: str, *, missing: str, unknown: str) -> str:
    if not given:
        raise SisError(missing)
    if given not in known:
        raise SisError(unknown)
    return given


def _amount_minor(given: str) -> int:
    if not given:
        raise SisError("SIS0018")
    if not re.fullmatch(r"[0-9]{1,12}", given):
        raise SisError("SIS0019")
    return int(given)
