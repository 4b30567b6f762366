"""The table in memory, for services' tests and the simulation: exact, deterministic, fast.

Held to the same contract as the DynamoDB adapter (tests/contracts/store_contract.py). Records are
frozen, so handing out the stored object is safe; `exact=True` sends each through its text instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from zlib import crc32

from chalicelib.adapters.cursors import make_cursor, read_cursor
from chalicelib.adapters.records import business_of, exact, is_placed
from chalicelib.domain.business import Business
from chalicelib.domain.canonical import plain
from chalicelib.domain.dates import iso
from chalicelib.domain.due import DueKind, due_of
from chalicelib.domain.errors import BrokenRecord, NotFound
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.finding import words_of
from chalicelib.domain.registry import HEADS
from chalicelib.ports.answers import FactExists, Page, StaleHead
from chalicelib.ports.rows import Aggregate, Change, Claimed, DueRef, FactRef, SideRow
from tests.fakes.memory_index import Place
from tests.fakes.memory_lists import Name
from tests.fakes.memory_shelves import MemoryShelves

MOST_ROWS = 100  # of one DynamoDB transaction


@dataclass(slots=True)
class FactRow:
    """A fact and, beside it, how far its effects are delivered."""

    fact: Fact
    partition: tuple[DueKind, str]
    open: tuple[str, ...]
    done: dict[str, str] = field(default_factory=dict)
    lease_holder: str | None = None
    lease_until: datetime | None = None
    due_at: datetime | None = None

    def exported(self) -> dict[str, Any]:
        return {
            "row": "fact",
            "body": plain(self.fact),
            "open": list(self.open),
            "done": dict(self.done),
            "lease_holder": self.lease_holder,
            "lease_until": plain(self.lease_until),
            "due_at": plain(self.due_at),
        }


class MemoryStore(MemoryShelves):
    """`index_lag` may be set at any time: indexes then answer as of that long ago, by `clock`.

    `exact` keeps what comes back from the canonical text of what was given.
    """

    def __init__(
        self,
        *,
        shards: int = 4,
        exact: bool = False,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        super().__init__(clock)
        self._shards = shards
        self._exact = exact
        self.histories: dict[Name, dict[str, FactRow]] = {}

    @property
    def shards(self) -> int:
        return self._shards

    def facts(self, business_id: str, subject: Subject, subject_id: str) -> list[Fact]:
        with self.lock:
            self._head(business_id, subject, subject_id)
            history = self.histories[business_id, subject, subject_id]
            return [row.fact for row in history.values()]

    def _fact(self, name: Name, key: str) -> Fact:
        return self.histories[name][key].fact

    # --- Writing ----------------------------------------------------------------------------------

    def append(
        self,
        changes: Sequence[Change],
        *,
        side: Sequence[SideRow] = (),
        clock_id: str | None = None,
    ) -> None:
        if self._exact:
            changes = [Change(*exact(change.head, change.fact)) for change in changes]
        last = _last_heads(changes)
        with self.lock:
            if changes and all(self._is_stored(change.fact) for change in changes):
                return
            self._check(changes, last, side)
            for change in changes:
                self._write_fact(change.fact, clock_id)
            for name, head in last.items():
                self._write_head(name, head, clock_id)
            for change in changes:
                self._list_later(_name_of(change.fact), change.fact.key)
            self._write_side(side)

    def _stored(self, fact: Fact) -> FactRow | None:
        name = (fact.business_id, fact.subject, fact.subject_id)
        return self.histories.get(name, {}).get(fact.key)

    def _is_stored(self, fact: Fact) -> bool:
        row = self._stored(fact)
        return row is not None and row.fact.hash == fact.hash

    def _check(
        self, changes: Sequence[Change], last: Mapping[Name, Aggregate], side: Sequence[SideRow]
    ) -> None:
        accounts = 0
        for change in changes:
            fact = change.fact
            if not is_placed(fact) and self._stored(fact) and not self._is_stored(fact):
                raise FactExists(fact.key)
        for head in last.values():
            if isinstance(head, Business) and head.stripe_account:
                accounts += 1
                if self.accounts.get(head.stripe_account, head.id) != head.id:
                    raise FactExists(f"account/{head.stripe_account}")
        self._check_side(side)
        seen: dict[Name, int] = {}
        for change in changes:
            name = _name_of(change.fact)
            if name not in seen:
                seen[name] = self.heads[name].version if name in self.heads else 0
            if seen[name] != change.fact.seq - 1:
                raise StaleHead(f"{name[1].value} {name[2]} is at {seen[name]}")
            seen[name] += 1
        words = sum(max(len(words_of(change.fact.data)) - 1, 0) for change in changes)
        if len(changes) + len(last) + len(side) + accounts + words > MOST_ROWS:
            raise BrokenRecord("more rows than one transaction holds")

    def _write_fact(self, fact: Fact, clock_id: str | None) -> None:
        name = _name_of(fact)
        partition = self._partition(DueKind.EFFECTS, name, clock_id)
        row = FactRow(fact, partition, tuple([effect.id for effect in fact.effects]))
        self.histories.setdefault(name, {})[fact.key] = row
        if row.open:
            self._set_due(row, fact.at)

    def _write_head(self, name: Name, head: Aggregate, clock_id: str | None) -> None:
        self.heads[name] = head
        due = due_of(head)
        place: Place | None = None
        if due is not None:
            place = (self._partition(due[0], name, clock_id), (due[1], *name, ""))
        self._due.move(name, place)
        self._list(name, head)

    def _partition(self, kind: DueKind, name: Name, clock_id: str | None) -> tuple[DueKind, str]:
        if clock_id is not None:
            return kind, f"clock#{clock_id}"
        return kind, str(crc32(f"{name[0]}/{name[2]}".encode()) % self._shards)

    # --- Due work and effects ---------------------------------------------------------------------

    def due(
        self,
        kind: DueKind,
        *,
        until: datetime,
        shard: int = 0,
        clock_id: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[DueRef]:
        place = f"clock#{clock_id}" if clock_id is not None else str(shard)
        listing = ("due", kind.value, place)
        after = read_cursor(listing, cursor, 5)
        # A head has no fact key, and no part of a cursor may be empty: hence the letter before it.
        start = (datetime.fromisoformat(after[0]), *after[1:4], after[4][1:]) if after else None
        with self.lock:
            found = list(islice(self._due.rows((kind, place), start), limit + 1))
        refs = [
            DueRef(kind, business, subject, subject_id, due_at, key or None)
            for (due_at, business, subject, subject_id, key), _ in found
            if due_at <= until
        ]
        if len(refs) <= limit:
            return Page(tuple(refs))
        last = refs[limit - 1]
        end = (last.business_id, last.subject.value, last.subject_id, f"F{last.fact_key or ''}")
        return Page(tuple(refs[:limit]), make_cursor(listing, (iso(last.due_at), *end)))

    def _row(self, ref: FactRef) -> FactRow:
        row = self.histories.get((ref.business_id, ref.subject, ref.subject_id), {}).get(ref.key)
        if row is None:
            raise NotFound("fact_not_found", "There is no such fact.")
        return row

    def _set_due(self, row: FactRow, due_at: datetime | None) -> None:
        row.due_at = due_at
        name = _name_of(row.fact)
        place: Place | None = (row.partition, (due_at, *name, row.fact.key)) if due_at else None
        self._due.move((*name, row.fact.key), place)

    def claim(
        self, ref: FactRef, *, holder: str, now: datetime, lease_until: datetime
    ) -> Claimed | None:
        with self.lock:
            row = self.histories.get((ref.business_id, ref.subject, ref.subject_id), {}).get(
                ref.key
            )
            if row is None:
                return None
            leased = row.lease_until is not None and row.lease_until > now
            if not row.open or (leased and row.lease_holder != holder):
                return None
            row.lease_holder, row.lease_until = holder, lease_until
            return Claimed(row.fact, row.open, dict(row.done))

    def finish(
        self, ref: FactRef, *, holder: str, done: Mapping[str, str], retry_at: datetime | None
    ) -> None:
        with self.lock:
            row = self._row(ref)
            held = row.lease_holder == holder
            row.done = {**done, **row.done}
            row.open = tuple([effect for effect in row.open if effect not in done])
            if held:
                row.lease_holder = row.lease_until = None
            if not row.open:
                self._set_due(row, None)
            elif held and retry_at is not None:
                self._set_due(row, retry_at)

    def delivered(self, ref: FactRef) -> Mapping[str, str]:
        return dict(self._row(ref).done)

    # --- For checkers -----------------------------------------------------------------------------

    def all_heads(self) -> Iterator[tuple[Name, Any]]:
        return iter(self.heads.items())

    def fact_rows(self) -> list[FactRow]:
        """Every fact with the state of its effects."""
        return [row for history in self.histories.values() for row in history.values()]

    def all_facts(self) -> Iterator[Fact]:
        """Every fact, by subject and then in order."""
        return (row.fact for history in self.histories.values() for row in history.values())

    def export(self) -> list[dict[str, Any]]:
        """The whole table as JSON's own types, for checkers that share no code with us."""
        heads = [
            {"row": "head", "business_id": name[0], "subject": name[1].value, "body": plain(head)}
            for name, head in self.heads.items()
        ]
        facts = [row.exported() for history in self.histories.values() for row in history.values()]
        return [*heads, *facts, *self.exported_side()]


def _name_of(fact: Fact) -> Name:
    return (fact.business_id, fact.subject, fact.subject_id)


def _last_heads(changes: Sequence[Change]) -> dict[Name, Aggregate]:
    """The head each subject ends with. Raises BrokenRecord for a head that is not its fact's."""
    last: dict[Name, Aggregate] = {}
    for change in changes:
        head, fact = change.head, change.fact
        ours = type(head) is HEADS[fact.subject] and business_of(head) == fact.business_id
        if not ours or (head.id, head.version, head.chain) != (
            fact.subject_id,
            fact.seq,
            fact.hash,
        ):
            raise BrokenRecord(
                f"{fact.subject.value} {fact.subject_id}: not the head of {fact.key}"
            )
        last[_name_of(fact)] = head
    return last
