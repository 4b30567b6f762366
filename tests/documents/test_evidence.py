"""The evidence packet as a file: archival, the same again, whatever is written in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from chalicelib.adapters.documents import TypstDocuments
from chalicelib.adapters.documents.evidence_page import evidence_page
from chalicelib.documents import PageSize, PartyView
from chalicelib.evidence import EvidenceView, PointView, SectionView
from tests.documents.test_typst import any_text, is_archival

PACKET = EvidenceView(
    number="du_3QxYz2AbCdEf",
    issuer=PartyView("Harbour & Pine Ltd", ("14 Quay", "Dublin D02"), email="b@harbour.example"),
    payer=PartyView("Zoë Müller", ("Hauptstr. 1", "10115 Berlin"), email="zoe@example.com"),
    amount=8900,
    currency="USD",
    reason="the cardholder did not make it",
    rendered_at=datetime(2026, 11, 3, 9, tzinfo=UTC),
    facts=(("Dispute", "du_3QxYz2AbCdEf"), ("Charge", "ch_3QxYz2AbCdEfGhIj0K")),
    statement="They have used it every week.\n\nThe cardholder confirmed it.",
    sections=(
        SectionView(
            "Messages to the customer",
            "Each was taken by the mail system.",
            ("Sent at (UTC)", "Message", "Message id"),
            tuple((f"2026-10-{day:02} 09:00", "E-mail: receipt", "0102") for day in range(1, 31)),
        ),
        SectionView(
            "Every try of this payment",
            "",
            ("Tried at (UTC)", "Asked for by", "Paid with", "3-D Secure", "Result"),
            (("2026-10-03 09:00", "Staff", "Visa ending 4242", "passed", "succeeded"),),
        ),
    ),
)


@pytest.fixture(scope="module")
def documents() -> TypstDocuments:
    return TypstDocuments()


def test_it_is_pdf_a_3a_and_pdf_ua_1_on_two_pages(documents: TypstDocuments) -> None:
    drawn = documents.evidence(PACKET)
    assert is_archival(drawn)
    assert b"<xmpTPg:NPages>2<" in drawn


def test_the_same_packet_is_the_same_file(documents: TypstDocuments) -> None:
    assert documents.evidence(PACKET) == TypstDocuments().evidence(PACKET)
    other = replace(PACKET, statement="Another.")
    assert documents.evidence(other) != documents.evidence(PACKET)


def test_it_may_be_bare_and_on_letter_paper(documents: TypstDocuments) -> None:
    bare = replace(PACKET, sections=(), statement="", facts=(), page_size=PageSize.US_LETTER)
    assert is_archival(documents.evidence(bare))


SUMMED = replace(
    PACKET,
    sections=tuple(
        replace(one, exhibit=letter) for letter, one in zip("AB", PACKET.sections, strict=True)
    ),
    summary=(
        PointView("What was sold?", ("Platform, October: 89.00 USD.",), ("A",)),
        PointView("Why should the claim be refused?", ("They used it.", "They paid before."), ()),
    ),
)


def test_a_summary_has_the_first_page_and_the_exhibits_follow(documents: TypstDocuments) -> None:
    drawn = documents.evidence(SUMMED)
    assert is_archival(drawn)
    assert b"<xmpTPg:NPages>2<" in drawn
    page = evidence_page(SUMMED)
    assert [one.exhibits for one in page.summary] == [["Exhibit A"], []]
    assert [one.exhibit for one in page.sections] == ["Exhibit A", "Exhibit B"]


def test_a_summary_longer_than_a_page_goes_on(documents: TypstDocuments) -> None:
    long = PointView("What was sold?", tuple(f"Line {n} of the invoice." for n in range(120)))
    assert is_archival(documents.evidence(replace(SUMMED, summary=(long,))))


@given(text=any_text)
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_text_stops_it(documents: TypstDocuments, text: str) -> None:
    section = SectionView("A title", text, (text, text, text), ((text, text, text),))
    point = PointView("A question", (text, text), (text,))
    view = replace(
        PACKET,
        statement=text,
        reason=text,
        facts=((text, text),),
        sections=(section,),
        summary=(point,),
    )
    assert is_archival(documents.evidence(view))
