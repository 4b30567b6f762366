"""Follow-up work stays owed until its worker has done it: lost, it is handed over again."""

from __future__ import annotations

from chalicelib.domain.facts import EffectKind, Subject
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.payment import Trigger
from chalicelib.domain.refund import RefundStatus
from chalicelib.domain.subscription import SubscriptionStatus
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import FactRef
from chalicelib.services import clocks, invoices, jobs, restoring, subscriptions
from chalicelib.services.delivery import LONGEST_WAIT, WORK_AGAIN, ref_of
from tests.fakes.install import Install
from tests.services.checks import check_install, check_stripe
from tests.services.test_refunding import ANN, ask, paid
from tests.services.test_refunds_found_again import lose_everything_queued


def owed(install: Install, job: str) -> list[FactRef]:
    """The facts whose job of this name nobody has done."""
    rows = install.store.fact_rows()
    return [ref_of(row.fact) for row in rows if f"work:{job}" in row.open]


def outcome(install: Install, invoice: Invoice, job: str) -> str:
    (row,) = [
        one
        for one in install.store.fact_rows()
        if one.fact.subject_id == invoice.id and f"work:{job}" in (*one.open, *one.done)
    ]
    return dict(row.done).get(f"work:{job}", "owed")


def test_a_job_is_owed_until_its_worker_has_done_it() -> None:
    install = Install.at()
    invoice = paid(install)
    ask(install, invoice)
    install._effects()
    assert outcome(install, invoice, "send_refunds") == "owed"
    install.settle()
    assert outcome(install, invoice, "send_refunds") == "done"
    sent = len(install.queue.on(QueueName.BILLING))
    install.advance(hours=3)
    assert len(install.queue.on(QueueName.BILLING)) == sent


def test_it_is_handed_over_again_later_and_later() -> None:
    install = Install.at()
    invoice = paid(install)
    began = install.clock.now()
    ask(install, invoice)
    (ref,) = owed(install, "send_refunds")
    waits = []
    for _ in range(6):
        lose_everything_queued(install)
        (row,) = [one for one in install.store.fact_rows() if ref_of(one.fact) == ref]
        assert row.due_at is not None
        waits.append(row.due_at - install.clock.now())
        install.clock.set(row.due_at)
    assert waits[:3] == [WORK_AGAIN, WORK_AGAIN, 2 * WORK_AGAIN]
    assert waits[-1] == LONGEST_WAIT
    assert install.clock.now() > began + 2 * LONGEST_WAIT
    install.settle()
    assert len(install.stripe.account().refunds) == 1


def test_a_paid_customers_subscription_resumes_although_its_job_was_lost() -> None:
    install = Install.at()
    install.business()
    customer = install.customer()
    install.stripe.script_card("4242424242424242", ["insufficient_funds"] * 5)
    subscription = install.subscription(customer)
    install.advance(days=9)
    (late,) = install.store.invoices_of("biz_1", customer.id, open_only=True).items
    assert late.status is InvoiceStatus.OVERDUE
    invoices.request_charge(
        install.ports, "biz_1", late.id, request_id="again", trigger=Trigger.STAFF, actor=ANN
    )
    while not owed(install, "resume_subscriptions"):
        install._effects()
        install._messages()
        install._webhooks()
    lose_everything_queued(install)
    stopped = install.store.subscription("biz_1", subscription.id)
    assert stopped.status is SubscriptionStatus.PAUSED
    install.advance(minutes=30)
    running = install.store.subscription("biz_1", subscription.id)
    assert running.status is SubscriptionStatus.ACTIVE
    check_install(install)


def test_a_cancelled_subscriptions_invoices_are_withdrawn_although_the_job_was_lost() -> None:
    install = Install.at()
    install.business()
    subscription = install.subscription(install.customer(card=None))
    install.advance(hours=2)
    (invoice,) = install.store.invoices("biz_1").items
    subscriptions.cancel(
        install.ports,
        "biz_1",
        subscription.id,
        reason="They left.",
        collect_open_debt=False,
        actor=ANN,
    )
    lose_everything_queued(install)
    install.advance(minutes=30)
    assert install.read(invoice).status is InvoiceStatus.CANCELLED
    check_stripe(install)


def test_a_job_in_several_messages_is_done_with_the_last() -> None:
    install = Install.at()
    install.business()
    customer = install.customer(card=None)
    for _ in range(51):
        install.invoice(customer)
    install.settle()
    (fact, *_) = install.store.facts("biz_1", Subject.BUSINESS, "biz_1")
    body = {"job": "replan_business", "business_id": "biz_1", "subject": "business"}
    body |= {"subject_id": "biz_1", "fact_key": fact.key}
    jobs.run_job(install.ports, body)
    (following,) = install.queue.take()
    assert following.body == body | {"cursor": following.body["cursor"]}
    assert install.store.delivered(ref_of(fact)) == {}
    jobs.run_job(install.ports, following.body)
    assert install.store.delivered(ref_of(fact)) == {"work:replan_business": "done"}


def test_what_has_to_wait_is_not_done() -> None:
    install = Install.at()
    invoice = paid(install)
    ask(install, invoice)
    restoring.hold_after_restore(install.ports)
    install.settle()
    assert outcome(install, invoice, "send_refunds") == "owed"


def test_on_a_test_clock_a_job_is_handed_over_once() -> None:
    """Whoever advances it would else wait for the worker, again and again."""
    install = Install.at()
    clocks.create_clock(install.ports, "biz_1", "clk_1", install.clock.now())
    install.business(test_clock_id="clk_1")
    customer = install.customer()
    install._effects()
    facts = install.store.facts("biz_1", Subject.CUSTOMER, customer.id)
    saved = [fact for fact in facts if any(e.kind is EffectKind.WORK for e in fact.effects)]
    done = [install.store.delivered(ref_of(one)) for one in saved]
    assert [one["work:charge_open_invoices"] for one in done] == ["queued"]


def test_a_message_that_names_no_fact_is_simply_done() -> None:
    """A rule's, or one of before this was."""
    install = Install.at()
    invoice = paid(install)
    ask(install, invoice)
    body = {"job": "send_refunds", "business_id": "biz_1", "subject_id": invoice.id}
    jobs.run_job(install.ports, body)
    assert install.read(invoice).refunds[0].status is RefundStatus.SUCCEEDED
    assert outcome(install, invoice, "send_refunds") == "owed"
