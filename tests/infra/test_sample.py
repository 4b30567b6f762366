"""The sample business on the deployed stack: written here, worked off by its Lambdas."""

from __future__ import annotations

import time

import pytest

from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.domain.invoice_facts import ChargeFailed, ChargeProcessing, ChargeSucceeded
from chalicelib.ports import Ports
from chalicelib.ports.rows import Membership
from infra.local.inside import ports_inside
from infra.local.sample import BUSINESS_ID, MEMBERS, SAMPLES, load_sample_data
from infra.local.world import World

PATIENCE_SECONDS = 150
FIRST_HEARD = {
    "cus_ada": ChargeSucceeded,
    "cus_grace": ChargeFailed,
    "cus_tidewater": ChargeProcessing,  # a bank debit: the money comes some days later
    "cus_hanako": ChargeSucceeded,
}
OUTCOMES = tuple(set(FIRST_HEARD.values()))


def first_heard(ports: Ports) -> dict[str, type]:
    """What came of the first charge, which stands however long this machine takes to look."""
    heard: dict[str, type] = {}
    for one in ports.store.invoices(BUSINESS_ID).items:
        if one.customer_id in FIRST_HEARD and one.attempts:
            for fact in ports.store.facts(BUSINESS_ID, Subject.INVOICE, one.id):
                if isinstance(fact.data, OUTCOMES):
                    heard.setdefault(one.customer_id, type(fact.data))
    return heard


@pytest.mark.emulator
def test_the_sample_business_is_there_once_and_its_lambdas_charge_it(stack: World) -> None:
    load_sample_data(stack.outputs)
    load_sample_data(stack.outputs)
    ports = ports_inside(stack.outputs)
    customers = ports.store.customers(BUSINESS_ID).items
    assert sorted(one.id for one in customers) == sorted(one.customer.id for one in SAMPLES)
    for subject, role in MEMBERS.items():
        assert Membership(subject, BUSINESS_ID, role) in ports.store.memberships(subject)

    deadline = time.monotonic() + PATIENCE_SECONDS
    while first_heard(ports) != FIRST_HEARD and time.monotonic() < deadline:
        time.sleep(0.5)
    story = ports.store.facts(BUSINESS_ID, Subject.INVOICE, "inv_tidewater")
    assert first_heard(ports) == FIRST_HEARD, [(one.at, one.data) for one in story[2:]]
    drafts = [
        one.id
        for one in ports.store.invoices(BUSINESS_ID).items
        if one.status is InvoiceStatus.DRAFT
    ]
    assert drafts == ["inv_draft"]
