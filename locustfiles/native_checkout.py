"""Buys through the shop's own checkout. A quick look:

locust -f locustfiles/native_checkout.py --host http://127.0.0.1:8000 -u 5
"""

from doorbuster.swarm.user import ShopperUser


class NativeBuyer(ShopperUser):
    journey = "native_checkout"
