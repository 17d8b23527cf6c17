"""When somebody may be written to: by day, where they are."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from doorbuster.staging.books import Cart

FROM_HOUR: Final = 9
UNTIL_HOUR: Final = 21
OWN_ZONE: Final = "Europe/Madrid"
"""The shop's: for who tells nothing of where they are."""
# One zone a country, that of most of its people: a postal code would tell more, and few shops ask it.
ZONES: Final = {
    "AU": "Australia/Sydney",
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "IN": "Asia/Kolkata",
    "JP": "Asia/Tokyo",
    "MX": "America/Mexico_City",
    "PT": "Europe/Lisbon",
    "US": "America/New_York",
}


def zone_of(cart: Cart) -> str:
    """Name of the shopper's time zone: by the delivery address, else by a country in the e-mail's domain."""
    country = str((cart.address or {}).get("country", "")).upper()
    return ZONES.get(country) or _zone_of_domain((cart.email or "").rpartition("@")[2])


@cache
def _zone_of_domain(domain: str) -> str:
    """A country's label anywhere in the domain, as in `shopper@pt.example`."""
    named = (ZONES.get(label.upper()) for label in reversed(domain.split(".")))
    return next((zone for zone in named if zone), OWN_ZONE)


def by_day(at_s: float, zone: str) -> float:
    """The moment itself where it is day in that zone, else the next morning there; seconds of unix time."""
    there = datetime.fromtimestamp(at_s, ZoneInfo(zone))
    if FROM_HOUR <= there.hour < UNTIL_HOUR:
        return at_s
    morning = there.date() + timedelta(days=there.hour >= UNTIL_HOUR)
    return datetime.combine(morning, time(FROM_HOUR), there.tzinfo).timestamp()
