"""What is due, and the delivery of effects: claimed under a lease, finished one by one.

How far a fact's effects are delivered stands on its row, beside the sealed text. This is the only
place that updates a row in part, and it never touches the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.adapters.cursors import make_cursor, read_cursor
from chalicelib.adapters.table import keys
from chalicelib.adapters.table.base import TableBase
from chalicelib.adapters.table.calls import TRIES, RefusedError
from chalicelib.adapters.table.layout import SCHEMA, Row, read_fact, readable
from chalicelib.domain.dates import iso
from chalicelib.domain.due import DueKind
from chalicelib.domain.errors import NotFound
from chalicelib.ports.answers import Page, Unanswered
from chalicelib.ports.rows import Claimed, DueRef, FactRef


class Effects(TableBase):
    """Due work, and the lease on a fact's effects."""

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
        self._connect()
        partition = keys.due_shard(kind, shard, clock_id)
        listing = ("due", partition)
        start = read_cursor(listing, cursor, 3)
        names = ("due_at", "pk", "sk")
        after = None
        if start is not None:
            after = {name: {"S": part} for name, part in zip(names, start, strict=True)}
            after["due_shard"] = {"S": partition}
        rows = self._calls.run(
            lambda: list(
                self._model.due_index.query(
                    partition,
                    self._model.due_at <= iso(until),
                    limit=limit + 1,
                    last_evaluated_key=after,
                )
            )
        )
        refs = tuple(_due_ref(kind, row) for row in rows[:limit])
        if len(rows) <= limit:
            return Page(refs)
        last = rows[limit - 1]
        return Page(refs, make_cursor(listing, (str(last.due_at), last.pk, last.sk)))

    def claim(
        self, ref: FactRef, *, holder: str, now: datetime, lease_until: datetime
    ) -> Claimed | None:
        """The fact stays due as it was: a sweep that comes upon it meets the lease."""
        row = self._bare(ref)
        model = self._model
        free = (
            model.lease_until.does_not_exist()
            | (model.lease_until <= iso(now))
            | (model.lease_holder == holder)  # our own claim, whose answer was lost
        )
        actions = [model.lease_holder.set(holder), model.lease_until.set(iso(lease_until))]
        try:
            # Newer code's rows are left to it, unclaimed.
            self._update(row, actions, model.open.exists() & free & (model.v <= SCHEMA))
        except RefusedError:
            return None
        fact = read_fact(row, ref.business_id)
        return Claimed(fact, tuple(row.open), _outcomes(row))

    def finish(
        self, ref: FactRef, *, holder: str, done: Mapping[str, str], retry_at: datetime | None
    ) -> None:
        for _ in range(TRIES):
            row = self._fact_row(ref)
            try:
                self._finish(row, holder, done, retry_at)
            except RefusedError:
                continue  # somebody else noted something between our two requests
            return
        raise Unanswered(f"the effects of {ref.key} are being written by too many at once")

    def _finish(
        self, row: Row, holder: str, done: Mapping[str, str], retry_at: datetime | None
    ) -> None:
        """One step from the row as read. Raises RefusedError when it has changed meanwhile."""
        model = self._model
        before = _outcomes(row)
        owed = tuple(row.open or ())
        left = [effect for effect in owed if effect not in done]
        held = row.lease_holder == holder
        actions: list[Action] = [model.done.set({**done, **before})]
        if not left:
            gone = (model.open, model.due_shard, model.due_at, model.lease_holder)
            actions += [name.remove() for name in (*gone, model.lease_until)]
        else:
            actions.append(model.open.set(left))
            if held:
                actions += [model.lease_holder.remove(), model.lease_until.remove()]
                due_at = iso(retry_at) if retry_at else str(row.due_at)
                actions.append(model.due_at.set(due_at))
        if not held and not done.keys() - before.keys():
            return  # a repeat of our own: it is all noted
        self._update(row, actions, self._as_read(row))

    def _as_read(self, row: Row) -> Condition:
        """The row's delivery has not moved since it was read."""
        model = self._model
        same: Condition = model.pk.exists()
        same &= model.open.does_not_exist() if row.open is None else model.open == row.open
        holder = row.lease_holder
        same &= (
            model.lease_holder.does_not_exist() if holder is None else model.lease_holder == holder
        )
        return same

    def delivered(self, ref: FactRef) -> Mapping[str, str]:
        return _outcomes(self._fact_row(ref))

    def _bare(self, ref: FactRef) -> Row:
        """The row's key, for an update that reads nothing first."""
        pk, sk = keys.fact_key(ref)
        keys.check_tenant(ref.business_id, pk)
        return self._model(pk, sk)

    def _fact_row(self, ref: FactRef) -> Row:
        row = self._get(keys.fact_key(ref), ref.business_id)
        if row is None:
            raise NotFound("fact_not_found", "There is no such fact.")
        return row

    def _update(self, row: Row, actions: Sequence[Action], condition: Condition) -> None:
        """`row` then holds what is stored."""
        self._connect()
        self._calls.run(lambda: row.update(list(actions), condition))
        readable(row, keys.subject_of(row.pk)[0])


def _outcomes(row: Row) -> dict[str, str]:
    if row.done is None:
        return {}
    outcomes: dict[str, str] = row.done.as_dict()  # type: ignore[no-untyped-call]
    return outcomes


def _due_ref(kind: DueKind, row: Row) -> DueRef:
    fact = row.sk.removeprefix(keys.FACT) if row.sk.startswith(keys.FACT) else None
    due_at = datetime.fromisoformat(str(row.due_at))
    return DueRef(kind, *keys.subject_of(row.pk), due_at, fact)
