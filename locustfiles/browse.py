"""Looks around and leaves. A quick look:

locust -f locustfiles/browse.py --host http://127.0.0.1:8000 -u 5
"""

from doorbuster.swarm.user import ShopperUser


class Browser(ShopperUser):
    journey = "browse"
