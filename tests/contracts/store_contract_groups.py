"""The store's contract, for billing groups and imports: loaded, listed, one business's own."""

from __future__ import annotations

import pytest

from chalicelib.domain.due import DueKind
from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import Subject
from chalicelib.domain.group import Group, GroupMember
from chalicelib.domain.group_facts import BillingDayPassed, CustomerJoined, GroupCreated
from chalicelib.domain.import_facts import ImportAdvanced, ImportStarted
from chalicelib.domain.import_run import ImportOptions, ImportRun, RowOutcome, RowResult
from chalicelib.domain.imports.columns import ImportKind, MappedColumn, Source
from chalicelib.domain.imports.values import DateOrder, DecimalMark
from chalicelib.domain.parties import Terms
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.ports.answers import StaleHead
from chalicelib.ports.rows import Change
from chalicelib.ports.store import Store
from tests.contracts import store_samples as a
from tests.contracts.store_contract_reads import pages


def new_group(name: str, business_id: str = a.BIZ) -> Change:
    group = Group(
        f"grp_{name}", business_id, name, "Ann Lee", "ap@acme.example", Terms.NET_7, f"cus_{name}"
    )
    return Change(*first_of_party(group, GroupCreated(group), at=a.NOON))


def new_import(number: int, business_id: str = a.BIZ) -> Change:
    run = ImportRun(
        id=f"imp_{number}",
        business_id=business_id,
        kind=ImportKind.CUSTOMERS,
        source=Source.XERO,
        dry_run=False,
        file_key=f"{business_id}/imports/abc.csv",
        file_name="customers.csv",
        rows=2,
        items=2,
        options=ImportOptions(DateOrder.DAY_FIRST, DecimalMark.COMMA),
        encoding="utf-8",
        separator=";",
        mapping=(MappedColumn("*ContactName", "name"),),
        created_at=a.minutes(number),
    )
    return Change(*first_of_party(run, ImportStarted(run), at=a.minutes(number)))


class GroupsContract:
    def test_a_group_is_read_as_it_was_written(self, store: Store) -> None:
        made = new_group("acme")
        store.append([made])
        group = store.group(a.BIZ, "grp_acme")
        assert group == made.head
        joined = CustomerJoined(GroupMember("cus_1", a.NOON.date()))
        second = Change(*on_party(group, joined, at=a.NOON))
        store.append([second])
        assert store.group(a.BIZ, "grp_acme") == second.head
        history = store.facts(a.BIZ, Subject.GROUP, "grp_acme")
        assert [fact.data for fact in history] == [made.fact.data, joined]

    def test_two_who_change_a_group_at_once_do_not_overwrite_each_other(self, store: Store) -> None:
        made = new_group("acme")
        store.append([made])
        assert isinstance(made.head, Group)
        for customer_id in ("cus_1", "cus_2"):
            joined = CustomerJoined(GroupMember(customer_id, a.NOON.date()))
            change = Change(*on_party(made.head, joined, at=a.NOON))
            if customer_id == "cus_1":
                store.append([change])
                continue
            with pytest.raises(StaleHead):
                store.append([change])

    def test_groups_are_listed_by_name_and_are_a_business_own(self, store: Store) -> None:
        store.append([new_group(name) for name in ("zebra", "Acme", "mill")])
        store.append([new_group("other", a.OTHER_BIZ)])
        found = pages(lambda cursor: store.groups(a.BIZ, limit=2, cursor=cursor))
        assert found == [["grp_Acme", "grp_mill"], ["grp_zebra"]]
        assert pages(lambda cursor: store.groups("biz_none", cursor=cursor)) == [[]]
        with pytest.raises(NotFound):
            store.group(a.BIZ, "grp_other")

    def test_a_group_whose_billing_day_has_come_is_due(self, store: Store) -> None:
        group = Group(
            "grp_day", a.BIZ, "Acme", "Ann Lee", "ap@acme.example", Terms.NET_7, "cus_payer",
            billing_day=15, next_bill_at=a.NOON,
        )  # fmt: skip
        made = Change(*first_of_party(group, GroupCreated(group), at=a.NOON))
        store.append([made])
        assert due_groups(store) == ["grp_day"]
        assert isinstance(made.head, Group)
        passed = BillingDayPassed(a.NOON.date(), a.minutes(30))
        store.append([Change(*on_party(made.head, passed, at=a.NOON))])
        assert due_groups(store) == []
        assert store.group(a.BIZ, "grp_day").next_bill_at == a.minutes(30)


def due_groups(store: Store) -> list[str]:
    """Those whose billing has to begin by noon, over all shards."""
    found = (
        store.due(DueKind.BILL, until=a.NOON, shard=shard).items for shard in range(store.shards)
    )
    return [one.subject_id for refs in found for one in refs if one.subject is Subject.GROUP]


class ImportsContract:
    def test_an_import_is_read_as_it_was_written(self, store: Store) -> None:
        made = new_import(1)
        store.append([made])
        assert isinstance(made.head, ImportRun)
        outcomes = (
            RowOutcome(2, RowResult.CREATED, "Grün GmbH", "cus_1"),
            RowOutcome(3, RowResult.REFUSED, "", note="The e-mail address is missing."),
        )
        advanced = ImportAdvanced(0, outcomes, "biz_1/imports/def.csv")
        second = Change(*on_party(made.head, advanced, at=a.minutes(2)))
        store.append([second])
        run = store.import_run(a.BIZ, "imp_1")
        assert run == second.head
        assert (run.created, run.refused, run.finished_at) == (1, 1, a.minutes(2))
        assert store.facts(a.BIZ, Subject.IMPORT, "imp_1")[1].data == advanced

    def test_imports_are_listed_newest_first_and_are_a_business_own(self, store: Store) -> None:
        store.append([new_import(number) for number in (2, 3, 1)])
        store.append([new_import(9, a.OTHER_BIZ)])
        found = pages(lambda cursor: store.import_runs(a.BIZ, limit=2, cursor=cursor))
        assert found == [["imp_3", "imp_2"], ["imp_1"]]
        with pytest.raises(NotFound):
            store.import_run(a.BIZ, "imp_9")
