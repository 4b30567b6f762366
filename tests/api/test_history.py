"""Timelines and audit trails: nothing is left out, and a history that was touched says where."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from chalicelib.domain.facts import Subject
from chalicelib.services.auditing import COLUMNS
from tests.api.client import Api
from tests.fakes.memory_store import FactRow


@pytest.fixture
def told(api: Api) -> tuple[Api, str, str]:
    """The API, a customer's id, and the id of its paid invoice."""
    customer = api.install.customer()
    invoice = api.install.invoice(customer)
    api.install.subscription(customer)
    api.install.settle()
    return api, customer.id, invoice.id


def test_the_timeline_has_every_fact_in_time(told: tuple[Api, str, str]) -> None:
    api, customer_id, _ = told
    found = []
    cursor = ""
    while True:
        page = api.get(f"/v1/customers/{customer_id}/timeline?limit=5{cursor}").json
        found += page["data"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    others = {Subject.BUSINESS, Subject.TEAM}
    facts = [one for one in api.install.store.all_facts() if one.subject not in others]
    assert sorted((one["subject_id"], one["seq"]) for one in found) == sorted(
        (fact.subject_id, fact.seq) for fact in facts
    )
    assert [one["at"] for one in found] == sorted((one["at"] for one in found), reverse=True)
    oldest = api.get(f"/v1/customers/{customer_id}/timeline?oldest_first=true").json["data"]
    assert oldest == found[::-1]


def test_the_timeline_is_told_in_words(told: tuple[Api, str, str]) -> None:
    api, customer_id, invoice_id = told
    number = api.get(f"/v1/invoices/{invoice_id}").json["number"]
    moments = api.get(f"/v1/customers/{customer_id}/timeline?oldest_first=true").json["data"]
    words = {(one["label"], one["words"]) for one in moments}
    assert ("Ada Byron", "Customer Ada Byron made.") in words
    assert ("Ada Byron", "visa ending 4242 saved.") in words
    assert (number, "Paid $89.00.") in words
    assert ("Platform Business", "Subscription to Platform made.") in words
    assert not [one for one in words if "{" in one[1]]


def test_the_trail_of_each_kind_is_verified(told: tuple[Api, str, str]) -> None:
    api, customer_id, invoice_id = told
    (subscription,) = api.get("/v1/subscriptions").json["data"]
    asked = {
        f"subject=invoice&id={invoice_id}": invoice_id,
        f"subject=customer&id={customer_id}": customer_id,
        f"subject=subscription&id={subscription['id']}": subscription["id"],
        "subject=business": "biz_1",
    }
    for query, subject_id in asked.items():
        trail = api.get(f"/v1/audit?{query}").json
        assert (trail["subject_id"], trail["verified"]) == (subject_id, True)
        assert trail["broken_at"] is None
        assert trail["head_hash"] == trail["data"][-1]["hash"]


def test_the_trail_as_json_lines(told: tuple[Api, str, str]) -> None:
    api, _, invoice_id = told
    answer = api.get(f"/v1/audit/export?subject=invoice&id={invoice_id}")
    assert answer.status == 303
    summary, *facts = [json.loads(line) for line in _file(api).splitlines()]
    history = api.install.store.facts("biz_1", Subject.INVOICE, invoice_id)
    assert summary == {
        "subject": "invoice",
        "subject_id": invoice_id,
        "facts": len(history),
        "verified": True,
        "head_hash": history[-1].hash,
    }
    assert [fact["hash"] for fact in facts] == [fact.hash for fact in history]
    again = api.get(f"/v1/audit/export?subject=invoice&id={invoice_id}")
    assert again.headers["Location"] == answer.headers["Location"]


def test_the_trail_as_csv_has_no_formulas(told: tuple[Api, str, str]) -> None:
    api, customer_id, _ = told
    created = api.post(
        "/v1/invoices",
        {
            "customer_id": customer_id,
            "lines": [{"description": "Work", "unit_amount": 100}],
            "auto_charge": False,
            "finalize": True,
        },
    ).json
    api.post(f"/v1/invoices/{created['id']}/cancel", {"reason": "=cmd|' /C calc'!A0"})
    assert api.get(f"/v1/audit/export?subject=invoice&id={created['id']}&format=csv").status == 303
    rows = list(csv.DictReader(io.StringIO(_file(api))))
    assert tuple(rows[0]) == COLUMNS
    assert [int(row["seq"]) for row in rows] == list(range(1, len(rows) + 1))
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def _file(api: Api) -> str:
    """What was stored last."""
    return list(api.install.files.stored.values())[-1].content.decode()


def _touch(api: Api, invoice_id: str, place: int, **changes: object) -> None:
    history = api.install.store.histories["biz_1", Subject.INVOICE, invoice_id]
    row: FactRow = list(history.values())[place]
    row.fact = replace(row.fact, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"why": "another"}, "what it says is not what was sealed"),
        ({"previous": "0" * 64}, "it does not follow the fact before it"),
        ({"seq": 9}, "fact 3 is missing"),
    ],
)
def test_a_history_that_was_touched_says_where(
    told: tuple[Api, str, str], changes: dict[str, object], reason: str
) -> None:
    api, _, invoice_id = told
    _touch(api, invoice_id, 2, **changes)
    trail = api.get(f"/v1/audit?subject=invoice&id={invoice_id}").json
    assert trail["verified"] is False
    assert trail["broken_at"]["key"] == trail["data"][2]["key"]
    assert trail["broken_at"]["reason"] == reason


def test_a_history_that_lost_its_end_says_so(told: tuple[Api, str, str]) -> None:
    api, _, invoice_id = told
    history = api.install.store.histories["biz_1", Subject.INVOICE, invoice_id]
    history.popitem()
    trail = api.get(f"/v1/audit?subject=invoice&id={invoice_id}").json
    assert trail["broken_at"]["reason"] == "the record does not end with this fact"


@pytest.mark.parametrize("subject", Subject)
def test_what_is_not_there_has_no_trail(api: Api, subject: Subject) -> None:
    answer = api.get(f"/v1/audit?subject={subject.value}&id=none_1")
    assert (answer.status, answer.code) == (404, f"{subject.value}_not_found")
