"""Our own Stripe: stateful, deterministic, offline, and honest about what it does not know.

`FakeStripe(clock)` is the core; `client.FakeClient` puts it behind the real SDK, and
`python -m infra.local.fake_stripe` serves it on 127.0.0.1 with Stripe's hosted pages.
"""

from infra.local.fake_stripe.core import FakeStripe
from infra.local.fake_stripe.declines import Outcome
from infra.local.fake_stripe.errors import ApiError, FakeStripeRefusal, LostReply
from infra.local.fake_stripe.idempotency import Reply
from infra.local.fake_stripe.state import Options
from infra.local.fake_stripe.webhooks import Endpoint

__all__ = [
    "ApiError",
    "Endpoint",
    "FakeStripe",
    "FakeStripeRefusal",
    "LostReply",
    "Options",
    "Outcome",
    "Reply",
]
