"""A day of a whole install over the adapter and the fake at once, and what it may cost at most.

Every service call's every store call is answered by both and compared; so the fake that services
and simulation rest on is held to the adapter in the very ways they use it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.table_costs import Cost, live_through, twin_install

READS_ONE_ROW = {
    "business", "customer", "subscription", "invoice", "next_number", "watermark", "portal_link",
    "owner_of",
}  # fmt: skip
ONE_QUERY = {
    "facts", "network_tries", "memberships", "due, step", "due, bill", "due, remind", "due, effects"
}  # fmt: skip


@pytest.fixture(scope="module")
def costs() -> Iterator[dict[str, Cost]]:
    with twin_install(shards=1) as (install, twin):
        live_through(install, days=1)
        yield dict(twin.costs)


def test_one_row_is_one_request_and_one_unit(costs: dict[str, Cost]) -> None:
    for name in READS_ONE_ROW:
        requests, written, read = costs[name].each
        assert (requests, written) == (1, 0), name
        assert read <= 2, name


def test_one_question_is_one_query(costs: dict[str, Cost]) -> None:
    for name in ONE_QUERY:
        assert costs[name].each[:2] == (1, 0), name


def test_lists_cost_a_query_for_each_group_and_one_batch(costs: dict[str, Cost]) -> None:
    assert costs["invoices"].each[0] == 4
    assert costs["subscriptions"].each[0] == 4
    assert costs["customers"].each[0] == 2
    assert costs["invoices_of"].each[0] <= 4


def test_a_sorted_list_costs_a_query_for_each_status_and_one_batch(costs: dict[str, Cost]) -> None:
    assert costs["listed"].each[0] == 3
    assert costs["found"].each[0] == costs["read_heads"].each[0] == 1
    assert costs["facts_of"].each[0] == 3
    for name in ("listed", "found", "facts_of", "read_heads"):
        assert costs[name].each[1] == 0, name


def test_a_change_is_one_transaction(costs: dict[str, Cost]) -> None:
    most = {
        "invoice.payment_opened": 8,
        "invoice.charge_failed": 22,
        "invoice.charge_succeeded": 30,  # six of them because an invoice changes its shelf
    }
    for name, units in most.items():
        assert costs[name].each[0] == 1, name
        assert costs[name].each[1] <= units, name
    assert costs["invoice.attempt_started + NetworkTry"].each[1] <= 20


def test_bulk_billing_costs_what_its_rows_cost(costs: dict[str, Cost]) -> None:
    """Four rows an invoice, and the counter once: nothing that grows with what is there already."""
    bulk = [one for name, one in costs.items() if "invoice.issued" in name]
    assert bulk
    for cost in bulk:
        assert cost.each[0] == 1


def test_an_effect_is_claimed_and_finished_in_three_requests(costs: dict[str, Cost]) -> None:
    assert costs["claim"].each[0] == 1
    assert costs["finish"].each[0] == 2
    assert costs["claim"].each[1] + costs["finish"].each[1] <= 8
