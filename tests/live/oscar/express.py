"""An express button: one product, one address, one call; written over Oscar's own classes as its documentation shows."""

import json

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from oscar.apps.address.models import Country
from oscar.apps.basket.models import Basket
from oscar.apps.catalogue.models import Product
from oscar.apps.checkout.calculators import OrderTotalCalculator
from oscar.apps.offer.applicator import Applicator
from oscar.apps.order.models import ShippingAddress
from oscar.apps.order.utils import OrderCreator
from oscar.apps.payment.exceptions import UnableToTakePayment
from oscar.apps.voucher.models import Voucher
from shop.checkout.views import PaymentDetailsView, take
from shop.partner.strategy import Selector
from shop.shipping.repository import Standard


class Refused(Exception):
    """The shop says no; the sentence is for its customer."""


def _filled(request, wish):
    """A basket with the product and the voucher, and what it costs with shipping."""
    basket = Basket.objects.create()
    basket.strategy = Selector().strategy(request)
    product, quantity = Product.objects.get(pk=wish["product"]), int(wish["quantity"])
    available, why = basket.strategy.fetch_for_product(product).availability.is_purchase_permitted(quantity)
    if not available:
        raise Refused(str(why))
    basket.add_product(product, quantity)
    if wish.get("code"):
        voucher = Voucher.objects.filter(code=wish["code"].upper()).first()
        if voucher and voucher.is_active() and voucher.is_available_to_user(AnonymousUser())[0]:
            basket.vouchers.add(voucher)
    Applicator().apply(basket, request.user, request)
    charge = Standard().calculate(basket)
    return basket, charge, OrderTotalCalculator(request).calculate(basket, charge)


def _answered(work):
    @csrf_exempt
    @require_POST
    def view(request):
        try:
            with transaction.atomic():
                return JsonResponse(work(request, json.loads(request.body)))
        except (Refused, UnableToTakePayment, ValueError) as no:
            return JsonResponse({"error": str(no)}, status=409)

    return view


@_answered
def quote(request, wish):
    _, _, total = _filled(request, wish)
    return {"total": str(total.incl_tax), "currency": total.currency}


@_answered
def buy(request, wish):
    basket, charge, total = _filled(request, wish)
    basket.freeze()
    place = wish["address"]
    country = Country.objects.get(iso_3166_1_a2=place.pop("country"))
    address = ShippingAddress.objects.create(country=country, **place)
    placing = PaymentDetailsView(request=request)
    number = placing.generate_order_number(basket)
    take(placing, wish["card"], total, str(number))
    order = OrderCreator().place_order(
        basket, total, Standard(), charge, request.user, address, order_number=number, guest_email=wish["email"]
    )
    placing.save_payment_details(order)
    basket.submit()
    request.session["checkout_order_id"] = order.pk  # the page that shows a session's last order shows this one
    return {"order": str(order.number), "total": str(order.total_incl_tax), "currency": order.currency}
