from oscar.apps.partner.models import *  # noqa: F403  (Oscar's way to fork an app)
