"""How a shopper's browser talks to the shop: own connections and cookies, only to allowed hosts, never raising.

browser is what an adapter calls; it asks options where it may go, cookies what to carry, and a wire, which reads the
reply. All that can go wrong is in failures.
"""

from doorbuster.swarm.transport.browser import Browser
from doorbuster.swarm.transport.failures import PatienceRanOut
from doorbuster.swarm.transport.options import TransportOptions, transport_options

__all__ = ["Browser", "PatienceRanOut", "TransportOptions", "transport_options"]
