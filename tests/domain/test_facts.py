"""The chain of facts: what was written cannot be changed, dropped or put in between unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.canonical import canonical, plain
from chalicelib.domain.desk.write_offs import WrittenOff
from chalicelib.domain.errors import BrokenRecord, IllegalTransition
from chalicelib.domain.facts import (
    Actor,
    ActorKind,
    Effect,
    EffectKind,
    chain_is_whole,
    fact_document,
    seal,
    until,
)
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.domain.invoice_fold import apply, fold
from chalicelib.domain.ledger import Account, Leg, legs
from tests.domain.histories import PAY, Story, tampered
from tests.domain.samples import NOON, bounded


def test_a_true_history_is_whole_and_folds_to_its_head() -> None:
    story = Story().charging().failed().started(2).succeeded(2)
    assert chain_is_whole(story.facts)
    assert fold(story.facts) == story.invoice
    assert canonical(fold(story.facts)) == canonical(story.invoice)
    assert [fact.seq for fact in story.facts] == list(range(1, len(story.facts) + 1))


@pytest.mark.parametrize(
    "changes",
    [
        {"why": "Somebody else's reason."},
        {"actor": Actor(ActorKind.STAFF, "user_9")},
        {"at": NOON + timedelta(microseconds=1)},
        {"legs": legs("USD", bank=1, receivable=-1)},
        {"effects": (Effect(EffectKind.MAIL, "receipt"),)},
        {"key": "other"},
        {"kind": "other"},
        {"data": facts.Replanned("Nothing happened.")},
        {"subject_id": "inv_2"},
        {"business_id": "biz_2"},
        {"previous": "0" * 64},
        {"hash": "0" * 64},
        {"next_action": None},
        {"seq": 40},
    ],
    ids=lambda changes: next(iter(changes)),
)
@pytest.mark.parametrize("index", [0, 2, 4])
def test_any_change_to_any_fact_is_seen(index: int, changes: dict[str, Any]) -> None:
    story = Story().paid()
    assert len(story.facts) == 5
    if changes == {"next_action": None} and story.facts[index].next_action is None:
        changes = {"next_action": story.facts[1].next_action}
    if changes == {"previous": "0" * 64} and index == 0:
        changes = {"previous": "1" * 64}
    assert not chain_is_whole(tampered(story.facts, index, **changes))


@bounded
@given(data=st.data())
def test_dropping_repeating_or_swapping_facts_is_seen(data: st.DataObject) -> None:
    history = Story().charging().failed().started(2).succeeded(2).facts
    index = data.draw(st.integers(0, len(history) - 2))
    dropped = history[:index] + history[index + 1 :]
    swapped = [*history[:index], history[index + 1], history[index], *history[index + 2 :]]
    repeated = [*history[: index + 1], *history[index:]]
    for broken in (dropped, swapped, repeated):
        assert not chain_is_whole(broken)


def test_cutting_off_the_end_is_seen_by_the_head() -> None:
    """The shorter chain is whole in itself; the head names the last fact's hash."""
    story = Story().paid()
    shorter = story.facts[:-1]
    assert chain_is_whole(shorter)
    assert fold(shorter).chain != story.invoice.chain == story.facts[-1].hash


def test_changed_and_sealed_again_breaks_the_next_fact() -> None:
    story = Story().paid()
    forged = [seal(replace(story.facts[0], why="Forged.")), *story.facts[1:]]
    assert not chain_is_whole(forged)


def test_a_history_is_cut_off_at_a_time_not_sifted() -> None:
    """The second was written by a process whose clock was five minutes ahead."""
    story = Story().finalized().facts
    ahead = [replace(story[0], at=NOON + timedelta(minutes=5)), replace(story[1], at=NOON)]
    assert until(ahead, NOON) == ahead
    assert until(ahead, NOON + timedelta(minutes=5)) == ahead
    assert list(until(ahead, NOON - timedelta(seconds=1))) == []
    assert until(ahead[::-1], NOON) == [ahead[1]]


def test_a_fact_that_does_not_follow_is_refused() -> None:
    story = Story().charging()
    with pytest.raises(BrokenRecord):
        apply(story.invoice, story.facts[0])
    with pytest.raises(BrokenRecord):
        apply(None, story.facts[1])
    with pytest.raises(BrokenRecord):
        fold([])


def test_a_second_try_cannot_begin_while_one_is_unresolved() -> None:
    with pytest.raises(BrokenRecord):
        Story().charging().started(2)


def test_a_paid_invoice_cannot_be_cancelled_or_written_off() -> None:
    for payload in (facts.InvoiceCancelled("No."), WrittenOff("No.", 0)):
        with pytest.raises(IllegalTransition):
            Story().paid().tell(payload)


def test_unbalanced_legs_are_never_sealed() -> None:
    fact = Story().last
    with pytest.raises(BrokenRecord):
        seal(replace(fact, legs=(Leg(Account.BANK, 1, "USD"),)))


def test_facts_are_keyed_by_what_they_record() -> None:
    story = Story().paid()
    assert [fact.key for fact in story.facts] == [
        "created",
        "finalized",
        f"opened/{PAY}",
        f"attempt/{PAY}/1",
        "succeeded/pi_1",
    ]


def test_a_fact_as_a_document_is_plain_json() -> None:
    document = fact_document(Story().finalized().last)
    assert document["kind"] == "finalized"
    assert document["at"] == "2026-03-02T14:00:00.000000Z"
    assert document["data"]["number"] == "INV-00001"
    assert plain(document) == document


def test_the_same_record_has_the_same_bytes() -> None:
    first, second = Story().paid(), Story().paid()
    assert [fact.hash for fact in first.facts] == [fact.hash for fact in second.facts]
    assert InvoiceStatus.PAID.value in canonical(first.invoice)


def test_canonical_text_leaves_defaults_out_and_sorts_keys() -> None:
    text = canonical(Effect(EffectKind.MAIL, "receipt"))
    assert text == '{"kind":"mail","name":"receipt"}'
    assert canonical(Actor(ActorKind.SYSTEM)) == '{"kind":"system"}'
    with pytest.raises(TypeError):
        canonical({"amount": 1.5})
