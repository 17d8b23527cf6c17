import oscar.apps.checkout.apps as oscars


class CheckoutConfig(oscars.CheckoutConfig):
    name = "shop.checkout"
