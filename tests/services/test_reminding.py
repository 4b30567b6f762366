"""What is said and when: reminders, quiet hours, expiring cards, links, staff and language."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.domain.parties import QuietHours
from chalicelib.services import customers, portal_links, reminding
from tests.fakes.install import VISA, Install
from tests.services.checks import coast, delivered, subjects
from tests.services.outages import DeafMail

AT_ELEVEN = datetime(2026, 1, 2, 4, tzinfo=UTC)  # at night in New York


def installed(at: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)) -> Install:
    install = Install.at(at)
    install.business()
    return install


def test_seven_and_two_days_before_it_is_due_and_after_it_is_late() -> None:
    install = installed()
    customer = install.customer(card=None, auto_charge=False)
    invoice = install.invoice(customer, due_on=date(2026, 1, 20))
    coast(install, days=40)
    told = [(fact.data.reminder, fact.at) for fact in install.history(invoice)
            if fact.kind == "reminded"]  # fmt: skip
    assert [key for key, _ in told] == ["before/7", "before/2", "after/3", "after/7", "after/14"]
    days = [at.date() for _, at in told]
    assert days == [date(2026, 1, day) for day in (13, 18, 24, 28)] + [date(2026, 2, 4)]
    assert install.read(invoice).status is InvoiceStatus.OVERDUE
    assert len(delivered(install, "reminder_upcoming")) == 2
    assert len(delivered(install, "reminder_past_due")) == 3


def test_a_paid_invoice_is_not_reminded_of() -> None:
    install = installed()
    customer = install.customer()
    install.invoice(customer)
    coast(install, days=20)
    assert delivered(install, "reminder_past_due") == []


def test_a_job_that_runs_ten_times_reminds_once() -> None:
    install = installed()
    customer = install.customer(card=None, auto_charge=False)
    install.invoice(customer, due_on=date(2026, 1, 20))
    install.settle()
    install.clock.set(datetime(2026, 1, 13, 16, tzinfo=UTC))
    counts = [reminding.send_reminders(install.ports) for _ in range(10)]
    assert sum(counts) == 1


def test_who_is_charged_by_card_is_told_of_the_charge_beforehand() -> None:
    install = installed()
    invoice = install.invoice(install.customer(), due_on=date(2026, 1, 20))
    coast(install, days=13)
    assert len(delivered(install, "reminder_upcoming")) == 1
    coast(install, days=8)
    assert install.read(invoice).status is InvoiceStatus.PAID


def texting(install: Install, **changes: object) -> str:
    """A customer who agreed to text messages and whose card declines at once."""
    install.stripe.script_card(VISA, ["stolen_card"])
    customer = install.customer(
        phone="+15550100",
        sms_consent_at=install.clock.now(),
        **changes,  # type: ignore[arg-type]
    )
    install.invoice(customer)
    install.settle()
    return customer.id


def test_a_text_message_waits_for_the_morning_and_the_mail_does_not() -> None:
    install = installed(AT_ELEVEN)
    texting(install)
    assert len(delivered(install, "payment_failed")) == 1
    assert install.sms.sent == []
    install.advance(hours=8)  # seven in the morning
    assert install.sms.sent == []
    install.advance(hours=1, minutes=15)
    assert [one.phone for one in install.sms.sent] == ["+15550100"]
    assert len(delivered(install, "payment_failed")) == 2


def test_the_hours_are_the_customers_own() -> None:
    install = installed(AT_ELEVEN)
    texting(install, zone="Asia/Tokyo")  # one in the afternoon there
    assert len(install.sms.sent) == 1
    other = installed(AT_ELEVEN)
    texting(other, quiet_hours=QuietHours(22, 6))
    assert len(other.sms.sent) == 1


def test_what_has_been_paid_meanwhile_is_not_texted() -> None:
    install = installed(AT_ELEVEN)
    customer_id = texting(install)
    install.save_card("biz_1", customer_id, "5555555555554444")
    install.advance(hours=12)
    assert install.sms.sent == []
    assert "void" in delivered(install, "payment_failed")


@pytest.mark.parametrize("changes", [{"sms_consent_at": None}, {"phone": ""}])
def test_without_consent_or_number_nobody_is_texted(changes: dict[str, object]) -> None:
    install = installed(datetime(2026, 1, 1, 15, tzinfo=UTC))
    install.stripe.script_card(VISA, ["stolen_card"])
    agreed = {"phone": "+15550100", "sms_consent_at": install.clock.now(), **changes}
    install.invoice(install.customer(**agreed))  # type: ignore[arg-type]
    install.settle()
    assert install.sms.sent == []


def test_a_text_names_no_reason() -> None:
    install = installed(datetime(2026, 1, 1, 15, tzinfo=UTC))
    texting(install)
    (text,) = [one.text.lower() for one in install.sms.sent]
    assert "https://pay.example/" in text
    for word in ("stolen", "lost", "fraud", "funds"):
        assert word not in text


def expiring(install: Install, month: int) -> str:
    customer = install.customer(card=None)
    install.save_card("biz_1", customer.id, VISA, exp_year=2026, exp_month=month)
    install.settle()
    return customer.id


def test_a_card_that_runs_out_is_noticed_once_a_month_before() -> None:
    install = installed()
    expiring(install, 3)
    coast(install, days=58)
    assert delivered(install, "card_expiring") == []
    coast(install, days=20)
    assert len(delivered(install, "card_expiring")) == 1


def test_going_back_to_an_expiring_card_does_not_stop_the_others_reminders() -> None:
    install = installed()
    customer_id = expiring(install, 3)
    first = install.store.customer("biz_1", customer_id).methods[0].id
    install.save_card("biz_1", customer_id, "5555555555554444", exp_year=2026, exp_month=4)
    install.settle()
    second = install.store.customer("biz_1", customer_id).methods[1].id
    coast(install, days=95)  # the second is noticed in April
    for method_id in (first, second, first):
        customers.choose_default(install.ports, "biz_1", customer_id, method_id, actor=SYSTEM)
        install.advance(hours=1)
    other = install.customer(card=None, auto_charge=False, email="other@example.com")
    due_on = (install.clock.now() + timedelta(days=7)).date()
    install.invoice(other, due_on=due_on)
    coast(install, days=6)
    assert len(delivered(install, "reminder_upcoming")) == 1


def test_the_team_and_the_account_manager_are_told() -> None:
    install = installed()
    managed = install.customer(account_manager_email="manager@harbour.example")
    install.invoice(managed)
    install.invoice(install.customer())
    install.settle()
    assert len(subjects(install, "manager@harbour.example")) == 1
    assert len(subjects(install, "desk@harbour.example")) == 1


def test_an_invoice_mail_carries_its_paper_and_a_link_that_opens_it() -> None:
    install = installed()
    invoice = install.invoice(install.customer(card=None))
    install.settle()
    (mail,) = [one for one in install.mail.sent if "INV-00001" in str(one.message["Subject"])]
    files = [part.get_filename() for part in mail.message.iter_attachments()]
    assert len(files) == 1
    assert str(files[0]).endswith(".pdf")
    link = portal_links.link_for(install.ports, invoice)
    token = link.removeprefix("https://pay.example/")
    assert link in mail.message.as_string().replace("=\n", "")
    opened = portal_links.open_link(install.ports, token, install.clock.now())
    assert (opened.invoice_id, opened.customer_id) == (invoice.id, invoice.customer_id)


def test_links_end_and_can_be_revoked_and_guesses_learn_nothing() -> None:
    install = installed()
    invoice = install.invoice(install.customer(card=None))
    token = portal_links.link_for(install.ports, invoice).removeprefix("https://pay.example/")
    assert len(token) == 43
    hashed = portal_links.hash_of(token)
    assert token not in str(install.store.export())
    now = install.clock.now()
    known = install.store.portal_link(hashed)
    assert known is not None
    install.store.save_portal_link(replace(known, revoked_at=now))
    answers = set()
    for wrong, at in (
        (token, now),
        ("guess", now),
        (token, now + portal_links.GOOD_FOR),
        ("", now),
    ):
        with pytest.raises(NotFound) as refused:
            portal_links.open_link(install.ports, wrong, at)
        answers.add(str(refused.value))
    assert len(answers) == 1
    portal_links.link_for(install.ports, invoice)  # a later mail does not bring it back
    with pytest.raises(NotFound):
        portal_links.open_link(install.ports, token, now)


def test_a_link_of_a_customer_opens_no_single_invoice() -> None:
    install = installed()
    customer = install.customer()
    token = portal_links.customer_link(install.ports, customer).rpartition("/")[2]
    opened = portal_links.open_link(install.ports, token, install.clock.now())
    assert (opened.customer_id, opened.invoice_id) == (customer.id, None)
    other = portal_links.link_for(install.ports, install.invoice(customer)).rpartition("/")[2]
    assert token != other


def test_a_mail_that_cannot_be_sent_is_tried_again_later() -> None:
    install = installed()
    invoice = install.invoice(install.customer(card=None))
    failing = install.mail
    install.mail = DeafMail(times=2)
    install.deliverer.ports = install.ports
    install._effects()
    assert install.mail.sent == []
    install.advance(minutes=30)
    assert len(install.mail.sent) == 1
    assert failing.sent == []
    assert install.kinds(invoice) == ["created", "finalized"]
