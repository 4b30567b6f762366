"""The sweep: whatever was due and missed is done now. The table is the truth, timers only help.

Runs every 15 minutes. The index only finds candidates; each is loaded again before anything is
done, so a sweep that runs beside the workers changes nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from chalicelib.domain.due import DueKind
from chalicelib.ports import Ports
from chalicelib.ports.answers import all_of
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import DueRef, FactRef

# Timers and the stream get this long before the sweep steps in.
GRACE = timedelta(minutes=2)
_PAGE = 100


def sweep_due(ports: Ports) -> dict[str, int]:
    """Hand missed steps to the dunning queue and undelivered effects to their worker."""
    until = ports.clock.now() - GRACE
    steps = 0
    for ref in found(ports, DueKind.STEP, until):
        body = {"business_id": ref.business_id, "invoice_id": ref.subject_id}
        ports.queue.send(QueueName.DUNNING, body)
        steps += 1
    answers = 0
    for ref in found(ports, DueKind.DISPUTE, until):
        job = {"job": "answer_dispute", "business_id": ref.business_id}
        ports.queue.send(QueueName.BILLING, job | {"subject_id": ref.subject_id})
        answers += 1
    late = [fact_ref(ref) for ref in found(ports, DueKind.EFFECTS, until)]
    for start in range(0, len(late), _PAGE):
        ports.deliverer.deliver(late[start : start + _PAGE])
    return {"steps": steps, "effects": len(late), "disputes": answers}


def found(ports: Ports, kind: DueKind, until: datetime) -> Iterator[DueRef]:
    """Every candidate of a kind, over all shards."""
    for shard in range(ports.store.shards):
        yield from all_of(partial(ports.store.due, kind, until=until, shard=shard, limit=_PAGE))


def fact_ref(ref: DueRef) -> FactRef:
    assert ref.fact_key is not None
    return FactRef(ref.business_id, ref.subject, ref.subject_id, ref.fact_key)
