"""The rehearsal itself: locust -f locustfiles/peak.py --headless --scenario smoke --host http://127.0.0.1:8000"""

from doorbuster.swarm.locustfile import rehearse_under_locust
from doorbuster.swarm.user import ShopperUser


class PeakShopper(ShopperUser):
    """Comes when the curve says and walks the journey that the plan deals; edit to add what your shop needs."""


rehearse_under_locust(PeakShopper)
