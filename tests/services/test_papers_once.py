"""A document is stored and mailed as one: drawing takes longer than all the rest of a delivery."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

from tests.fakes.install import Install


def test_an_invoice_is_drawn_once_for_its_store_and_its_mail() -> None:
    install = Install.at()
    install.business()
    invoice = install.invoice(install.customer(card=None))
    install.settle()
    assert len(install.documents.drawn) == 1
    (mail,) = install.mail.sent
    message = message_from_bytes(mail.mime, policy=default)
    (attached,) = [part for part in message.walk() if part.get_filename()]
    assert attached.get_filename() == f"invoice-{invoice.number}.pdf"
    stored = [file.content for file in install.files.stored.values()]
    assert stored == [attached.get_payload(decode=True)]
