"""The judges that cost more than a run: every history folded again, the ledger once more in SQL.

One run in 512 meets them, chosen by seed and plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from zlib import crc32

from chalicelib.domain.canonical import canonical
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice_fold import fold
from tests.simulation.install import BUSINESS
from tests.simulation.ledger_sql import books_of, check

if TYPE_CHECKING:
    from tests.simulation.faults import Plan
    from tests.simulation.install import World

ONE_IN = 512


def is_chosen(seed: int, plan: Plan) -> bool:
    """Which runs meet them: another set of plans for each seed."""
    places = "".join(f"{place}{fault.value}" for place, fault in plan.items())
    return crc32(f"{seed} {places}".encode()) % ONE_IN == 0


def judge_deeply(world: World) -> None:
    """Findings go to the world's violations."""
    for words in _folded_again(world):
        world.violate("I14", words)
    books = books_of(world.stripe, {BUSINESS: None})
    for words in check(world.store.export(), books):
        world.violate("SQL", words)


def _folded_again(world: World) -> Iterator[str]:
    """Byte for byte the head that the table holds."""
    for (_, subject, subject_id), rows in world.store.histories.items():
        if subject is not Subject.INVOICE:
            continue
        head = world.store.heads[BUSINESS, subject, subject_id]
        try:
            again = canonical(fold([row.fact for row in rows.values()]))
        except BrokenRecord as broken:
            yield f"{subject_id}: {broken}"
            continue
        if again != canonical(head):
            yield f"{subject_id}: its facts fold into another head"
