"""The store's contract on disputes: a record each, the board by deadline, what is due."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.desk.disputes import DisputeRecorded, DisputeSeenAs
from chalicelib.domain.dispute import Dispute, DisputeStage
from chalicelib.domain.due import DueKind
from chalicelib.domain.errors import InvalidInput, NotFound
from chalicelib.domain.facts import Subject
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.ports.rows import Change
from chalicelib.ports.store import Store
from tests.contracts import store_samples as a

_S = DisputeStage
OPEN = (_S.NEEDS_ANSWER, _S.UNDER_REVIEW)


def new_dispute(dispute_id: str, *, days: int = 14, business_id: str = a.BIZ) -> Change:
    dispute = Dispute(
        id=dispute_id,
        business_id=business_id,
        customer_id=a.CUS,
        invoice_id="inv_1",
        payment_id="pay_1_1",
        charge_id="ch_1",
        amount=8900,
        currency="USD",
        reason="fraudulent",
        status="needs_response",
        opened_at=a.NOON,
        due_by=a.NOON + timedelta(days=days),
    )
    return Change(*first_of_party(dispute, DisputeRecorded(dispute), at=a.NOON))


def seen_as(change: Change, status: str) -> Change:
    assert isinstance(change.head, Dispute)
    payload = DisputeSeenAs(status, change.head.due_by)
    return Change(*on_party(change.head, payload, at=a.minutes(5)))


class DisputesContract:
    def test_a_dispute_is_read_as_it_was_written(self, store: Store) -> None:
        made = new_dispute("du_1")
        store.append([made])
        assert store.dispute(a.BIZ, "du_1") == made.head
        assert store.facts(a.BIZ, Subject.DISPUTE, "du_1") == [made.fact]
        for business_id, dispute_id in ((a.OTHER_BIZ, "du_1"), (a.BIZ, "du_2")):
            with pytest.raises(NotFound) as missing:
                store.dispute(business_id, dispute_id)
            assert missing.value.code == "dispute_not_found"

    def test_the_board_is_sorted_by_deadline(self, store: Store) -> None:
        soon, late, review = new_dispute("du_1", days=3), new_dispute("du_2"), new_dispute("du_3")
        over = new_dispute("du_4", days=1)
        store.append([late, soon, review, over, new_dispute("du_5", business_id=a.OTHER_BIZ)])
        store.append([seen_as(review, "under_review"), seen_as(over, "lost")])
        listed = {
            stages: [one.id for one in store.disputes(a.BIZ, stages=stages).items]
            for stages in (OPEN, (_S.NEEDS_ANSWER,), (_S.UNDER_REVIEW,), (_S.CLOSED,))
        }
        assert list(listed.values()) == [
            ["du_1", "du_2", "du_3"],
            ["du_1", "du_2"],
            ["du_3"],
            ["du_4"],
        ]

    def test_the_board_comes_in_pages(self, store: Store) -> None:
        store.append([new_dispute(f"du_{day}", days=day) for day in range(5, 10)])
        found: list[list[str]] = []
        cursor = None
        while True:
            page = store.disputes(a.BIZ, stages=OPEN, limit=2, cursor=cursor)
            found.append([one.id for one in page.items])
            cursor = page.cursor
            if cursor is None:
                break
        assert found == [["du_5", "du_6"], ["du_7", "du_8"], ["du_9"]]
        other = store.disputes(a.BIZ, stages=OPEN, limit=2).cursor
        with pytest.raises(InvalidInput):
            store.disputes(a.BIZ, stages=(_S.CLOSED,), cursor=other)

    def test_a_deadline_is_due_by_itself(self, store: Store) -> None:
        made = new_dispute("du_1", days=14)
        store.append([made])
        until = a.NOON + timedelta(days=11)
        shards = range(store.shards)
        due = [
            ref
            for shard in shards
            for ref in store.due(DueKind.DISPUTE, until=until, shard=shard).items
        ]
        assert [(ref.subject, ref.subject_id, ref.due_at) for ref in due] == [
            (Subject.DISPUTE, "du_1", until)
        ]
        store.append([seen_as(made, "won")])
        for shard in shards:
            assert store.due(DueKind.DISPUTE, until=until, shard=shard).items == ()
