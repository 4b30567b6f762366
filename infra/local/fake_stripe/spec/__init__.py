"""Stripe's OpenAPI document, cut down to what the fake answers with, and how it was cut."""
