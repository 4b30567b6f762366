"""The demo on fakes: the files as committed, a small company's life, and a proof that can fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.domain.customer import Customer, CustomerKind
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.services import customers
from infra.local import payer
from infra.local.demo import proof, tables
from infra.local.demo.__main__ import ports_and_secrets
from infra.local.demo.cast import FUNDS, GOOD, PARTS, VISA, Part, own_number, parts_for
from infra.local.demo.company import Company, _settle_in, found, move_in
from infra.local.demo.files import DATA, all_files
from infra.local.demo.life import Life
from infra.local.demo.proof import Books, prove, read_books
from infra.local.demo.working import Workers
from infra.local.fake_stripe.cards import passes_luhn
from infra.local.fake_stripe.server import FakeStripeServer
from infra.local.world import World
from tests.fakes.install import WEBHOOK_SECRET, Install

REFUSED = {
    "quickbooks-customers.csv": [4, 13, 29, 57, 82],
    "xero-contacts.csv": [8, 42],
    "freshbooks-clients.csv": [12],
    "quickbooks-invoices.csv": [5, 11, 17, 23, 32],
    "xero-sales-invoices.csv": [4, 9],
}
TAKEN = {
    "quickbooks-customers.csv": 120,
    "xero-contacts.csv": 70,
    "freshbooks-clients.csv": 40,
    "quickbooks-invoices.csv": 24,
    "xero-sales-invoices.csv": 14,
}


@dataclass
class Stage:
    """An install whose Stripe is reached over HTTP, as the demo does."""

    install: Install
    stripe: payer.Stripe
    workers: Workers

    def life_of(self, company: Company) -> Life:
        return Life(company, self.workers, [WEBHOOK_SECRET])

    def proven(self, life: Life) -> tuple[Books, dict[str, Any]]:
        company = life.company
        books = read_books(self.workers.ports, company.business_id, self.workers.each, life.now)
        return books, self.stripe.books()["accounts"][company.account]["currencies"]


@pytest.fixture
def stage() -> Iterator[Stage]:
    install = Install.at(datetime.now(UTC))
    server = FakeStripeServer(install.stripe)
    state = install.stripe.state
    state.options = replace(state.options, base_url=server.url)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield Stage(install, payer.Stripe(server.url), Workers(install.ports, at_once=1))
    server.shutdown()
    server.server_close()


def test_the_files_are_as_their_script_writes_them() -> None:
    committed = {path.name: path.read_bytes().decode() for path in sorted(DATA.glob("*.csv"))}
    assert committed == dict(sorted(all_files().items()))


def test_every_part_is_played_and_each_own_card_passes_its_check_digit() -> None:
    assert {part.name for part in parts_for(184)} >= {part.name for part in PARTS}
    numbers = [own_number(VISA, index) for index in range(100)]
    assert len(set(numbers)) == 100
    assert all(passes_luhn(number) for number in numbers)


def test_a_company_moves_in_lives_and_adds_up(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    company = found(stage.workers.ports, stage.stripe)
    move_in(company, stage.workers.each, most=105)
    refused = {
        name: [one.row for one in report.rejected] for name, report in company.reports.items()
    }
    assert refused == REFUSED
    assert {name: len(report.imported) for name, report in company.reports.items()} == TAKEN
    life = stage.life_of(company)
    for day in range(22):
        life.live_day(day)
    life.finish()
    books, stripe_books = stage.proven(life)
    proven = prove(books, stripe_books)
    assert proven.problems == []
    assert proven.trial["bank"] > 0
    tables.print_imports(company)
    tables.print_books(books)
    tables.print_proof(proven, books)
    told = capsys.readouterr().out
    for step in (*proof._SLOTS.values(), "new card", "portal", "3-D Secure in the portal"):
        assert step in told, step
    assert "each head the fold of its facts" in told


def one_customer(stage: Stage, part: Part) -> tuple[Life, Customer]:
    """A company of one, who plays the part."""
    company = found(stage.workers.ports, stage.stripe)
    customer = customers.create_customer(
        stage.workers.ports,
        Customer(
            id="cus_1", business_id=company.business_id, kind=CustomerKind.INDIVIDUAL,
            name="Ada Byron", email="ada@example.com",
        ),
        actor=company.staff,
    )  # fmt: skip
    company.parts[customer.id] = part
    _settle_in(company, customer.id, 0)
    return stage.life_of(company), customer


def test_a_proof_finds_a_lost_fact_a_changed_amount_and_a_wrong_book(stage: Stage) -> None:
    life, _ = one_customer(stage, Part("pays", card=GOOD))
    for day in range(3):
        life.live_day(day)
    life.finish()
    books, stripe_books = stage.proven(life)
    (invoice,) = books.invoices
    assert invoice.status is InvoiceStatus.PAID
    assert prove(books, stripe_books).problems == []

    place = books.heads.index(invoice)
    broken = [list(history) for history in books.histories]
    broken[place][1] = replace(broken[place][1], why="Somebody was here.")
    assert prove(replace(books, histories=broken), stripe_books).problems == [
        f"invoice {invoice.id}: its chain is broken"
    ]
    heads = [*books.heads]
    heads[place] = replace(invoice, amount_paid=0)
    assert f"invoice {invoice.id}: it is not the fold of its facts" in (
        prove(replace(books, heads=heads), stripe_books).problems
    )
    usd = {**stripe_books["usd"], "fees": stripe_books["usd"]["fees"] + 1}
    fee = -stripe_books["usd"]["fees"]
    assert prove(books, {"usd": usd}).problems == [f"fees: ours {-fee}, Stripe's {1 - fee}"]
    assert prove(replace(books, undelivered=2), stripe_books).problems == [
        "2 effects are not delivered"
    ]


def test_a_card_declined_while_it_is_saved_is_refused_on_the_page(stage: Stage) -> None:
    life, customer = one_customer(stage, Part("none", by_hand=True))
    with pytest.raises(payer.PageRefusedError, match="402"):
        life.company.save_method(customer, Part("bad"), "4000000000000002", "first")


@pytest.mark.emulator
def test_the_deployed_stack_from_within_while_its_own_workers_stay_away(stack: World) -> None:
    """Two days over the real table, S3, SES and HTTP; the stream's Lambda leaves them alone."""
    ports, secrets = ports_and_secrets(stack.outputs)
    stripe = payer.Stripe(stack.outputs["StripeUrl"])
    here = Stage(Install.at(), stripe, Workers(ports, at_once=4))
    stripe.do("pump", paused=True)
    try:
        life, customer = one_customer(here, Part("once", card=VISA, answers=(FUNDS,)))
        life.secrets = secrets
        for day in range(2):
            life.live_day(day)
        life.finish()
        books, stripe_books = here.proven(life)
    finally:
        stripe.do("pump", paused=False)
    assert prove(books, stripe_books).problems == []
    assert proof.by_step(books) == {"retry at once": [1, 1900]}
    # Other tests share the stack, and the address.
    mails = [mail for mail in stack.mailbox.mails() if customer.email in mail.to]
    assert len([mail for mail in mails if "LR-00001" in mail.subject]) == 2
