"""The analytics collector: Google's, Meta's and Klaviyo's events and plain webhooks, in one book."""
