"""Imports in slices: each row once, whatever is run twice, cut off, reordered or corrected."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.customer import CustomerKind
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.facts import Actor, ActorKind, Subject
from chalicelib.domain.import_facts import outcomes_of
from chalicelib.domain.import_run import SLICE, Existing, ImportRun, RowOutcome, RowResult
from chalicelib.domain.imports.columns import ImportKind
from chalicelib.domain.imports.reading import Way
from chalicelib.domain.imports.sheet import MOST_ROWS
from chalicelib.domain.parties import Terms
from chalicelib.services.delivery import ref_of
from chalicelib.services.importing import NewImport, resume_import, run_slice, start_import
from tests.fakes.install import Install

STAFF = Actor(ActorKind.STAFF, "usr_1")
CREATED, CHANGED = RowResult.CREATED, RowResult.CHANGED
KNOWN, REFUSED = RowResult.KNOWN, RowResult.REFUSED
FRESHBOOKS_INVOICES = (
    "Client Name,Invoice #,Date Issued,Date Due,Invoice Status,Date Paid,Item Name,"
    "Item Description,Rate,Quantity,Discount Percentage,Line Subtotal,Tax 1 Type,Tax 1 Amount,"
    "Tax 2 Type,Tax 2 Amount,Line Total,Currency"
)


def started(**business: Any) -> Install:
    install = Install.at(datetime(2026, 3, 2, 15, tzinfo=UTC))
    install.business(**business)
    return install


def begun(install: Install, text: str | bytes, kind: str = "customers", **more: Any) -> ImportRun:
    content = text if isinstance(text, bytes) else text.encode()
    wanted = NewImport(install.ids.new("imp"), ImportKind(kind), content, **more)
    return start_import(install.ports, "biz_1", wanted, actor=STAFF)


def done(install: Install, text: str | bytes, kind: str = "customers", **more: Any) -> ImportRun:
    run = begun(install, text, kind, **more)
    install.settle()
    return install.store.import_run("biz_1", run.id)


def rows(install: Install, run: ImportRun) -> list[RowOutcome]:
    return outcomes_of(install.store.facts("biz_1", Subject.IMPORT, run.id))


def results(install: Install, run: ImportRun) -> list[tuple[int, RowResult]]:
    return [(one.row, one.result) for one in rows(install, run)]


def contacts(*names: str) -> str:
    lines = [f"{name},{name.split(' ', maxsplit=1)[0].lower()}@example.com" for name in names]
    return "\n".join(["Name,Email", *lines, ""])


def test_a_long_file_is_taken_in_by_several_messages() -> None:
    install = started()
    names = [f"N{number:03} Byron" for number in range(2 * SLICE + 30)]
    run = done(install, contacts(*names))
    assert (run.items, run.done, run.created) == (len(names), len(names), len(names))
    history = install.store.facts("biz_1", Subject.IMPORT, run.id)
    assert [fact.key for fact in history] == ["created", "slice/0", "slice/100", "slice/200"]
    assert len(install.store.customers("biz_1", limit=500).items) == len(names)


def test_ten_thousand_rows_cost_a_message_no_more_requests() -> None:
    """A message reads the whole file again, but asks the table for its own rows alone."""
    install = started()
    lines = [f"R{n},Customer Number {n} Ltd,c{n}@example.com,{n} Main St" for n in range(MOST_ROWS)]
    run = begun(install, "\n".join(["external_ref,name,email,line1", *lines, ""]))
    asked: Counter[str] = Counter()
    ports = replace(install.ports, store=Asked(install.store, asked))
    after = run_slice(ports, "biz_1", run.id)
    assert (after.done, after.items) == (SLICE, MOST_ROWS)
    assert asked.total() <= 7 * SLICE


class Asked:
    """A store that counts what it is asked."""

    def __init__(self, store: Any, asked: Counter[str]) -> None:
        self._store, self._asked = store, asked

    def __getattr__(self, name: str) -> Any:
        self._asked[name] += 1
        return getattr(self._store, name)


def test_a_slice_that_broke_off_before_its_fact_is_told_as_if_it_had_not() -> None:
    install = started()
    run = begun(install, contacts("Ada Byron", "Pine Ltd"))
    lost = install.store.import_run("biz_1", run.id)
    append = install.store.append

    def broken(changes: Any, **more: Any) -> None:
        if changes[0].fact.kind == "import_advanced":
            raise ConnectionError
        append(changes, **more)

    install.store.append = broken  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        run_slice(install.ports, "biz_1", lost.id)
    install.store.append = append  # type: ignore[method-assign]
    install.settle()
    assert results(install, run) == [(2, CREATED), (3, CREATED)]
    assert len(install.store.customers("biz_1").items) == 2


def test_an_import_whose_message_was_lost_can_be_called_for_again() -> None:
    install = started()
    run = begun(install, contacts("Ada Byron"))
    install.deliverer.deliver([ref_of(row.fact) for row in install.store.fact_rows() if row.open])
    assert [message.body["job"] for message in install.queue.take()] == ["import"]
    install.settle()
    assert install.store.import_run("biz_1", run.id).done == 0
    resume_import(install.ports, "biz_1", run.id)
    install.settle()
    assert install.store.import_run("biz_1", run.id).done == 1
    resume_import(install.ports, "biz_1", run.id)
    assert [*install.queue.take()] == []


def test_the_same_message_twice_is_one_slice() -> None:
    install = started()
    run = begun(install, contacts("Ada Byron", "Pine Ltd"))
    first, second = (run_slice(install.ports, "biz_1", run.id) for _ in range(2))
    assert first == second
    install.settle()
    assert install.store.import_run("biz_1", run.id) == first


@given(
    st.lists(st.lists(st.sampled_from(range(8)), unique=True, min_size=1), min_size=1, max_size=5)
)
@settings(max_examples=40, deadline=None)
def test_however_a_file_is_cut_and_reordered_each_customer_is_made_once(
    files: list[list[int]],
) -> None:
    install = started()
    for file in files:
        done(install, contacts(*(f"N{number} Byron" for number in file)))
    made = [one.name for one in install.store.customers("biz_1").items]
    assert sorted(made) == sorted({f"N{number} Byron" for file in files for number in file})


def test_a_row_that_was_corrected_is_taken_the_second_time() -> None:
    install = started()
    header = "Name,Email,Terms\n"
    first = done(install, header + "Ada Byron,ada@example.com,\nPine Ltd,,Net 30\n")
    assert results(install, first) == [(2, CREATED), (3, REFUSED)]
    second = done(
        install, header + "Pine Ltd,pay@pine.example,Net 30\nAda Byron,ada@example.com,\n"
    )
    assert results(install, second) == [(2, CREATED), (3, KNOWN)]


def test_what_the_file_says_otherwise_is_named_and_changed_only_if_wanted() -> None:
    install = started()
    done(install, contacts("Ada Byron"))
    text = "Name,Email,Phone,Terms\nAda Byron,new@example.com,+12075550100,Net 30\n"
    (kept,) = rows(install, done(install, text))
    assert (kept.result, kept.note) == (
        KNOWN, "The file says otherwise of: email, kind, phone, terms. Kept as it is here.",
    )  # fmt: skip
    (told,) = rows(install, done(install, text, existing=Existing.UPDATE, dry_run=True))
    assert told.result is CHANGED
    assert install.store.customer("biz_1", kept.id).email == "ada@example.com"
    run = done(install, text, existing=Existing.UPDATE)
    assert run.changed == 1
    ada = install.store.customer("biz_1", kept.id)
    assert (ada.email, ada.terms, ada.kind) == (
        "new@example.com", Terms.NET_30, CustomerKind.BUSINESS,
    )  # fmt: skip
    (again,) = rows(install, done(install, text, existing=Existing.UPDATE))
    assert (again.result, again.note) == (KNOWN, "")


def test_an_empty_cell_takes_nothing_away() -> None:
    install = started()
    done(install, "Name,Email,Phone,Terms\nAda Byron,ada@example.com,+12075550100,Net 30\n")
    text = "Name,Email,Phone,Terms\nAda Byron,ada@example.com,,\n"
    (row,) = rows(install, done(install, text, existing=Existing.UPDATE))
    assert row.result is KNOWN
    assert install.store.customer("biz_1", row.id).phone == "+12075550100"


def test_a_customer_made_by_hand_is_not_made_again_by_a_file() -> None:
    install = started()
    ada = install.customer()
    (same,) = rows(install, done(install, contacts("Ada Byron")))
    assert (same.result, same.id) == (KNOWN, ada.id)
    (other,) = rows(install, done(install, "Name,Email\nAda Byron,other@example.com\n"))
    assert (other.result, other.note) == (CREATED, f"Another customer has this name: {ada.id}.")


def test_a_freshbooks_client_whose_address_was_corrected_is_the_same_client() -> None:
    install = started()
    header = "First Name,Last Name,Email Address\n"
    (made,) = rows(install, done(install, header + "Ada,Byron,wrong@example.com\n"))
    text = header + "Ada,Byron,right@example.com\n"
    (row,) = rows(install, done(install, text, existing=Existing.UPDATE))
    assert (row.result, row.id, row.note) == (CHANGED, made.id, "Changed: email.")
    both = header + "Ada,Byron,right@example.com\nAda,Byron,sister@example.com\n"
    assert results(install, done(install, both)) == [(2, KNOWN), (3, CREATED)]


def test_our_own_columns_and_their_references() -> None:
    install = started()
    header = "external_ref,name,email,kind,auto_charge\n"
    (made,) = rows(install, done(install, header + "K-1,Ada Byron,ada@example.com,business,no\n"))
    ada = install.store.customer("biz_1", made.id)
    assert (ada.external_ref, ada.kind, ada.auto_charge) == ("K-1", CustomerKind.BUSINESS, False)
    renamed = header + "K-1,Ada King,ada@example.com,business,no\n"
    (row,) = rows(install, done(install, renamed, existing=Existing.UPDATE))
    assert (row.result, row.id, row.note) == (CHANGED, made.id, "Changed: name.")


def test_freshbooks_invoices_with_two_taxes() -> None:
    install = started()
    done(install, contacts("Ada Byron"))
    lines = [
        (
            "Ada Byron,F-1,2026-02-01,2026-03-03,sent,,Work,Repairs,100.00,2,10,180.00,"
            "GST,9.00,PST,12.60,201.60,USD"
        ),
        "Ada Byron,F-2,2026-02-01,2026-03-03,paid,2026-02-05,Work,,5.00,1,0,5.00,,,,,5.00,USD",
        "Ada Byron,F-3,2026-02-01,2026-03-03,sent,,Work,,5.00,1,0,5.00,,,,,6.00,USD",
    ]
    run = done(install, "\n".join([FRESHBOOKS_INVOICES, *lines, ""]), "invoices")
    first, paid, wrong = rows(install, run)
    invoice = install.store.invoice("biz_1", first.id)
    assert (invoice.totals.subtotal, invoice.totals.total) == (18000, 20160)
    assert (invoice.issued_on, invoice.external_ref) == (date(2026, 2, 1), "F-1")
    assert (
        paid.note == "Its status is paid; only open invoices are imported. Take it out of the file."
    )
    assert wrong.note == (
        "Its totals add up to 6.00, its lines to 5.00. "
        "Correct the lines; their prices are read as before tax."
    )


def test_our_own_invoices_with_a_decimal_comma_and_days_that_prove_their_order() -> None:
    install = started()
    done(install, "external_ref,name,email\nK-1,Ada Byron,ada@example.com\n")
    text = (
        "invoice_number;customer_ref;customer;issued_on;due_on;description;quantity;unit_amount;"
        "tax_percent\n"
        "A-1;K-1;;03.02.2026;28.02.2026;Rope;2,5;1.200,50;20\n"
    )
    run = done(install, text, "invoices")
    (row,) = rows(install, run)
    invoice = install.store.invoice("biz_1", row.id)
    assert (run.options.order.value, run.options.mark.value) == ("DD/MM/YYYY", "comma")
    assert (invoice.totals.subtotal, invoice.totals.tax) == (300125, 60025)
    assert invoice.issued_on == date(2026, 2, 3)


def test_what_can_be_read_two_ways_is_said() -> None:
    install = started()
    done(install, contacts("Ada Byron"))
    header = "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,ItemDescription,ItemRate,*ItemAmount\n"
    text = header + '1,Ada Byron,01/02/2026,02/02/2026,Rope,"1,200","1,200"\n'
    run = done(install, text, "invoices")
    assert [note.split(" can ")[0] for note in run.notes] == [
        "Days such as '01/02/2026'", "Numbers such as '1,200'",
    ]  # fmt: skip
    (row,) = rows(install, run)
    invoice = install.store.invoice("biz_1", row.id)
    assert (invoice.issued_on, invoice.totals.total) == (date(2026, 1, 2), 120000)


def test_an_invoice_that_is_here_with_another_amount_is_kept_and_said() -> None:
    install = started()
    done(install, contacts("Ada Byron"))
    header = "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,ItemDescription,*ItemAmount\n"
    done(install, header + "1,Ada Byron,2026-01-02,2026-02-02,Rope,5.00\n", "invoices")
    text = header + "1,Ada Byron,2026-01-02,2026-02-02,Rope,6.00\n"
    (row,) = rows(install, done(install, text, "invoices"))
    assert row.result is KNOWN
    assert row.note.startswith("It is here already with another amount.")
    assert len(install.store.invoices("biz_1").items) == 1


SUBSCRIPTIONS = (
    "subscription_ref,customer,customer_email,product,interval,unit_amount,start_on,"
    "contract_end_on,bill_from\n"
)


def test_subscriptions_go_on_where_they_were_billed_before() -> None:
    install = started()
    done(install, contacts("Ada Byron"))
    text = SUBSCRIPTIONS + (
        "S-1,Ada Byron,,Platform,monthly,89.00,2026-01-31,2026-12-30,\n"
        "S-2,,ada@example.com,Storage,yearly,120,2026-04-01,,\n"
        "S-3,Ada Byron,,Platform,monthly,89.00,2026-01-31,2026-12-30,2026-01-31\n"
        "S-4,Ada Byron,,Platform,monthly,89.00,2025-01-01,2025-12-31,\n"
        "S-5,Stranger,,Platform,monthly,89.00,2026-01-01,,\n"
        "S-6,Ada Byron,,Platform,weekly,89.00,2026-01-01,,\n"
    )
    run = done(install, text, "subscriptions")
    assert results(install, run) == [
        (2, CREATED), (3, CREATED), (4, CREATED), (5, REFUSED), (6, REFUSED), (7, REFUSED),
    ]  # fmt: skip
    first, second, third, *bad = rows(install, run)
    one = install.store.subscription("biz_1", first.id)
    assert (one.starts_on(0), one.starts_on(1)) == (date(2026, 3, 31), date(2026, 4, 30))
    assert first.note == "Billed here from 2026-03-31 on; what came before is billed elsewhere."
    assert second.note == ""
    assert install.store.subscription("biz_1", third.id).starts_on(0) == date(2026, 1, 31)
    assert [row.note for row in bad] == [
        "Its contract is over; nothing is left to bill. Take it out of the file.",
        "No one customer is called 'Stranger'; import the customers first.",
        "The interval is monthly, quarterly or yearly.",
    ]
    again = done(install, text.replace("120,", "130,"), "subscriptions")
    notes = [one.note for one in rows(install, again)][:2]
    assert notes == ["", "It is here already with another unit_amount, and is kept so."]


def test_a_file_refused_as_a_whole_leaves_nothing_behind() -> None:
    install = started()
    with pytest.raises(InvalidInput):
        begun(install, "nothing to see", way=Way())
    assert not install.files.stored
    assert install.store.import_runs("biz_1").items == ()
