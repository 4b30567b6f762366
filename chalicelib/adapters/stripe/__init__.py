"""Stripe: asking (`asking`), reading (`reading`), refusals (`answering`), and the call (`sdk`)."""
