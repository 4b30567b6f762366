"""Files come in while everything else goes wrong: each customer and invoice once, each row told.

The same two files are sent twice: the second time they find what the first left out, and no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from chalicelib.domain.facts import Subject
from chalicelib.domain.import_facts import outcomes_of
from chalicelib.domain.import_run import ImportRun, RowResult
from chalicelib.domain.imports.columns import ImportKind
from chalicelib.ports import Ports
from chalicelib.services import importing
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario

_NAMES = ("Acme Corp", "Bob Ray", "Cora Lee", "Dan Day")
_CUSTOMERS = "Name,Email\n" + "".join(
    f"{name},{name[:3].lower()}@example.com\n" for name in _NAMES
)  # fmt: skip
_INVOICES = "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,ItemDescription,*ItemAmount\n" + "".join(
    f"Q-{number},{name},2026-02-01,2026-05-01,Rope,{number + 1}.00\n"
    for number, name in enumerate(_NAMES)
)  # fmt: skip


def _moved_in(world: World) -> None:
    people.stage(world)
    for when, kind, content in (
        (0, ImportKind.CUSTOMERS, _CUSTOMERS),
        (world.pick(120), ImportKind.INVOICES, _INVOICES),
        (4 * HOUR, ImportKind.CUSTOMERS, _CUSTOMERS),
        (8 * HOUR, ImportKind.INVOICES, _INVOICES),
    ):
        wanted = importing.NewImport(f"imp_{kind.value}_{when}", kind, content.encode())
        people.ask(world, when, kind.value, partial(_send, wanted=wanted))


def _send(ports: Ports, wanted: importing.NewImport) -> None:
    importing.start_import(ports, BUSINESS, wanted, actor=people.STAFF)


def _each_once(world: World) -> Iterator[str]:
    heads = [(name[1], head) for name, head in world.store.heads.items()]
    names = Counter(head.name for subject, head in heads if subject is Subject.CUSTOMER)
    if any(names[name] != 1 for name in _NAMES):
        yield f"customers: {names}"
    owed = [head for subject, head in heads if subject is Subject.INVOICE]
    if Counter(one.external_ref for one in owed) != Counter(f"Q-{n}" for n in range(len(_NAMES))):
        yield f"invoices: {sorted(one.external_ref for one in owed)}"
    if any(one.number is None for one in owed):
        yield "an invoice stayed a draft"
    for run in (head for subject, head in heads if subject is Subject.IMPORT):
        yield from _told_rightly(world, run)


def _told_rightly(world: World, run: ImportRun) -> Iterator[str]:
    if run.finished_at is None:
        yield f"{run.id} stopped at {run.done} of {run.items}"
    for row in outcomes_of(world.ports.store.facts(BUSINESS, Subject.IMPORT, run.id)):
        kind = Subject.CUSTOMER if run.kind is ImportKind.CUSTOMERS else Subject.INVOICE
        there = (BUSINESS, kind, row.id) in world.store.heads
        if there != (row.result is not RowResult.REFUSED):
            yield f"{run.id}, row {row.row}: {row.result.value} {row.id!r}"


MOVED_IN = Scenario("imports", _moved_in, _each_once, last=2 * DAY)
