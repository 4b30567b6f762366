"""Several businesses in one install: whose are the payouts of the install's own Stripe account?"""

from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.domain.facts import Subject
from chalicelib.services import clocks
from tests.fakes.install import Install


def payouts_of(install: Install, business_id: str) -> int:
    history = install.store.facts(business_id, Subject.BUSINESS, business_id)
    return sum(fact.kind == "payout_paid" for fact in history)


def with_a_payout() -> Install:
    """A charge on the install's own account, paid out; connected businesses come first by id."""
    install = Install.at(datetime(2026, 3, 2, 15, tzinfo=UTC))
    install.business("biz_z")
    for name in ("biz_a", "biz_b"):
        install.business(name, stripe_account=install.stripe.connect_account())
    clocks.create_clock(install.ports, "biz_test", "clk_1", install.clock.now())
    install.business("biz_test", test_clock_id="clk_1")
    install.invoice(install.customer("biz_z"))
    install.settle()
    return install


def test_the_event_of_a_payout_finds_the_business_among_connected_ones_and_sandboxes() -> None:
    install = with_a_payout()
    install.advance(days=5)
    assert payouts_of(install, "biz_z") == 1
    assert payouts_of(install, "biz_test") == 0


def test_a_sandbox_posts_no_payout_of_the_account_it_shares() -> None:
    install = with_a_payout()
    install.advance(days=5)
    for name in ("biz_test", "biz_a", "biz_z"):
        install.reconcile(name)
    assert [payouts_of(install, name) for name in ("biz_z", "biz_test", "biz_a")] == [1, 0, 0]
