"""Keys: one business's are never another's, and each says what it was made of."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.table import keys
from chalicelib.domain.errors import BrokenRecord, InvalidInput, NotFound
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.subscription import Subscription, SubscriptionStatus
from chalicelib.ports.rows import FactRef
from tests.contracts import store_samples as a

ids = st.text(st.characters(exclude_characters="#@", codec="utf-8"), min_size=1, max_size=12)


@given(ids, st.sampled_from(Subject), ids, st.text(max_size=40))
def test_a_facts_key_names_the_fact(
    business_id: str, subject: Subject, subject_id: str, key: str
) -> None:
    ref = FactRef(business_id, subject, subject_id, key)
    assert keys.fact_ref(*keys.fact_key(ref)) == ref


@given(ids, ids, st.sampled_from(Subject), ids)
def test_one_businesss_key_is_not_anothers(
    mine: str, theirs: str, subject: Subject, subject_id: str
) -> None:
    pk = keys.collection(mine, subject, subject_id)
    keys.check_tenant(mine, pk)
    if mine != theirs:
        with pytest.raises(BrokenRecord):
            keys.check_tenant(theirs, pk)


@pytest.mark.parametrize("text", ["", "a#b", "#", "@USER"])
def test_no_id_can_pass_for_another_key(text: str) -> None:
    with pytest.raises(NotFound):
        keys.collection("biz_1", Subject.INVOICE, text)
    with pytest.raises(NotFound):
        keys.collection(text, Subject.INVOICE, "inv_1")
    with pytest.raises(NotFound):
        keys.owner_key("biz_1", text, Subject.INVOICE)


@pytest.mark.parametrize(
    ("pk", "sk"),
    [
        keys.numbers("biz_1"),
        keys.claim("biz_1", "reference", "F#1"),
        keys.account("acct_1"),
        keys.test_clock("clk_1"),
        keys.membership("usr_1", "biz_1"),
        ("biz_1#INVOICE#inv_1", keys.HEAD),
    ],
)
def test_rows_that_are_no_facts_are_told_apart(pk: str, sk: str) -> None:
    assert keys.fact_ref(pk, sk) is None


@pytest.mark.parametrize("pk", ["biz_1#NUMBERS", "biz_1#TRIES#fp", "biz_1", "a#INVOICE#b#c"])
def test_a_key_that_is_no_subjects_is_an_alarm(pk: str) -> None:
    with pytest.raises(BrokenRecord):
        keys.subject_of(pk)


def test_a_reference_too_long_for_a_key_is_refused_in_words() -> None:
    with pytest.raises(InvalidInput) as refusal:
        keys.claim("biz_1", "reference", "é" * 512)
    assert refusal.value.code == "reference_too_long"
    assert keys.claim("biz_1", "reference", "é" * 511)[1].endswith("é")


def test_shards_are_stable_and_even() -> None:
    assert keys.shard_of("biz_1", "inv_1", 4) == 0
    counts = [0] * 4
    for number in range(4000):
        counts[keys.shard_of("biz_1", f"inv_{number}", 4)] += 1
    assert min(counts) > 900


@pytest.mark.parametrize(
    ("status", "group"),
    [
        (InvoiceStatus.DRAFT, keys.DRAFT),
        (InvoiceStatus.PENDING, keys.OPEN),
        (InvoiceStatus.PROCESSING, keys.OPEN),
        (InvoiceStatus.OVERDUE, keys.OPEN),
        (InvoiceStatus.PAID, keys.CLOSED),
        (InvoiceStatus.CANCELLED, keys.CLOSED),
        (InvoiceStatus.UNCOLLECTIBLE, keys.CLOSED),
    ],
)
def test_invoices_are_grouped_by_what_can_still_happen(status: InvoiceStatus, group: str) -> None:
    assert keys.group_of(a.invoice(status=status)) == group


def test_subscriptions_that_are_over_are_closed() -> None:
    groups = {}
    for status in SubscriptionStatus:
        head = a.new_subscription(status=status).head
        assert isinstance(head, Subscription)
        groups[status.value] = keys.group_of(head)
    assert groups == {"active": "O", "paused": "O", "cancelled": "C", "ended": "C"}


@given(
    st.lists(
        st.tuples(st.sampled_from(InvoiceStatus), st.none() | st.dates(date(2020, 1, 1))),
        max_size=8,
    )
)
def test_each_group_is_one_range(drawn: list[tuple[InvoiceStatus, date | None]]) -> None:
    for status, due_on in drawn:
        head: Invoice = a.invoice(status=status, due_on=due_on)
        sort = keys.index_keys(head, a.BIZ, Subject.INVOICE)["owner_sort"]
        inside = [
            group
            for group in keys.GROUPS
            if keys.in_group(group, "") <= sort < keys.group_end(group)
        ]
        assert inside == [keys.group_of(head)]
