"""What Redsys says about an operation: the same signed parameters in a REST answer, a redirect and a notification."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote_plus, urlencode
from zoneinfo import ZoneInfo

import orjson

from doorbuster.staging.notifications import Notification
from doorbuster.staging.redsys.acquirer import Operation
from doorbuster.staging.redsys.request import Request
from doorbuster.staging.redsys.signature import TEST_SECRET, encode, sign

_CLOCK: Final = ZoneInfo("Europe/Madrid")
REPEATED: Final = "0913"
"""Ds_Response of an order number that was used before."""


def parameters_of(operation: Operation) -> dict[str, str]:
    """Ds_ parameters of an operation, all text, as Redsys sends them."""
    request = operation.request
    return {
        **_about(request, operation.at_unix_s),
        "Ds_Response": operation.response,
        "Ds_AuthorisationCode": operation.authorisation,
        "Ds_SecurePayment": "0",
        "Ds_Card_Country": "724",
        "Ds_Card_Brand": "1",
    }


def refused_parameters(request: Request, code: str, at_unix_s: float) -> dict[str, str]:
    """Ds_ parameters of a repeated order, which the shop hears of with the SIS code and without an authorisation."""
    return {
        **_about(request, at_unix_s),
        "Ds_Response": REPEATED,
        "Ds_ErrorCode": code,
        "Ds_AuthorisationCode": " " * 6,
        "Ds_SecurePayment": "0",
    }


def _about(request: Request, at_unix_s: float) -> dict[str, str]:
    at = datetime.fromtimestamp(at_unix_s, _CLOCK)
    return {
        # Encoded twice over, as the published notification has them.
        "Ds_Date": quote_plus(f"{at:%d/%m/%Y}"),
        "Ds_Hour": quote_plus(f"{at:%H:%M}"),
        "Ds_Amount": str(request.amount_minor),
        "Ds_Currency": request.currency,
        "Ds_Order": request.order,
        "Ds_MerchantCode": request.merchant,
        "Ds_Terminal": request.terminal,
        "Ds_TransactionType": request.kind,
        "Ds_MerchantData": request.data,
        "Ds_ConsumerLanguage": request.language,
    }


def signed(version: str, order: str, parameters: Mapping[str, object]) -> dict[str, str]:
    """The three fields, signed the way the request was."""
    text = encode(version, orjson.dumps(parameters))
    return {
        "Ds_SignatureVersion": version,
        "Ds_MerchantParameters": text,
        "Ds_Signature": sign(version, TEST_SECRET, order, text),
    }


def notification(request: Request, fields: dict[str, str], payment: str, number: int) -> Notification:
    """The server-to-server message; sent once, a shop that misses it has to ask."""
    return Notification(
        id=f"{payment}-{number}",
        kind=request.kind,
        payment=payment,
        url=request.notify_url,
        body=urlencode(fields).encode(),
        headers=lambda now_unix_s: {"Content-Type": "application/x-www-form-urlencoded"},
    )
