import oscar.apps.partner.apps as oscars


class PartnerConfig(oscars.PartnerConfig):
    name = "shop.partner"
