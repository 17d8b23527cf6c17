"""Fills an empty shop: 40 products with stock, a few of them scarce, vouchers, and somewhere to deliver.

python seed.py [UNITS]    units of each product, 100000 unless said
"""

import os
import sys
from datetime import UTC, datetime
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from django.core.management import call_command  # noqa: E402  (Django is set up first)
from oscar.apps.address.models import Country  # noqa: E402
from oscar.apps.catalogue.categories import create_from_breadcrumbs  # noqa: E402
from oscar.apps.catalogue.models import Product, ProductCategory, ProductClass  # noqa: E402
from oscar.apps.offer.models import Benefit, Condition, ConditionalOffer, Range  # noqa: E402
from oscar.apps.partner.models import Partner, StockRecord  # noqa: E402
from oscar.apps.voucher.models import Voucher  # noqa: E402

PRODUCTS = 40
KINDS = ("Linen shirt", "Wool jumper", "Canvas bag", "Silk scarf", "Cotton dress")
COUNTRIES = {"ES": "Spain", "DE": "Germany", "FR": "France", "AT": "Austria", "IT": "Italy"}
VOUCHERS = (
    ("WELCOME10", 10, Voucher.MULTI_USE, None),
    ("FIRST20", 15, Voucher.MULTI_USE, int(os.environ.get("COUPON_LIMIT", "20"))),
    ("ONLYONCE", 20, Voucher.SINGLE_USE, None),
)


def products(units: int, scarce: int) -> None:
    """The last of them is what shoppers collide on."""
    kind = ProductClass.objects.create(name="Clothes", requires_shipping=True, track_stock=True)
    partner = Partner.objects.create(name="Warehouse")
    for number in range(PRODUCTS):
        name = KINDS[number % len(KINDS)]
        category = create_from_breadcrumbs(f"{name}s")
        product = Product.objects.create(
            title=f"{name} {number + 1}", upc=f"upc-{number + 1}", product_class=kind, description=f"A {name.lower()}."
        )
        ProductCategory.objects.create(product=product, category=category)
        StockRecord.objects.create(
            product=product, partner=partner, partner_sku=f"sku-{number + 1}", price_currency="EUR",
            price=Decimal("10.00") + Decimal("1.75") * number, num_in_stock=scarce if number == PRODUCTS - 1 else units,
        )  # fmt: skip


def vouchers() -> None:
    everything = Range.objects.create(name="Everything", includes_all_products=True)
    condition = Condition.objects.create(range=everything, type=Condition.COUNT, value=1)
    for code, percent, usage, most in VOUCHERS:
        benefit = Benefit.objects.create(range=everything, type=Benefit.PERCENTAGE, value=percent)
        offer = ConditionalOffer.objects.create(
            name=f"Offer {code}", offer_type=ConditionalOffer.VOUCHER, condition=condition, benefit=benefit,
            max_global_applications=most,
        )  # fmt: skip
        voucher = Voucher.objects.create(
            name=code, code=code, usage=usage,
            start_datetime=datetime(2020, 1, 1, tzinfo=UTC), end_datetime=datetime(2100, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        voucher.offers.add(offer)


def main() -> None:
    call_command("migrate", verbosity=0)
    for code, name in COUNTRIES.items():
        Country.objects.create(iso_3166_1_a2=code, printable_name=name, name=name.upper(), is_shipping_country=True)
    units = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    products(units, int(os.environ.get("SCARCE_UNITS", units)))
    vouchers()
    call_command("clear_index", interactive=False, verbosity=0)
    call_command("update_index", verbosity=0)


main()
