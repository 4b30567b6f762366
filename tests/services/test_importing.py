"""Imports through the services: kept once, named when bad, finished when cut off."""

from __future__ import annotations

from datetime import UTC, date, datetime

from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.imports.values import DateOrder
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.services.importing import ImportReport, import_customers, import_invoices
from tests.fakes.install import Install

STAFF = Actor(ActorKind.STAFF, "usr_1")
CUSTOMERS = """Name,Company,Email,Terms,Language
Ada Byron,,ada@example.com,,de
Pine Ltd,Pine Ltd,pay@pine.example,Net 30,
=cmd|' /C calc'!A0,,formula@example.com,,
Nobody,,,,
"""
INVOICES = """*InvoiceNo,*Customer,*InvoiceDate,*DueDate,Item(Product/Service),ItemQuantity,\
ItemRate,*ItemAmount
1001,Pine Ltd,12/15/2025,01/14/2026,Rope,3,12.50,37.50
1001,Pine Ltd,12/15/2025,01/14/2026,Delivery,1,9.99,9.99
1002,ada byron,12/20/2025,12/27/2025,Knots,1,5.00,5.00
1003,Stranger,12/20/2025,12/27/2025,Knots,1,5.00,5.00
1004,Ada Byron,12/20/2026,12/27/2026,Knots,1,5.00,5.00
"""


def started() -> Install:
    install = Install.at(datetime(2026, 1, 2, 15, tzinfo=UTC))
    install.business()
    return install


def customers(install: Install, text: str = CUSTOMERS, *, dry_run: bool = False) -> ImportReport:
    return import_customers(install.ports, "biz_1", text.encode(), actor=STAFF, dry_run=dry_run)


def invoices(
    install: Install, text: str = INVOICES, *, finalize: bool = True, dry_run: bool = False
) -> ImportReport:
    return import_invoices(
        install.ports, "biz_1", text.encode(), actor=STAFF, finalize=finalize, dry_run=dry_run
    )


def test_customers_come_in_once_with_all_they_had() -> None:
    install = started()
    report = customers(install)
    assert [(one.row, one.reference) for one in report.imported] == [
        (2, "Ada Byron"), (3, "Pine Ltd"), (4, "=cmd|' /C calc'!A0"),
    ]  # fmt: skip
    assert [(one.row, one.reason) for one in report.rejected] == [
        (5, "The e-mail address is missing. Fill it in.")
    ]
    ada = install.store.customer("biz_1", report.imported[0].id)
    assert (ada.name, ada.email, ada.locale) == ("Ada Byron", "ada@example.com", "de")

    again = customers(install)
    assert [one.id for one in again.known] == [one.id for one in report.imported]
    assert not again.imported
    assert len(install.store.customers("biz_1").items) == 3


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    install = started()
    report = customers(install, dry_run=True)
    assert (len(report.imported), len(report.rejected)) == (3, 1)
    assert not install.store.customers("biz_1").items
    customers(install)
    told = invoices(install, dry_run=True)
    assert [one.reference for one in told.imported] == ["1001", "1002"]
    assert not install.store.invoices("biz_1").items


def test_open_invoices_keep_number_and_days_and_take_ours_without_a_gap() -> None:
    install = started()
    customers(install)
    report = invoices(install)
    kept = [install.store.invoice("biz_1", one.id) for one in report.imported]
    assert [(one.number, one.external_ref) for one in kept] == [
        ("INV-00001", "1001"), ("INV-00002", "1002"),
    ]  # fmt: skip
    pine = kept[0]
    assert (pine.issued_on, pine.due_on) == (date(2025, 12, 15), date(2026, 1, 14))
    assert (pine.totals.total, pine.bill_to.name) == (4749, "Pine Ltd")
    assert [(one.row, one.reference, one.reason) for one in report.rejected] == [
        (5, "1003", "No one customer is called 'Stranger'; import the customers first."),
        (6, "1004", "Its date lies in the future. Import it when that day has come."),
    ]
    assert install.kinds(pine) == ["created", "finalized"]

    again = invoices(install)
    assert [one.id for one in again.known] == [one.id for one in report.imported]
    assert len(install.store.invoices("biz_1").items) == 2


def test_an_import_cut_off_between_draft_and_number_is_finished_by_the_next() -> None:
    install = started()
    customers(install)
    drafts = invoices(install, finalize=False)
    statuses = {install.store.invoice("biz_1", one.id).status for one in drafts.imported}
    assert statuses == {InvoiceStatus.DRAFT}
    again = invoices(install)
    assert [one.reference for one in again.known] == ["1001", "1002"]
    statuses = {install.store.invoice("biz_1", one.id).status for one in drafts.imported}
    assert statuses == {InvoiceStatus.PENDING}


def test_customers_of_one_name_are_told_apart_by_their_address() -> None:
    install = started()
    clients = (
        "First Name,Last Name,Email Address\n"
        "Ada,Byron,one@example.com\nAda,Byron,two@example.com\nAda,Byron,ONE@example.com\n"
    )
    report = customers(install, clients)
    assert [one.row for one in report.rejected] == [4]
    rows = (
        "*ContactName,EmailAddress,*InvoiceNumber,Reference,*InvoiceDate,*DueDate,*Description,"
        "*Quantity,*UnitAmount,*TaxType\n"
        "Ada Byron,two@example.com,A-1,PO 7,2025-12-01,2025-12-31,Rope,1,5.00,\n"
        "Ada Byron,,A-2,,2025-12-01,2025-12-31,Rope,1,5.00,\n"
    )
    told = invoices(install, rows)
    kept = install.store.invoice("biz_1", told.imported[0].id)
    assert (kept.customer_id, kept.po_number) == (report.imported[1].id, "PO 7")
    assert [one.reference for one in told.rejected] == ["A-2"]


def test_days_follow_the_country_unless_told_otherwise() -> None:
    install = Install.at(datetime(2026, 5, 2, 15, tzinfo=UTC))
    install.business(country="IE")
    customers(install)
    row = (
        "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,ItemDescription,*ItemAmount\n"
        "{},Ada Byron,03/04/2026,04/04/2026,Rope,5.00\n"
    )
    (first,) = invoices(install, row.format("1")).imported
    assert install.store.invoice("biz_1", first.id).issued_on == date(2026, 4, 3)
    report = import_invoices(
        install.ports, "biz_1", row.format("2").encode(), actor=STAFF,
        date_order=DateOrder.MONTH_FIRST,
    )  # fmt: skip
    assert install.store.invoice("biz_1", report.imported[0].id).issued_on == date(2026, 3, 4)
