"""Lists, cursors, filters and expansions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.fake_stripe.bench import START, FakeBench


def test_newest_first_in_pages_that_inserts_do_not_shift(fake: FakeBench) -> None:
    made = [fake.customer() for _ in range(5)]
    first = fake.v1.customers.list({"limit": 2})
    assert [c.id for c in first.data] == [made[4], made[3]]
    assert first.has_more
    late = fake.customer()
    second = fake.v1.customers.list({"limit": 2, "starting_after": first.data[-1].id})
    assert [c.id for c in second.data] == [made[2], made[1]]
    third = fake.v1.customers.list({"limit": 2, "starting_after": second.data[-1].id})
    assert ([c.id for c in third.data], third.has_more) == ([made[0]], False)
    before = fake.v1.customers.list({"limit": 2, "ending_before": first.data[0].id})
    assert [c.id for c in before.data] == [late]


def test_the_sdk_pages_through_everything(fake: FakeBench) -> None:
    made = {fake.customer() for _ in range(23)}
    listed = [c.id for c in fake.v1.customers.list({"limit": 10}).auto_paging_iter()]
    assert (23, made) == (len(listed), set(listed))


@pytest.mark.parametrize(
    "params",
    [{"limit": 101}, {"limit": 0}, {"starting_after": "cus_nobody"}],
)
def test_a_wrong_page_is_refused(fake: FakeBench, params: Any) -> None:
    fake.customer()
    assert fake.refused(lambda: fake.v1.customers.list(params)).http_status == 400


def test_a_window_of_creation(fake: FakeBench) -> None:
    ids = []
    for minute in range(4):
        fake.clock.now = START + 60 * minute
        ids.append(fake.intent())
    window: Any = {"created": {"gte": START + 60, "lt": START + 180}}
    found = [intent.id for intent in fake.v1.payment_intents.list(window).data]
    assert found == [ids[2], ids[1]]
    exactly: Any = {"created": START}
    assert [i.id for i in fake.v1.payment_intents.list(exactly).data] == [ids[0]]


def test_filters_by_what_things_belong_to(fake: FakeBench) -> None:
    intent = fake.paid()
    fake.paid()
    refund = fake.refund(intent.id, amount=100)
    customer = str(intent.customer)
    assert [intent.id] == [i.id for i in fake.v1.payment_intents.list({"customer": customer}).data]
    charges = fake.v1.charges.list({"payment_intent": intent.id}).data
    assert [intent.latest_charge] == [charge.id for charge in charges]
    refunds = fake.v1.refunds.list({"charge": charges[0].id}).data
    assert [refund.id] == [row.id for row in refunds]
    methods = fake.v1.customers.payment_methods.list(customer).data
    assert [intent.payment_method] == [method.id for method in methods]
    types = fake.v1.events.list({"types": ["refund.created", "charge.refunded"]}).data
    assert [event.type for event in types] == ["charge.refunded", "refund.created"]


def test_expansions_on_objects_lists_and_errors(fake: FakeBench) -> None:
    intent = fake.paid()
    expand: Any = {"expand": ["latest_charge.balance_transaction", "payment_method", "customer"]}
    seen: Any = fake.v1.payment_intents.retrieve(intent.id, expand)
    assert seen.latest_charge.balance_transaction.net == 8612
    assert (seen.payment_method.type, seen.customer.name) == ("card", "Ada Byron")
    rows: Any = fake.v1.balance_transactions.list({"expand": ["data.source.customer"]})
    assert rows.data[0].source.customer.name == "Ada Byron"
    nothing: Any = {"expand": ["latest_charge.colour"]}
    error: Any = fake.refused(lambda: fake.v1.payment_intents.retrieve(intent.id, nothing))
    assert (error.http_status, error.param) == (400, "expand")


def test_an_expanded_object_is_a_copy_of_what_is_stored(fake: FakeBench) -> None:
    intent = fake.paid()
    reply = fake.core.call("GET", f"/v1/payment_intents/{intent.id}", {"expand": ["customer"]})
    assert reply.body["customer"]["object"] == "customer"
    plain = fake.core.call("GET", f"/v1/payment_intents/{intent.id}")
    assert plain.body["customer"] == intent.customer


def test_what_does_not_exist_is_missing(fake: FakeBench) -> None:
    for path in (
        "customers/cus_x", "charges/ch_x", "payment_intents/pi_x", "setup_intents/seti_x",
        "refunds/re_x", "disputes/du_x", "payouts/po_x", "events/evt_x", "mandates/mandate_x",
        "checkout/sessions/cs_x", "balance_transactions/txn_x", "payment_methods/pm_x",
        "radar/early_fraud_warnings/issfr_x",
    ):  # fmt: skip
        reply = fake.core.call("GET", f"/v1/{path}")
        assert (reply.status, reply.body["error"]["code"]) == (404, "resource_missing")


def test_a_customers_life(fake: FakeBench) -> None:
    customer, method = fake.saved()
    settings: Any = {"invoice_settings": {"default_payment_method": method}}
    fake.v1.customers.update(customer, {"metadata": {"a": "1", "b": "2"}})
    changed = fake.v1.customers.update(customer, settings)
    assert changed.invoice_settings is not None
    assert changed.invoice_settings.default_payment_method == method
    changed = fake.v1.customers.update(customer, {"metadata": {"a": ""}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2"}
    fake.v1.payment_methods.detach(method)
    after = fake.v1.customers.retrieve(customer)
    assert after.invoice_settings is not None
    assert after.invoice_settings.default_payment_method is None
    gone: Any = fake.v1.customers.delete(customer)
    assert gone.deleted
    assert fake.v1.customers.retrieve(customer).deleted
    assert fake.v1.customers.list({}).data == []


def test_a_default_method_must_be_the_customers_own(fake: FakeBench) -> None:
    _, foreign = fake.saved()
    settings: Any = {"invoice_settings": {"default_payment_method": foreign}}
    error = fake.refused(lambda: fake.v1.customers.update(fake.customer(), settings))
    assert error.http_status == 400


def test_an_amount_may_change_until_the_intent_is_done(fake: FakeBench) -> None:
    intent = fake.intent()
    assert fake.v1.payment_intents.update(intent, {"amount": 500}).amount == 500
    done = fake.paid().id
    error: Any = fake.refused(lambda: fake.v1.payment_intents.update(done, {"amount": 500}))
    assert error.code == "payment_intent_unexpected_state"
    noted = fake.v1.payment_intents.update(done, {"metadata": {"late": "yes"}})
    assert noted.metadata.to_dict() == {"late": "yes"}
