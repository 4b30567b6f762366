"""The JSON edge: one module per noun; `BLUEPRINTS` lists their blueprints with URL prefixes."""

from __future__ import annotations

from chalicelib.api import (
    access_tokens,
    api_clients,
    audits,
    businesses,
    customer_payments,
    customers,
    disputes,
    dunning_policies,
    groups,
    health,
    imports,
    invoices,
    ledger,
    openapi,
    payment_lists,
    payment_methods,
    payments,
    portal,
    searching,
    setup_sessions,
    statements,
    stripe_account,
    subscriptions,
    taken_payments,
    tenants,
    test_clocks,
    users,
    webhooks,
)
from chalicelib.api.answering import in_problem_form

NOUNS = (
    tenants,
    businesses,
    stripe_account,
    users,
    api_clients,
    access_tokens,
    customers,
    customer_payments,
    taken_payments,
    dunning_policies,
    payment_methods,
    setup_sessions,
    subscriptions,
    invoices,
    groups,
    imports,
    payments,
    payment_lists,
    disputes,
    searching,
    statements,
    audits,
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
