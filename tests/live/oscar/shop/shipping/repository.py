"""Two ways of shipping, tax included."""

from decimal import Decimal

from oscar.apps.shipping import methods, repository


class Standard(methods.FixedPrice):
    code = "standard"
    name = "Standard"
    charge_excl_tax = Decimal("4.00")
    charge_incl_tax = Decimal("4.80")


class Express(methods.FixedPrice):
    code = "express"
    name = "Express"
    charge_excl_tax = Decimal("10.00")
    charge_incl_tax = Decimal("12.00")


class Repository(repository.Repository):
    methods = (Standard(), Express())
