"""An invoice sent again: to whom, what goes with it, who asked, and what is refused."""

from __future__ import annotations

from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from chalicelib.domain.customer import Customer
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.group import Group
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.parties import Terms
from chalicelib.services import credit_notes, groups, invoices, write_offs
from chalicelib.services.credit_notes import Right
from chalicelib.services.delivery import ref_of
from tests.api.client import Api
from tests.fakes.outside import SentMail

DUE = date(2026, 1, 20)


@pytest.fixture
def ada(api: Api) -> Customer:
    return api.install.customer(auto_charge=False)


def path_of(invoice: Invoice) -> str:
    return f"/v1/invoices/{invoice.id}/send"


def read(mail: SentMail) -> EmailMessage:
    message = message_from_bytes(mail.mime, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(mail: SentMail) -> str:
    body = read(mail).get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def paper_of(mail: SentMail) -> Any:
    (found,) = [part for part in read(mail).walk() if part.get_filename()]
    return found.get_payload(decode=True)


def test_the_same_paper_goes_to_the_address_of_today(api: Api, ada: Customer) -> None:
    invoice = api.install.invoice(ada, due_on=DUE)
    api.install.settle()
    api.patch(f"/v1/customers/{ada.id}", {"email": "new@example.com"})
    answer = api.post(path_of(invoice), {"reason": "Lost."})
    assert (answer.status, answer.json["id"]) == (200, invoice.id)
    api.install.settle()
    first, again = api.install.mail.sent
    assert (first.recipient, again.recipient) == ("ada@example.com", "new@example.com")
    assert paper_of(again) == paper_of(first)
    assert read(again)["Subject"] == read(first)["Subject"]
    assert len(api.install.documents.drawn) == 1


def test_who_sent_it_and_why_is_in_the_record(api: Api, ada: Customer) -> None:
    invoice = api.install.invoice(ada, due_on=DUE)
    api.post(path_of(invoice), {"reason": "Lost."})
    fact = api.get(f"/v1/invoices/{invoice.id}/facts").json["data"][-1]
    assert (fact["kind"], fact["why"]) == ("sent_again", "Lost.")
    assert fact["actor"] == {"kind": "staff", "id": "user_admin"}


def test_the_same_key_is_one_mail_and_another_key_another(api: Api, ada: Customer) -> None:
    invoice = api.install.invoice(ada, due_on=DUE)
    for key in ("one", "one", "two"):
        api.post(path_of(invoice), {}, key=key)
    api.install.settle()
    assert len(api.install.mail.sent) == 3  # the first, and two
    assert api.install.kinds(invoice).count("sent_again") == 2
    kept = invoices.send_again(
        api.install.ports, "biz_1", invoice.id, send_id=_send_ids(api, invoice)[0], actor=SYSTEM
    )
    assert kept.version == api.install.read(invoice).version


def _send_ids(api: Api, invoice: Invoice) -> list[str]:
    return [one.data.send_id for one in api.install.history(invoice) if one.kind == "sent_again"]


def test_before_its_paper_is_stored_the_same_one_is_drawn(api: Api, ada: Customer) -> None:
    """Sent again at once, the second mail may be made before the first."""
    invoice = api.install.invoice(ada, due_on=DUE)
    api.post(path_of(invoice), {})
    (fact,) = [one for one in api.install.history(invoice) if one.kind == "sent_again"]
    api.install.deliverer.deliver([ref_of(fact)])
    api.install.settle()
    again, first = api.install.mail.sent
    assert paper_of(again) == paper_of(first)


def test_a_paid_one_asks_for_nothing(api: Api) -> None:
    ada = api.install.customer()
    invoice = api.install.invoice(ada)
    api.install.settle()
    api.post(path_of(invoice), {})
    api.install.settle()
    words = text_of(api.install.mail.sent[-1])
    assert f"Invoice {invoice.number} is paid in full: nothing is left to pay." in words
    assert [one for one in ("Please pay", "due", "charge your") if one in words] == []


def test_a_groups_goes_to_its_contact(api: Api) -> None:
    new = api.install.ids.new
    group = Group(new("grp"), "biz_1", "Pine", "Mo", "old@x.example", Terms.NET_7, new("cus"))
    groups.create_group(api.install.ports, group, actor=SYSTEM, auto_charge=False)
    invoice = api.install.invoice(api.install.store.customer("biz_1", group.payer_id), due_on=DUE)
    api.install.settle()
    assert api.patch(f"/v1/groups/{group.id}", {"email": "ap@x.example"}).status == 200
    api.post(path_of(invoice), {})
    api.install.settle()
    assert api.install.mail.sent[-1].recipient == "ap@x.example"


def refused(api: Api, invoice_id: str) -> tuple[int, str | None, str]:
    answer = api.post(f"/v1/invoices/{invoice_id}/send", {})
    return answer.status, answer.code, answer.json["detail"]


def test_what_is_not_sent(api: Api, ada: Customer) -> None:
    line = {"description": "Work", "unit_amount": 8900}
    draft = api.post("/v1/invoices", {"customer_id": ada.id, "lines": [line]}).json["id"]
    assert refused(api, draft)[:2] == (409, "invoice_draft")
    made = [api.install.invoice(ada, due_on=DUE).id for _ in range(3)]
    ports = api.install.ports
    invoices.cancel_invoice(ports, "biz_1", made[0], actor=SYSTEM, reason="Twice.")
    assert refused(api, made[0])[:2] == (409, "invoice_cancelled")
    write_offs.write_off(ports, "biz_1", made[1], actor=SYSTEM, reason="Gone.")
    assert refused(api, made[1])[:2] == (409, "invoice_written_off")
    right = Right(id="inv_right", note_id="cn_1", reason="Wrong number.", po_number="PO-1")
    credit_notes.reissue(ports, "biz_1", made[2], right, actor=SYSTEM)
    status, code, words = refused(api, made[2])
    assert (status, code) == (409, "already_replaced")
    assert "send inv_right instead" in words
    taken = api.post(f"/v1/customers/{ada.id}/payments", {"amount": 4000}).json["id"]
    assert refused(api, taken)[:2] == (409, "not_an_invoice")
    assert [one.kind for one in api.install.store.all_facts() if one.kind == "sent_again"] == []


def test_cancelled_meanwhile_it_does_not_go_out(api: Api, ada: Customer) -> None:
    invoice = api.install.invoice(ada, due_on=DUE)
    api.install.settle()
    api.post(path_of(invoice), {})
    invoices.cancel_invoice(api.install.ports, "biz_1", invoice.id, actor=SYSTEM, reason="Twice.")
    api.install.settle()
    sent = [read(one)["Subject"] for one in api.install.mail.sent]
    assert (
        len(
            [
                one
                for one in sent
                if one.startswith(f"Invoice {invoice.number} from Harbour & Pine:")
            ]
        )
        == 1
    )
