"""One head by its id, typed: the reads that the table and its fake in memory have word for word."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import Subject
from chalicelib.domain.fraud_warning import FraudWarning
from chalicelib.domain.group import Group
from chalicelib.domain.import_run import ImportRun
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.subscription import Subscription
from chalicelib.domain.team import TEAM, Team


def absent(subject: Subject) -> NotFound:
    return NotFound(f"{subject.value}_not_found", f"There is no such {subject.value}.")


class Heads:
    """A store says in `_head` where heads are kept; it raises `absent` for one that is not."""

    def _head(self, business_id: str, subject: Subject, subject_id: str) -> Any:
        raise NotImplementedError

    def business(self, business_id: str) -> Business:
        head: Business = self._head(business_id, Subject.BUSINESS, business_id)
        return head

    def customer(self, business_id: str, customer_id: str) -> Customer:
        head: Customer = self._head(business_id, Subject.CUSTOMER, customer_id)
        return head

    def subscription(self, business_id: str, subscription_id: str) -> Subscription:
        head: Subscription = self._head(business_id, Subject.SUBSCRIPTION, subscription_id)
        return head

    def invoice(self, business_id: str, invoice_id: str) -> Invoice:
        head: Invoice = self._head(business_id, Subject.INVOICE, invoice_id)
        return head

    def group(self, business_id: str, group_id: str) -> Group:
        head: Group = self._head(business_id, Subject.GROUP, group_id)
        return head

    def import_run(self, business_id: str, import_id: str) -> ImportRun:
        head: ImportRun = self._head(business_id, Subject.IMPORT, import_id)
        return head

    def team(self, business_id: str) -> Team:
        head: Team = self._head(business_id, Subject.TEAM, TEAM)
        return head

    def payment_plan(self, business_id: str, plan_id: str) -> PaymentPlan:
        head: PaymentPlan = self._head(business_id, Subject.PLAN, plan_id)
        return head

    def fraud_warning(self, business_id: str, warning_id: str) -> FraudWarning:
        head: FraudWarning = self._head(business_id, Subject.FRAUD_WARNING, warning_id)
        return head

    def dispute(self, business_id: str, dispute_id: str) -> Dispute:
        head: Dispute = self._head(business_id, Subject.DISPUTE, dispute_id)
        return head
