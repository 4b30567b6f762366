"""The table of endpoints. What is not in it is refused, not guessed."""

from typing import Final

from infra.local.fake_stripe import (
    accounts,
    balance,
    charges,
    checkout,
    customers,
    disputes,
    events,
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
        accounts, balance, charges, checkout, customers, disputes, events, mandates,
        payment_intents, payment_methods, payouts, refunds, setup_intents, webhook_endpoints,
    )
    for template, route in module.ROUTES.items()
}  # fmt: skip

_WORDS: Final = frozenset(
    word for template in ROUTES for word in template.split(" ")[1].split("/") if word != "{}"
)


def _shape(path: str) -> tuple[str, tuple[str, ...]]:
    parts = path.rstrip("/").split("/")
    ids = tuple(part for part in parts if part not in _WORDS)
    return "/".join(part if part in _WORDS else "{}" for part in parts), ids


def find(method: str, path: str) -> tuple[str, Route, tuple[str, ...]]:
    """The endpoint of a call: its template, its route, the ids in the path."""
    shape, ids = _shape(path)
    template = f"{method} {shape}"
    route = ROUTES.get(template)
    if route is None:
        raise FakeStripeRefusal(f"the fake does not implement {method} {path}")
    return template, route, ids
