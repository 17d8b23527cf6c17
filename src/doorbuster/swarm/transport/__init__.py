"""How a shopper's browser talks to the shop: own connections and cookies, only to allowed hosts, never raising.

browser      what an adapter calls: writes the request, follows redirects, keeps cookies
options      where shoppers may go and what they carry there
cookies      the shopper's cookie jar
connections  which connections are open; makes new ones, through a proxy if asked
wire, tls    one connection: send, receive, close; the same over TLS
reply        what came back: parsed, bounded, unpacked
deadlines    one sweeper for all time-outs
failures     what can go wrong, in sentences
"""

from doorbuster.swarm.transport.browser import Browser
from doorbuster.swarm.transport.failures import PatienceRanOut
from doorbuster.swarm.transport.options import TransportOptions, transport_options

__all__ = ["Browser", "PatienceRanOut", "TransportOptions", "transport_options"]
