"""The JSON edge: one module per noun; `BLUEPRINTS` lists their blueprints with URL prefixes."""

from __future__ import annotations

from chalicelib.api import (
    businesses,
    customers,
    dunning_policies,
    health,
    imports,
    invoices,
    ledger,
    openapi,
    payment_methods,
    payments,
    portal,
    setup_sessions,
    subscriptions,
    test_clocks,
    webhooks,
)
from chalicelib.api.answering import in_problem_form

NOUNS = (
    businesses,
    customers,
    dunning_policies,
    payment_methods,
    setup_sessions,
    subscriptions,
    invoices,
    imports,
    payments,
    ledger,
    test_clocks,
    portal,
    webhooks,
    health,
    openapi,
)
# Middleware of a blueprint is the whole app's: it puts Chalice's own refusals into our form.
health.routes.blueprint.register_middleware(in_problem_form, "http")
BLUEPRINTS = tuple((noun.routes.prefix, noun.routes.blueprint) for noun in NOUNS)
