"""Asking Redsys what became of an order: its SOAP service, which takes and gives XML inside XML.

Request: `<cadenaXML>` with `<Messages><Version Ds_Version="0.0"><Message><Transaction>` (or `<Monitor>`, for every
type of operation) naming Ds_MerchantCode, Ds_Terminal and Ds_Order, then `<Signature>` over the text of the `Version`
element and `<SignatureVersion>`.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import unquote_plus
from xml.sax.saxutils import escape

from starlette.routing import Route

from doorbuster.staging.redsys.acquirer import Acquirer, Operation
from doorbuster.staging.redsys.answer import parameters_of
from doorbuster.staging.redsys.signature import TEST_SECRET, VERSIONS, is_signed
from doorbuster.staging.web import Call, Counter, Endpoint, Reply

_XML = ((b"content-type", b"text/xml; charset=utf-8"),)
_ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    "<consultaOperacionesResponse><consultaOperacionesReturn>{}</consultaOperacionesReturn>"
    "</consultaOperacionesResponse></soapenv:Body></soapenv:Envelope>"
)
_SHOWN = ("Ds_MerchantCode", "Ds_Terminal", "Ds_Order", "Ds_TransactionType", "Ds_Date", "Ds_Hour", "Ds_Amount")
_SHOWN_LAST = ("Ds_Currency", "Ds_SecurePayment", "Ds_Response", "Ds_AuthorisationCode")


@dataclass(frozen=True)
class Query:
    """`consultaOperaciones` of SerClsWSConsulta."""

    counter: Counter
    acquirer: Acquirer

    def answer(self, call: Call) -> Reply:
        """POST /apl02/services/SerClsWSConsulta. Errors are answers too, with HTTP 200."""
        text = html.unescape(call.body.decode("utf-8", "replace"))
        version = re.search(r"<Version .*?</Version>", text, re.S)
        named = dict(re.findall(r"<(\w+)>([^<]*)</\1>", text))
        order, terminal = named.get("Ds_Order", ""), named.get("Ds_Terminal", "")
        if version is None or not order or not terminal.isdecimal():
            return _reply(_error("XML0001"))
        scheme = named.get("SignatureVersion", "")
        if scheme not in VERSIONS or not is_signed(scheme, TEST_SECRET, order, version[0], named.get("Signature", "")):
            return _reply(_error("XML0023"))
        kind = named.get("Ds_TransactionType")
        found = [
            operation
            for operation in self.acquirer.operations(named.get("Ds_MerchantCode", ""), terminal, order)
            if kind in (None, operation.request.kind)
        ]
        return _reply("".join(map(_response, found)) or _error("XML0024"))

    def route(self) -> Route:
        endpoint = Endpoint(self.counter, self.answer, "gateway.read", lambda refusal: _envelope(_error(refusal.code)))
        return Route("/apl02/services/SerClsWSConsulta", endpoint, methods=["POST"])


def _reply(message: str) -> Reply:
    return Reply(_envelope(message), headers=_XML)


def _envelope(message: str) -> bytes:
    inner = f'<Messages><Version Ds_Version="0.0"><Message>{message}</Message></Version></Messages>'
    return _ENVELOPE.format(escape(inner)).encode()


def _error(code: str) -> str:
    return f"<ErrorMsg><Ds_ErrorCode>{escape(code)}</Ds_ErrorCode></ErrorMsg>"


def _response(operation: Operation) -> str:
    said = parameters_of(operation)
    rows = {**{name: said[name] for name in _SHOWN}, "Ds_State": "F", **{name: said[name] for name in _SHOWN_LAST}}
    inner = "".join(f"<{name}>{escape(unquote_plus(value))}</{name}>" for name, value in rows.items())
    return f'<Response Ds_Version="0.0">{inner}</Response>'
