"""Redsys, as Spanish shops know it: the redirect form, the REST calls, the notification, and a query by order."""
