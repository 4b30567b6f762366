"""`append`: heads, facts and side rows in one transaction, and what a refusal of it means.

A condition that failed does not say who was faster: botocore repeats a request whose answer was
lost, and then we are refused by our own write. So whatever goes wrong, the facts are read back:
if all of them are there with our hashes, it was us.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from chalicelib.adapters.records import business_of, is_placed
from chalicelib.adapters.table import keys
from chalicelib.adapters.table.base import TableBase
from chalicelib.adapters.table.calls import RefusedError
from chalicelib.adapters.table.layout import Write, read_fact
from chalicelib.domain.business import Business
from chalicelib.domain.canonical import canonical
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact, Subject, fact_hash
from chalicelib.domain.registry import HEADS
from chalicelib.ports.answers import FactExists, StaleHead, Unanswered
from chalicelib.ports.rows import Change, FactRef, SideRow

Name = tuple[str, Subject, str]
TOKEN_LETTERS = 36  # the longest DynamoDB takes


def ref_of(fact: Fact) -> FactRef:
    return FactRef(fact.business_id, fact.subject, fact.subject_id, fact.key)


def check_change(change: Change) -> None:
    """Head and fact belong together. Raises BrokenRecord otherwise."""
    head, fact = change.head, change.fact
    ours = type(head) is HEADS[fact.subject] and business_of(head) == fact.business_id
    if not ours or (head.id, head.version, head.chain) != (fact.subject_id, fact.seq, fact.hash):
        raise BrokenRecord(f"{fact.subject.value} {fact.subject_id}: not the head of {fact.key}")
    if fact.hash != fact_hash(fact):
        raise BrokenRecord(f"{fact.subject.value} {fact.subject_id}: {fact.key} is not sealed")


class Writing(TableBase):
    """The only way in which anything changes."""

    def append(
        self,
        changes: Sequence[Change],
        *,
        side: Sequence[SideRow] = (),
        clock_id: str | None = None,
    ) -> None:
        writes = self._writes(changes, side, clock_id)
        try:
            self._write(writes, self._token(changes, side, clock_id))
        except RefusedError as refusal:
            self._settle(changes, writes, refusal)
        except Unanswered:
            # It may have been written, or may yet be: only finding it there settles it.
            if not _is_ours(self._stored(changes), changes):
                raise

    def _writes(
        self, changes: Sequence[Change], side: Sequence[SideRow], clock_id: str | None
    ) -> list[Write]:
        """Facts, then the head each subject ends with, then the rest: one row is written once."""
        rows: dict[keys.Key, Write] = {}  # two facts may bring the same word
        first: dict[Name, int] = {}
        last: dict[Name, Change] = {}
        for change in changes:
            check_change(change)
            fact = change.fact
            name = (fact.business_id, fact.subject, fact.subject_id)
            if name in last and last[name].fact.seq != fact.seq - 1:
                raise StaleHead(f"{fact.key} does not follow {last[name].fact.key}")
            for write in self._layout.fact(fact, canonical(fact), change.head, clock_id):
                rows.setdefault((write.row.pk, write.row.sk), write)
            first.setdefault(name, fact.seq)
            last[name] = change
        heads = [
            self._layout.head(first[name], change.head, change.fact, clock_id)
            for name, change in last.items()
        ]
        accounts = [
            self._layout.account(change.head.stripe_account, change.head.id)
            for change in last.values()
            if isinstance(change.head, Business) and change.head.stripe_account
        ]
        return [*rows.values(), *heads, *accounts, *map(self._layout.side, side)]

    def _token(
        self, changes: Sequence[Change], side: Sequence[SideRow], clock_id: str | None
    ) -> str | None:
        """The same change has the same token, so DynamoDB knows a repeat of it for ten minutes.

        Rows without a fact may be written again with the same content: those get a fresh one.
        Tokens are the account's, not the table's, so the table's name is part of them.
        """
        if not changes:
            return None
        hashes = [change.fact.hash for change in changes]
        text = "\x1f".join([self._model.Meta.table_name, *hashes, repr(side), str(clock_id)])
        return sha256(text.encode()).hexdigest()[:TOKEN_LETTERS]

    def _stored(self, changes: Sequence[Change]) -> dict[int, Fact]:
        """What stands under the key of each change's fact, by the change's place."""
        wanted = {place: keys.fact_key(ref_of(one.fact)) for place, one in enumerate(changes)}
        rows = self._get_all(list(wanted.values()), None)
        return {
            place: read_fact(rows[key], changes[place].fact.business_id)
            for place, key in wanted.items()
            if key in rows
        }

    def _settle(
        self, changes: Sequence[Change], writes: Sequence[Write], refusal: RefusedError
    ) -> None:
        """Return when it was us; raises who or what was faster otherwise."""
        stored = self._stored(changes)
        if _is_ours(stored, changes):
            return
        for place, fact in stored.items():
            ours = changes[place].fact
            if fact.hash != ours.hash and not is_placed(ours):
                raise FactExists(ours.key) from refusal
        for place in refusal.failed:
            taken = writes[place].taken
            if taken is not None:
                raise FactExists(taken) from refusal
        raise StaleHead("a head, or the next number, has moved") from refusal


def _is_ours(stored: dict[int, Fact], changes: Sequence[Change]) -> bool:
    """Whether all of it is written, by us: facts are written together or not at all."""
    return bool(changes) and all(
        place in stored and stored[place].hash == one.fact.hash for place, one in enumerate(changes)
    )
