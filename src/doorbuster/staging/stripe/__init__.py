"""Stripe, as shops' servers know it: PaymentIntents with their charges and refunds, events, and signed webhooks."""
