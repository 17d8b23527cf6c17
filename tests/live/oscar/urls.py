"""Oscar's own pages, an express button's one call, and the books for those who hold the token."""

from books import coupons, orders, stock
from django.apps import apps
from django.urls import include, path
from express import buy, quote

urlpatterns = [
    path("express/quote/", quote),
    path("express/buy/", buy),
    path("books/orders.csv", orders),
    path("books/stock.csv", stock),
    path("books/coupons.csv", coupons),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include(apps.get_app_config("oscar").urls[0])),
]
