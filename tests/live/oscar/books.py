"""The shop's books as CSV, in the columns of docs/audit.md, for those who hold the token."""

import csv
from functools import wraps

from django.conf import settings
from django.http import HttpResponse, HttpResponseForbidden
from oscar.apps.order.models import Order
from oscar.apps.partner.models import StockRecord
from oscar.apps.voucher.models import Voucher

_STATUS = {"Paid": "paid", "Cancelled": "failed"}


def _book(*columns):
    """A view that tells rows under these columns."""

    def of(rows):
        @wraps(rows)
        def view(request):
            if request.headers.get("Authorization") != f"Bearer {settings.BOOKS_TOKEN}":
                return HttpResponseForbidden("the books are not for everybody")
            answer = HttpResponse(content_type="text/csv; charset=utf-8")
            table = csv.DictWriter(answer, columns)
            table.writeheader()
            table.writerows(rows())
            return answer

        return view

    return of


@_book(
    *("order_id", "email", "at", "status", "total", "currency", "items", "discount", "shipping", "tax"),
    *("codes", "region", "shipped_by", "variant", "quantity", "price"),
)
def orders():
    told = Order.objects.select_related("shipping_address").prefetch_related("lines", "discounts").order_by("pk")
    for order in told:
        lines = list(order.lines.all())
        full = sum(line.line_price_before_discounts_excl_tax for line in lines)
        head = {
            "order_id": order.number,
            "email": order.guest_email,
            "at": order.date_placed.isoformat(),
            "status": _STATUS[order.status],
            "total": order.total_incl_tax,
            "currency": order.currency,
            "items": full,
            "discount": full - sum(line.line_price_excl_tax for line in lines),
            "shipping": order.shipping_excl_tax,
            "tax": order.total_incl_tax - order.total_excl_tax,
            "codes": " ".join(sorted({one.voucher_code for one in order.discounts.all() if one.voucher_code})),
            "region": order.shipping_address.country_id if order.shipping_address else "",
            "shipped_by": order.shipping_code,
        }
        for line in lines:
            price = line.unit_price_excl_tax
            yield {**head, "variant": line.product_id, "quantity": line.quantity, "price": price}
            head = {"order_id": order.number}


@_book("variant", "units", "initial")
def stock():
    for record in StockRecord.objects.order_by("product_id"):
        # Nothing is shipped in a rehearsal, so what is sold stays allocated and the stock is what it was.
        sold = record.num_allocated or 0
        yield {"variant": record.product_id, "units": record.num_in_stock - sold, "initial": record.num_in_stock}


@_book("code", "limit", "used")
def coupons():
    for voucher in Voucher.objects.prefetch_related("offers").order_by("code"):
        most = [offer.max_global_applications for offer in voucher.offers.all() if offer.max_global_applications]
        single = [1] if voucher.usage == Voucher.SINGLE_USE else []
        yield {"code": voucher.code, "limit": min(most + single, default=""), "used": voucher.num_orders}
