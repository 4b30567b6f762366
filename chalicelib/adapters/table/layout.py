"""The one table as PynamoDB sees it: its attributes and indexes, each row built and read.

Rows are built here alone, so that every one passes the wall between businesses. Nothing in this
file talks to DynamoDB.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import (
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
)
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib.adapters.records import business_of, decode_fact, decode_head
from chalicelib.adapters.table import keys, shelves
from chalicelib.domain.canonical import canonical
from chalicelib.domain.dates import iso
from chalicelib.domain.due import DueKind, due_of
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.finding import Word, words_of
from chalicelib.domain.network_caps import WINDOW
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.rows import (
    Aggregate,
    Departure,
    Membership,
    NetworkTry,
    NumberRange,
    ReleasedClaim,
    SideRow,
    UniqueClaim,
)

SCHEMA = 1  # `v` of every row; a reader that meets a newer one leaves it to newer code


class DueIndex(GlobalSecondaryIndex["Row"]):  # type: ignore[no-untyped-call]
    """Sparse: what a machine must look at, by time."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class OwnerIndex(GlobalSecondaryIndex["Row"]):  # type: ignore[no-untyped-call]
    """A customer's invoices and subscriptions."""

    class Meta:
        index_name = "owner"
        projection = KeysOnlyProjection()

    owner_key = UnicodeAttribute(hash_key=True)
    owner_sort = UnicodeAttribute(range_key=True)


class KindIndex(GlobalSecondaryIndex["Row"]):  # type: ignore[no-untyped-call]
    """A business's lists."""

    class Meta:
        index_name = "kind"
        projection = KeysOnlyProjection()

    kind_key = UnicodeAttribute(hash_key=True)
    kind_sort = UnicodeAttribute(range_key=True)


class ByDueIndex(GlobalSecondaryIndex["Row"]):  # type: ignore[no-untyped-call]
    """Invoices and payments of a status, by the day they are due."""

    class Meta:
        index_name = "by_due"
        projection = KeysOnlyProjection()

    shelf = UnicodeAttribute(hash_key=True)
    due_sort = UnicodeAttribute(range_key=True)


class ByAmountIndex(GlobalSecondaryIndex["Row"]):  # type: ignore[no-untyped-call]
    """The same, by amount."""

    class Meta:
        index_name = "by_amount"
        projection = KeysOnlyProjection()

    shelf = UnicodeAttribute(hash_key=True)
    amount_sort = UnicodeAttribute(range_key=True)


class ByNameIndex(GlobalSecondaryIndex["Row"]):  # type: ignore[no-untyped-call]
    """The same, by the customer's name."""

    class Meta:
        index_name = "by_name"
        projection = KeysOnlyProjection()

    shelf = UnicodeAttribute(hash_key=True)
    name_sort = UnicodeAttribute(range_key=True)


class ByTimeIndex(GlobalSecondaryIndex["Row"]):  # type: ignore[no-untyped-call]
    """Payments of a status, by when they happened."""

    class Meta:
        index_name = "by_time"
        projection = KeysOnlyProjection()

    shelf = UnicodeAttribute(hash_key=True)
    time_sort = UnicodeAttribute(range_key=True)


class Row(Model):
    """Any row. `body` is the record's canonical text; what stands beside it is for conditions."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    v = NumberAttribute()
    body = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)  # of a head or a test clock
    seq = NumberAttribute(null=True)  # of a fact
    open: ListAttribute[Any] = ListAttribute(null=True)  # effects owed; absent when none is
    done: MapAttribute[Any, Any] = MapAttribute(null=True)  # type: ignore[no-untyped-call] # outcomes
    lease_holder = UnicodeAttribute(null=True)
    lease_until = UnicodeAttribute(null=True)
    next_free = NumberAttribute(null=True)  # of the number counter
    owner = UnicodeAttribute(null=True)  # of a claim
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    owner_key = UnicodeAttribute(null=True)
    owner_sort = UnicodeAttribute(null=True)
    kind_key = UnicodeAttribute(null=True)
    kind_sort = UnicodeAttribute(null=True)
    shelf = UnicodeAttribute(null=True)
    due_sort = UnicodeAttribute(null=True)
    amount_sort = UnicodeAttribute(null=True)
    name_sort = UnicodeAttribute(null=True)
    time_sort = UnicodeAttribute(null=True)
    expires_at = TTLAttribute(null=True)  # for the rubbish collector; it decides nothing

    due_index = DueIndex()
    owner_index = OwnerIndex()
    kind_index = KindIndex()
    by_due_index = ByDueIndex()
    by_amount_index = ByAmountIndex()
    by_name_index = ByNameIndex()
    by_time_index = ByTimeIndex()


@dataclass(frozen=True, slots=True)
class Write:
    """A row to put, on a condition, and what it means when the condition fails."""

    row: Row
    condition: Condition | None
    taken: str | None = None  # by another: FactExists of this; None: the row has moved


@dataclass(frozen=True, slots=True)
class Layout:
    """Builds and checks rows of one table's model."""

    model: type[Row]
    shards: int

    def row(self, key: keys.Key, *, business_id: str | None, **attributes: Any) -> Row:
        """`business_id` is None for the few rows that belong to no one business."""
        check_owner(business_id, key[0])
        return self.model(key[0], key[1], v=SCHEMA, **attributes)

    def head(self, first_seq: int, head: Aggregate, fact: Fact, clock_id: str | None) -> Write:
        """`first_seq` is that of the subject's first fact in this transaction."""
        name = (fact.business_id, fact.subject, fact.subject_id)
        attributes = keys.index_keys(head, fact.business_id, fact.subject)
        attributes |= shelves.head_keys(head, fact.business_id)
        due = due_of(head)
        if due is not None:
            attributes |= self._due(due[0], due[1], fact, clock_id)
        model = self.model
        return Write(
            self.row(
                (keys.collection(*name), keys.HEAD),
                business_id=fact.business_id,
                version=head.version,
                body=canonical(head),
                **attributes,
            ),
            model.pk.does_not_exist() if first_seq == 1 else model.version == first_seq - 1,
        )

    def fact(self, fact: Fact, text: str, head: Aggregate, clock_id: str | None) -> list[Write]:
        """The fact's row; and one for each word it can be found by, beyond the first."""
        words = words_of(fact.data)
        owed: dict[str, Any] = dict(shelves.fact_keys(fact, head, words))
        if fact.effects:
            owed |= {"open": [effect.id for effect in fact.effects], "done": {}}
            owed |= self._due(DueKind.EFFECTS, fact.at, fact, clock_id)
        key = keys.collection(fact.business_id, fact.subject, fact.subject_id)
        row = self.row(
            (key, keys.fact_sort(fact.key)),
            business_id=fact.business_id,
            seq=fact.seq,
            body=text,
            **owed,
        )
        rest = [self._word(fact, word) for word in words[1:]]
        return [Write(row, self.model.pk.does_not_exist()), *rest]

    def _word(self, fact: Fact, word: Word) -> Write:
        """Whoever writes it again writes the same."""
        name = (fact.business_id, word, fact.subject, fact.subject_id)
        found_by = shelves.word_keys(*name)
        return Write(
            self.row(shelves.word_row(*name), business_id=fact.business_id, **found_by), None
        )

    def _due(self, kind: DueKind, at: datetime, fact: Fact, clock_id: str | None) -> dict[str, str]:
        shard = keys.shard_of(fact.business_id, fact.subject_id, self.shards)
        return {"due_shard": keys.due_shard(kind, shard, clock_id), "due_at": iso(at)}

    def account(self, stripe_account: str, business_id: str) -> Write:
        """A connected account belongs to one business: webhooks find the business by it."""
        row = self.row(keys.account(stripe_account), business_id=None, owner=business_id)
        return Write(row, self._free_or(business_id), taken=f"account/{stripe_account}")

    def side(self, side: SideRow) -> Write:
        match side:
            case NumberRange():
                key = keys.numbers(side.business_id, side.series)
                after = side.first + side.count
                row = self.row(key, business_id=side.business_id, next_free=after)
                free = self.model.pk.does_not_exist() | (self.model.next_free <= side.first)
                return Write(row, free)
            case UniqueClaim() | ReleasedClaim():
                return self._claim(side)
            case NetworkTry():
                return self._network_try(side)
            case Membership() | Departure():
                return self._membership(side)

    def _claim(self, side: UniqueClaim | ReleasedClaim) -> Write:
        """A released one keeps its row, without an owner: transactions of ours only ever put."""
        key = keys.claim(side.business_id, side.kind, side.value)
        owner = side.owner if isinstance(side, UniqueClaim) else None
        row = self.row(key, business_id=side.business_id, owner=owner)
        free = self._free_or(side.owner) | self.model.owner.does_not_exist()
        return Write(row, free, taken=f"{side.kind}/{side.value}")

    def _network_try(self, side: NetworkTry) -> Write:
        """Keyed by the attempt: writing it again counts it once."""
        pk = keys.tries(side.business_id, side.fingerprint, side.amount, side.currency)
        row = self.row(
            (pk, keys.one_try(side.attempt_key)),
            business_id=side.business_id,
            body=iso(side.at),
            expires_at=side.at + WINDOW + timedelta(days=1),
        )
        return Write(row, None)

    def _membership(self, side: Membership | Departure) -> Write:
        """A departure keeps the row, without a role: transactions of ours only ever put."""
        key = keys.membership(side.user_id, side.business_id)
        role = side.role.value if isinstance(side, Membership) else None
        return Write(self.row(key, business_id=None, body=role), None)

    def _free_or(self, owner: str) -> Condition:
        free: Condition = self.model.pk.does_not_exist() | (self.model.owner == owner)
        return free


def check_owner(business_id: str | None, pk: str) -> None:
    if business_id is None:
        if not pk.startswith("@"):
            raise BrokenRecord(f"{pk.split('#', 1)[0]}'s row was about to be treated as nobody's")
        return
    keys.check_tenant(business_id, pk)


def readable(row: Row, business_id: str | None) -> Row:
    """A row as read, past the wall between businesses and written by code we know."""
    check_owner(business_id, row.pk)
    if row.v > SCHEMA:
        raise Unanswered(f"the row was written by newer code, version {row.v}")
    return row


def read_head(row: Row, business_id: str, subject: Subject) -> Aggregate:
    head = decode_head(str(readable(row, business_id).body), subject)
    if keys.collection(business_of(head), subject, head.id) != row.pk:
        raise BrokenRecord(f"the row of {business_id} holds the head of {business_of(head)}")
    return head


def read_fact(row: Row, business_id: str) -> Fact:
    fact = decode_fact(str(readable(row, business_id).body))
    if fact.business_id != business_id:
        raise BrokenRecord(f"{business_id} read a fact of {fact.business_id}")
    return fact
