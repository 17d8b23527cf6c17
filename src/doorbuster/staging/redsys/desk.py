"""The doors of Redsys: the page that a shopper is sent to, and the REST calls that a shop makes itself."""

from __future__ import annotations

import html
import time
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.routing import Route

from doorbuster.staging.notifications import Outbox
from doorbuster.staging.payments import captured_late_ms
from doorbuster.staging.redsys.acquirer import Acquirer, Operation, payment_of
from doorbuster.staging.redsys.answer import notification, parameters_of, refused_parameters, signed
from doorbuster.staging.redsys.query import Query
from doorbuster.staging.redsys.request import Request, SisError, fields_of, read_request, sis_error
from doorbuster.staging.web import Call, Counter, Endpoint, Refusal, Reply

_HTML: Final = ((b"content-type", b"text/html; charset=utf-8"),)


@dataclass(frozen=True)
class Desk:
    """Takes requests, has them carried out, and tells the shop."""

    counter: Counter
    acquirer: Acquirer
    outbox: Outbox

    def pay_page(self, call: Call) -> Reply:
        """POST /sis/realizarPago: pay, then a page that sends the shopper on to URLOK or URLKO by itself."""
        request = read_request(fields_of(call))
        operation, fields = self._carry_out(request)
        target = request.ok_url if operation.approved else request.ko_url
        if not target:
            return Reply(_page(f"<p>{'Approved' if operation.approved else 'Declined'}.</p>"), headers=_HTML)
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in fields.items()
        )
        form = (
            f'<form id="on" method="get" action="{html.escape(target)}">{hidden}<button>Continue</button></form>'
            '<script>document.getElementById("on").submit()</script>'
        )
        return Reply(_page(form), headers=_HTML)

    def rest(self, call: Call) -> Reply:
        """POST /sis/rest/trataPeticionREST: the same by a call from server to server."""
        request = read_request(fields_of(call))
        operation, fields = self._carry_out(request)
        late_ms = captured_late_ms(self.counter.faults, payment_of(request)) if operation.captured else 0.0
        return Reply(fields, late_ms=late_ms)

    def begin(self, call: Call) -> Reply:
        """POST /sis/rest/iniciaPeticionREST: what the card can do; here none asks its holder to authenticate."""
        request = read_request(fields_of(call))
        parameters: dict[str, object] = {
            "Ds_Order": request.order,
            "Ds_MerchantCode": request.merchant,
            "Ds_Terminal": request.terminal,
            "Ds_TransactionType": request.kind,
            "Ds_Card_PSD2": "N",
            "Ds_EMV3DS": {"protocolVersion": "NO_3DS_v2", "threeDSInfo": "CardConfiguration"},
        }
        return Reply(signed(request.version, request.order, parameters))

    def _carry_out(self, request: Request) -> tuple[Operation, dict[str, str]]:
        try:
            operation = self.acquirer.carry_out(request)
        except SisError as refused:
            if refused.code == "SIS0051":
                self._tell(request, refused_parameters(request, refused.code, time.time()))
            raise
        parameters = parameters_of(operation)
        self._tell(request, parameters)
        return operation, signed(request.version, request.order, parameters)

    def _tell(self, request: Request, parameters: dict[str, str]) -> None:
        if request.notify_url:
            fields = signed(request.version, request.order, parameters)
            self.outbox.send(notification(request, fields, payment_of(request), self.acquirer.asked))


def _page(content: str) -> bytes:
    return f"<!doctype html><title>Payment</title>{content}".encode()


def _page_error(refusal: Refusal) -> bytes:
    """The page that a shopper is left with; Redsys sends nobody back from an error."""
    return _page(f'<p>The payment cannot be made.</p><p id="code">{html.escape(refusal.code)}</p>')


def routes(counter: Counter, acquirer: Acquirer, outbox: Outbox) -> list[Route]:
    desk = Desk(counter, acquirer, outbox)
    pays = partial(Endpoint, counter, step="gateway.payment")
    rest = "/sis/rest"
    return [
        Route("/sis/realizarPago", pays(desk.pay_page, shape=_page_error), methods=["POST"]),
        Route(f"{rest}/trataPeticionREST", pays(desk.rest, shape=sis_error), methods=["POST"]),
        Route(f"{rest}/iniciaPeticionREST", Endpoint(counter, desk.begin, "gateway.read", sis_error), methods=["POST"]),
        Query(counter, acquirer).route(),
    ]
