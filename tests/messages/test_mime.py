"""The bytes that are sent: readable again, the same each time, closed to injected headers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from chalicelib.messages import Attachment, Mailbox, UnsafeHeaderError, compose, to_mime
from tests.messages.samples import BASE, BUSINESS

PDF = Attachment("INV-2026-00418.pdf", b"%PDF-1.7 " + bytes(range(256)))
SENDER = Mailbox("billing@harbourpine.example", "Harbour & Pine Ltd")
KEY = "inv_8HqZ0000000000000000000000000000/failed/2/2026-11-03T09:00:00Z/mail"


def sent(**changed: Any) -> bytes:
    arguments: dict[str, Any] = {
        "message": compose(BASE),
        "sender": SENDER,
        "recipient": Mailbox("zoe@example.com", "Zoë Müller"),
        "message_id": "8f14e45f@mail.harbourpine.example",
        "date": datetime(2026, 10, 1, 9, 0, tzinfo=UTC),
        "notice_key": KEY,
        "attachments": (PDF,),
    }
    arguments.update(changed)
    return to_mime(arguments.pop("message"), **arguments)


def parsed(mime: bytes) -> EmailMessage:
    return message_from_bytes(mime, policy=default)


def test_it_reads_back() -> None:
    mail = parsed(sent())
    message = compose(BASE)
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == message.text.splitlines()
    assert html.get_content().splitlines() == message.html.splitlines()
    [attached] = mail.iter_attachments()
    assert attached.get_filename() == "INV-2026-00418.pdf"
    assert attached.get_content() == PDF.content


def test_headers() -> None:
    mail = parsed(
        sent(reply_to=Mailbox("help@harbourpine.example"), list_unsubscribe="https://x/u")
    )
    assert mail["From"] == "Harbour & Pine Ltd <billing@harbourpine.example>"
    assert mail["To"] == "Zoë Müller <zoe@example.com>"
    assert mail["Subject"] == compose(BASE).subject
    assert mail["Date"] == "Thu, 01 Oct 2026 09:00:00 +0000"
    assert mail["Message-ID"] == "<8f14e45f@mail.harbourpine.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Duecourse-Notice"] == KEY
    assert mail["Reply-To"] == "help@harbourpine.example"
    assert mail["List-Unsubscribe"] == "<https://x/u>"


def test_the_same_notice_is_the_same_bytes() -> None:
    assert sent() == sent()
    assert sent() != sent(message_id="other@mail.harbourpine.example")


def test_lines_end_as_mail_wants_and_stay_short() -> None:
    mime = sent()
    assert b"\n" not in mime.replace(b"\r\n", b"")
    assert max(len(line) for line in mime.split(b"\r\n")) <= 120


def test_a_name_cannot_add_a_header() -> None:
    evil = "Harbour\r\nBcc: victim@example.com\r\n\r\n<b>body</b>"
    message = replace(compose(BASE), subject=f"Invoice {evil}")
    mail = parsed(sent(message=message, sender=replace(SENDER, name=evil), attachments=()))
    assert mail["Bcc"] is None
    assert mail["From"].addresses[0].addr_spec == SENDER.address
    assert mail["Subject"] == "Invoice Harbour Bcc: victim@example.com <b>body</b>"


@pytest.mark.parametrize(
    "address",
    ["", "zoe", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "a b@c.example",
     "<a@b.example>", "a@b", "a..b@c.example", "zoë@c.example", "a@b.example\n",
     f"{'a' * 250}@b.example"],
)  # fmt: skip
def test_only_one_plain_address_is_taken(address: str) -> None:
    with pytest.raises(UnsafeHeaderError):
        sent(recipient=Mailbox(address))


@pytest.mark.parametrize("field", ["notice_key", "message_id", "list_unsubscribe"])
@pytest.mark.parametrize("value", ["a\r\nBcc: x@y.example", "a b", "ключ", ""])
def test_tokens_are_tokens(field: str, value: str) -> None:
    with pytest.raises(UnsafeHeaderError):
        sent(**{field: value})


def test_a_file_name_is_only_a_name() -> None:
    mail = parsed(sent(attachments=(replace(PDF, file_name='../../a"\r\nX: y\u202e.pdf'),)))
    [attached] = mail.iter_attachments()
    assert attached.get_filename() == ".._.._a_ X_ y .pdf"
    assert mail["X"] is None


def test_half_a_character_does_not_cost_the_mail() -> None:
    broken = compose(replace(BASE, to_name="Zo\ud83d", business=replace(BUSINESS, name="\udc00")))
    assert b"Content-Type" in sent(message=broken, sender=replace(SENDER, name="\ud800"))
