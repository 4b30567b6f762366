"""What the edge knows of its surroundings, behind one seam: production wires it, tests give theirs.

Nothing here is made at import. Packaging imports every route and has no environment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from chalicelib.api.signing_keys import SigningKeys, fetched_from
from chalicelib.ports import Ports

CHECKOUT = "https://checkout.stripe.com"


@dataclass(frozen=True, slots=True)
class Context:
    """`webhook_secrets` and `livemode` are called when needed: secrets rotate."""

    ports: Ports
    issuer: str
    client_id: str
    keys: SigningKeys
    webhook_secrets: Callable[[], Sequence[str]]
    livemode: Callable[[], bool]
    hosted_pages: tuple[str, ...] = (CHECKOUT,)  # where a payer types in a card
    pause: Callable[[float], None] = time.sleep  # where a caller would rather wait for the result


@cache
def wired() -> Context:
    """As deployed: settings from the environment, everything else from `wiring`."""
    from chalicelib import wiring
    from chalicelib.config import settings

    env = settings()
    return Context(
        ports=wiring.ports(),
        issuer=env.staff_issuer,
        client_id=env.staff_client_id,
        keys=SigningKeys(
            fetched_from(env.staff_jwks_url or f"{env.staff_issuer}/.well-known/jwks.json")
        ),
        webhook_secrets=wiring.webhook_secrets,
        livemode=wiring.livemode,
        hosted_pages=tuple(filter(None, (CHECKOUT, env.stripe_api_base))),
    )


class _Seam:
    provider: Callable[[], Context] = staticmethod(wired)


def provide(provider: Callable[[], Context]) -> None:
    """From now on requests find this context; `provide(wired)` puts the deployed one back."""
    _Seam.provider = staticmethod(provider)


def here() -> Context:
    return _Seam.provider()
