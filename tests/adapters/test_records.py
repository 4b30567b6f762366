"""What is stored comes back as it was, to the byte: for every head and every fact there is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.records import SUBJECT_OF, decode, decode_fact, decode_head, is_placed
from chalicelib.domain.canonical import canonical
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Subject, fact_hash
from chalicelib.domain.registry import HEADS, PAYLOADS
from chalicelib.ports.rows import SavedRequest, TestClock
from tests.adapters.any_record import any_fact, any_of
from tests.contracts import store_samples as a

quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("subject", HEADS, ids=str)
@quick
@given(data=st.data())
def test_a_head_comes_back_to_the_byte(subject: Subject, data: st.DataObject) -> None:
    head = data.draw(any_of(HEADS[subject]))
    text = canonical(head)
    read = decode_head(text, subject)
    assert read == head
    assert canonical(read) == text


@pytest.mark.parametrize(("subject", "kind"), PAYLOADS, ids=str)
@quick
@given(data=st.data())
def test_a_fact_comes_back_to_the_byte(subject: Subject, kind: str, data: st.DataObject) -> None:
    fact = data.draw(any_fact(subject, PAYLOADS[subject, kind]))
    text = canonical(fact)
    read = decode_fact(text)
    assert read == fact
    assert canonical(read) == text
    assert fact_hash(read) == fact_hash(fact)


@pytest.mark.parametrize("kind", [TestClock, SavedRequest])
@quick
@given(data=st.data())
def test_a_side_record_comes_back_to_the_byte(kind: type, data: st.DataObject) -> None:
    record: Any = data.draw(any_of(kind))
    assert canonical(decode(canonical(record), kind)) == canonical(record)


def test_a_field_that_this_code_does_not_know_is_ignored() -> None:
    """Newer code may have added one: the row's `v` says when that is not harmless."""
    head = a.new_customer().head
    document = json.loads(canonical(head)) | {"loyalty": 7}
    assert decode_head(json.dumps(document), Subject.CUSTOMER) == head


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id":1}', '{"business_id":"b"', "null"])
def test_what_is_no_record_is_an_alarm(text: str) -> None:
    with pytest.raises(BrokenRecord):
        decode_head(text, Subject.CUSTOMER)
    with pytest.raises(BrokenRecord):
        decode_fact(text)


def test_a_fact_of_an_unknown_kind_is_an_alarm() -> None:
    document = json.loads(canonical(a.new_customer().fact))
    for wrong in ({"kind": "promoted"}, {"subject": "invoice"}, {"data": {"customer": 7}}):
        with pytest.raises(BrokenRecord):
            decode_fact(json.dumps(document | wrong))


def test_each_head_knows_its_subject() -> None:
    assert {SUBJECT_OF[kind]: kind for kind in HEADS.values()} == HEADS


def test_a_place_is_told_from_an_outside_object() -> None:
    created = a.new_invoice()
    assert is_placed(a.held(created, "x").fact) is True
    assert is_placed(a.paid(created, "wire-1").fact) is False
    assert is_placed(created.fact) is False
