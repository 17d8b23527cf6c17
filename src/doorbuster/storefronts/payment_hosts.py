"""Payment services that no rehearsal goes to: behind some is real money, behind the others a sandbox that is shared.

A sandbox is no way out. Redsys's test terminal is one for all merchants, and Stripe asks not to be load tested (25
requests a second in its sandbox, docs.stripe.com/rate-limits). docs/witnesses.md shows a gateway of one's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

PAYMENT_SERVICES: Final[dict[str, tuple[str, ...]]] = {
    "Redsys": ("redsys.es",),  # sis.redsys.es, sis-t.redsys.es:25443: pagosonline.redsys.es
    "Cecabank": ("ceca.es",),  # pgw.ceca.es, tpv.ceca.es:8000: docs.spreedly.com/payment-gateways/cecabank
    "Stripe": ("stripe.com", "stripe.network"),  # api., checkout., js.: docs.stripe.com/api
    "PayPal": ("paypal.com", "paypalobjects.com"),  # api-m., api-m.sandbox.: developer.paypal.com/api/rest
    "Braintree": ("braintreegateway.com", "braintree-api.com"),  # developer.paypal.com/braintree
    "Adyen": ("adyen.com", "adyenpayments.com"),  # docs.adyen.com/development-resources/live-endpoints
    "Klarna": ("klarna.com", "kustom.co"),  # api., api.playground.: docs.klarna.com/api/api-urls
    "Mollie": ("mollie.com",),  # docs.mollie.com/reference
    "Checkout.com": ("checkout.com",),  # api., api.sandbox.: www.checkout.com/docs
    "Square": ("squareup.com", "squareupsandbox.com"),  # developer.squareup.com
    "Authorize.Net": ("authorize.net",),  # api., apitest.: developer.authorize.net/api/reference
    "CyberSource": ("cybersource.com",),  # api., apitest.: developer.cybersource.com
    "Worldpay": ("worldpay.com",),  # access., try.access.: developer.worldpay.com
    "Global Payments": ("globalpay.com", "realexpayments.com", "addonpayments.com"),  # developer.globalpay.com
    "Worldline": ("worldline-solutions.com", "ogone.com", "saferpay.com"),  # docs.direct.worldline-solutions.com
    "Datatrans": ("datatrans.com", "datatrans.ch"),  # docs.datatrans.ch
    "Computop": ("computop-paygate.com",),  # developer.computop.com
    "Payone": ("pay1.de", "payone.com"),  # docs.payone.com
    "Unzer": ("unzer.com",),  # docs.unzer.com
    "Nexi": ("nexi.it", "dibspayment.eu"),  # developer.nexigroup.com
    "PayU": ("payu.com", "payu.in", "payulatam.com"),  # developers.payu.com
    "Razorpay": ("razorpay.com",),  # razorpay.com/docs/api
    "Mercado Pago": ("mercadopago.com",),  # www.mercadopago.com/developers
    "YooKassa": ("yookassa.ru", "yoomoney.ru"),  # yookassa.ru/developers
    "CloudPayments": ("cloudpayments.ru",),  # developers.cloudpayments.ru
    "T-Bank": ("tinkoff.ru", "tbank.ru"),  # securepay.: developer.tbank.ru
    "Sberbank": ("sberbank.ru",),  # securepayments., 3dsec.: securepayments.sberbank.ru/wiki
    "Afterpay": ("afterpay.com", "clearpay.co.uk"),  # developers.afterpay.com
    "Affirm": ("affirm.com",),  # docs.affirm.com
    "Apple Pay": ("apple-pay-gateway.apple.com", "apple-pay-gateway-cert.apple.com"),  # developer.apple.com
    "Google Pay": ("pay.google.com", "payments.google.com"),  # developers.google.com/pay/api
    "Amazon Pay": (
        "pay-api.amazon.com",
        "pay-api.amazon.eu",
        "pay-api.amazon.jp",
    ),  # developer.amazon.com/docs/amazon-pay
}
"""Who, and under which domains. Beside each, whose documentation names the hosts."""

_LIVE_KEY: Final = re.compile(
    # Stripe, Razorpay and Klarna, also within a text; then Adyen's client keys and Mollie's; then Braintree's.
    r"(?s:.*)\b(?:[prs]k_live_|rzp_live_|klarna_live_)\w+(?s:.*)|live_[A-Za-z0-9]{16,}|production_[a-z0-9]{8}_[a-z0-9]{16}"
)


def is_of(host: str, domains: Iterable[str]) -> bool:
    """Whether a host is one of these domains or within one.

    >>> is_of("linen.myshopify.com", ["myshopify.com"]), is_of("notmyshopify.com", ["myshopify.com"])
    (True, False)
    """
    name = "." + host.lower().rstrip(".")
    return any(name.endswith("." + domain) for domain in domains)


def payment_service(host: str) -> str | None:
    """Whose payment service a host belongs to, live or sandbox; None for any other host."""
    return next((name for name, domains in PAYMENT_SERVICES.items() if is_of(host, domains)), None)


def live_keys(options: Mapping[str, Any], under: str = "storefront.options") -> Iterator[str]:
    """Names of the options that hold a key to a live payment account; never its value.

    >>> list(live_keys({"pay": [{"key": "pk_live_51Habc"}], "note": "live_music"}))
    ['storefront.options.pay.0.key']
    """
    for name, value in options.items():
        if isinstance(value, str) and _LIVE_KEY.fullmatch(value.strip()):
            yield f"{under}.{name}"
        elif isinstance(value, Mapping):
            yield from live_keys(value, f"{under}.{name}")
        elif isinstance(value, list | tuple):
            yield from live_keys({str(index): one for index, one in enumerate(value)}, f"{under}.{name}")
