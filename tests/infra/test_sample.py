"""The sample business on the deployed stack: written here, worked off by its Lambdas."""

from __future__ import annotations

import time

import pytest

from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.ports import Ports
from chalicelib.ports.rows import Membership
from infra.local.inside import ports_inside
from infra.local.sample import BUSINESS_ID, MEMBERS, SAMPLES, load_sample_data
from infra.local.world import World

PATIENCE_SECONDS = 150
SETTLED = {
    "cus_ada": InvoiceStatus.PAID,
    "cus_grace": InvoiceStatus.PENDING,
    "cus_tidewater": InvoiceStatus.PROCESSING,
    "cus_hanako": InvoiceStatus.PAID,
}


def statuses(ports: Ports) -> dict[str, InvoiceStatus]:
    found = ports.store.invoices(BUSINESS_ID).items
    tried = [one for one in found if one.attempts]
    return {one.customer_id: one.status for one in tried if one.customer_id in SETTLED}


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
    while statuses(ports) != SETTLED and time.monotonic() < deadline:
        time.sleep(0.5)
    assert statuses(ports) == SETTLED
    drafts = [
        one.id
        for one in ports.store.invoices(BUSINESS_ID).items
        if one.status is InvoiceStatus.DRAFT
    ]
    assert drafts == ["inv_draft"]
