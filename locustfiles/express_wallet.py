"""Buys from the product page with an express wallet. A quick look:

locust -f locustfiles/express_wallet.py --host http://127.0.0.1:8000 -u 5
"""

from doorbuster.swarm.user import ShopperUser


class WalletBuyer(ShopperUser):
    journey = "express_wallet"
