"""The table of documented behaviours, on the fake; and on Stripe's test mode if a key is given."""

from __future__ import annotations

import os
import uuid

import pytest
import stripe

from tests.infra.fake_stripe.behaviours import TABLE, Behaviour
from tests.infra.fake_stripe.bench import Bench, FakeBench

_KEY = os.environ.get("STRIPE_API_KEY", "")
_ROWS = [pytest.param(row, id=row.name) for row in TABLE]


def _live() -> Bench:
    return Bench(stripe.StripeClient(_KEY, max_network_retries=2), uuid.uuid4().hex)


@pytest.mark.parametrize("row", _ROWS)
def test_the_fake_behaves_as_documented(row: Behaviour) -> None:
    # Unchecked, because one row sends on purpose what the SDK's types forbid.
    row.check(FakeBench(checked=row.name != "payment_method_types_is_gone"))


if _KEY.startswith("sk_test_"):

    @pytest.mark.live
    @pytest.mark.parametrize("row", _ROWS)
    def test_stripe_behaves_as_documented(row: Behaviour) -> None:
        row.check(_live())


def test_every_behaviour_names_its_source() -> None:
    assert [row.name for row in TABLE if ":" not in row.source] == []
    assert len({row.name for row in TABLE}) == len(TABLE)
