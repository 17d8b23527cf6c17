import oscar.apps.shipping.apps as oscars


class ShippingConfig(oscars.ShippingConfig):
    name = "shop.shipping"
