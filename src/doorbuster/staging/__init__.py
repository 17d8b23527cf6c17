"""A staging environment on a laptop: shop, payment gateway and analytics collector, with bugs to switch on by name."""
