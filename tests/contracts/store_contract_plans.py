"""The store's contract, for payment plans: loaded, listed, found when an instalment is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from chalicelib.domain.due import DueKind
from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import Subject
from chalicelib.domain.payment_plan import Acceleration, PaymentPlan, Rhythm, equal_instalments
from chalicelib.domain.payment_plan_facts import InstalmentDemanded, PlanMade
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.ports.answers import StaleHead
from chalicelib.ports.rows import Change
from chalicelib.ports.store import Store
from tests.contracts import store_samples as a
from tests.contracts.store_contract_reads import pages


def new_plan(number: int, business_id: str = a.BIZ, customer_id: str = a.CUS) -> Change:
    plan = PaymentPlan(
        id=f"plan_{number}",
        business_id=business_id,
        customer_id=customer_id,
        currency="USD",
        reference=f"P-{number}",
        invoice_ids=("inv_1",),
        instalments=equal_instalments(9000, 3, date(2026, 4, 1), Rhythm.MONTHLY),
        autopay=True,
        acceleration=Acceleration(),
        days_before=7,
        zone="UTC",
        created_at=a.minutes(number),
    )
    return Change(*first_of_party(plan, PlanMade(plan), at=a.minutes(number)))


class PlansContract:
    def test_a_plan_is_read_as_it_was_written(self, store: Store) -> None:
        made = new_plan(1)
        store.append([made])
        plan = store.payment_plan(a.BIZ, "plan_1")
        assert plan == made.head
        asked = InstalmentDemanded(1, "ins_1_1")
        second = Change(*on_party(plan, asked, at=a.minutes(5)))
        store.append([second])
        assert store.payment_plan(a.BIZ, "plan_1") == second.head
        history = store.facts(a.BIZ, Subject.PLAN, "plan_1")
        assert [fact.data for fact in history] == [made.fact.data, asked]
        late = Change(*on_party(plan, replace(asked, number=2), at=a.minutes(6)))
        with pytest.raises(StaleHead):
            store.append([late])

    def test_plans_are_listed_newest_first_and_are_a_business_own(self, store: Store) -> None:
        store.append([new_plan(number) for number in (2, 3, 1)])
        store.append([new_plan(4, customer_id="cus_2")])
        store.append([new_plan(9, a.OTHER_BIZ)])
        found = pages(lambda cursor: store.payment_plans(a.BIZ, limit=3, cursor=cursor))
        assert found == [["plan_4", "plan_3", "plan_2"], ["plan_1"]]
        own = pages(lambda cursor: store.payment_plans_of(a.BIZ, a.CUS, limit=2, cursor=cursor))
        assert own == [["plan_3", "plan_2"], ["plan_1"]]
        with pytest.raises(NotFound):
            store.payment_plan(a.BIZ, "plan_9")

    def test_a_plan_is_due_when_its_next_instalment_is_to_be_asked_for(self, store: Store) -> None:
        made = new_plan(1)
        store.append([made])
        assert isinstance(made.head, PaymentPlan)
        assert made.head.next_at is not None
        found = [
            (ref.subject, ref.subject_id, ref.due_at)
            for shard in range(store.shards)
            for ref in store.due(DueKind.BILL, until=made.head.next_at, shard=shard).items
        ]
        assert found == [(Subject.PLAN, "plan_1", made.head.next_at)]
