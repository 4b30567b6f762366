"""The table of endpoints. What is not in it is refused, not guessed."""

from functools import lru_cache
from typing import Final

from infra.local.fake_stripe import (
    accounts,
    application_fees,
    balance,
    charges,
    checkout,
    customers,
    disputes,
    events,
    files,
    fraud_warnings,
    mandates,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    setup_intents,
    webhook_endpoints,
)
from infra.local.fake_stripe.endpoints import Route, Routes
from infra.local.fake_stripe.errors import FakeStripeRefusal

ROUTES: Final[Routes] = {
    template: route
    for module in (
        accounts, application_fees, balance, charges, checkout, customers, disputes, events, files,
        fraud_warnings, mandates, payment_intents, payment_methods, payouts, refunds, setup_intents,
        webhook_endpoints,
    )
    for template, route in module.ROUTES.items()
}  # fmt: skip

_WORDS: Final = frozenset(
    word for template in ROUTES for word in template.split(" ")[1].split("/") if word != "{}"
)


def _is_id(step: str) -> bool:
    """Every id of Stripe's has an underscore; `search` is a word, known or not."""
    return "_" in step and step not in _WORDS


def _shape(path: str) -> tuple[str, tuple[str, ...]]:
    steps = path.rstrip("/").split("/")
    ids = tuple(step for step in steps if _is_id(step))
    return "/".join("{}" if _is_id(step) else step for step in steps), ids


@lru_cache(4096)
def find(method: str, path: str) -> tuple[str, Route, tuple[str, ...]]:
    """The endpoint of a call: its template, its route, the ids in the path."""
    shape, ids = _shape(path)
    template = f"{method} {shape}"
    route = ROUTES.get(template)
    if route is None:
        raise FakeStripeRefusal(f"the fake does not implement {method} {path}")
    return template, route, ids
