"""A removed card: its owner is told which one, though the record does not hold it any more."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

from chalicelib.domain.customer import Customer
from chalicelib.domain.facts import SYSTEM, Subject
from chalicelib.ports.rows import FactRef
from chalicelib.services import customers
from tests.fakes.install import Install

MASTERCARD = "5555555555554444"


def told(install: Install, customer: Customer, method_id: str) -> str:
    customers.remove_method(install.ports, "biz_1", customer.id, method_id, actor=SYSTEM)
    install.settle()
    ref = FactRef("biz_1", Subject.CUSTOMER, customer.id, f"method_removed/{method_id}")
    outcome = install.store.delivered(ref)["mail:method_removed"]
    (mail,) = [one for one in install.mail.sent if one.id == outcome]
    body = message_from_bytes(mail.mime, policy=default).get_body(preferencelist=("plain",))
    assert body is not None
    return str(body.get_content())


def test_the_only_card_removed_is_named_in_the_mail() -> None:
    install = Install.at()
    install.business()
    customer = install.customer()
    assert "Visa ending 4242" in told(install, customer, str(customer.default_method_id))


def test_the_card_removed_is_named_and_not_the_one_that_is_left() -> None:
    install = Install.at()
    install.business()
    customer = install.customer()
    install.save_card("biz_1", customer.id, MASTERCARD)
    text = told(install, customer, str(customer.default_method_id))
    assert "4242" in text
    assert "4444" not in text
