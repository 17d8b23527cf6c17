"""Oscar takes no payment by itself: here a card number goes with the order, and one number is declined."""

from oscar.apps.checkout import views
from oscar.apps.payment.exceptions import UnableToTakePayment
from oscar.apps.payment.models import Source, SourceType

DECLINED = "4000000000000002"


class PaymentDetailsView(views.PaymentDetailsView):
    def get_context_data(self, **kwargs):
        return super().get_context_data(card=self.request.POST.get("card", ""), **kwargs)

    def handle_payment_details_submission(self, request):
        if not request.POST.get("card", "").isdecimal():
            return self.render_payment_details(request, error="This card number is not valid.")
        return self.render_preview(request)

    def handle_place_order_submission(self, request):
        submission = self.build_submission()
        return self.submit(**{**submission, "payment_kwargs": {"card": request.POST.get("card", "")}})

    def handle_payment(self, order_number, total, **kwargs):
        take(self, kwargs["card"], total, order_number)

    def render_payment_details(self, request, **kwargs):
        kwargs.pop("card", None)
        return super().render_payment_details(request, **kwargs)

    def render_preview(self, request, **kwargs):
        kwargs.pop("card", None)
        return super().render_preview(request, **kwargs)


def take(view, card, total, order_number):
    """Charge at once. Raises UnableToTakePayment, as Oscar asks of a gateway."""
    if card == DECLINED:
        raise UnableToTakePayment("The card was declined.")
    kind, _ = SourceType.objects.get_or_create(name="Card")
    paid = {"amount_allocated": total.incl_tax, "amount_debited": total.incl_tax, "reference": order_number}
    view.add_payment_source(Source(source_type=kind, currency=total.currency, **paid))
    view.add_payment_event("Settled", total.incl_tax, reference=order_number)
