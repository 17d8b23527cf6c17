"""Fills a cart and leaves. A quick look:

locust -f locustfiles/cart.py --host http://127.0.0.1:8000 -u 5
"""

from doorbuster.swarm.user import ShopperUser


class CartFiller(ShopperUser):
    journey = "cart"
