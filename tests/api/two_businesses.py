"""Two businesses with one of everything each, and how each operation is called upon them.

`own` is what the caller's business has, `other` what the second has; ids that nobody has and texts
that can be no id complete the four targets of the authorization matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from chalicelib.api.operations import Operation
from chalicelib.domain.customer import Customer
from chalicelib.domain.dispute import RequestKind
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.group import Group
from chalicelib.domain.imports.columns import ImportKind
from chalicelib.domain.invoice import Line
from chalicelib.domain.parties import Terms
from chalicelib.domain.policy import DunningPolicy
from chalicelib.domain.team import Role
from chalicelib.services import (
    clocks,
    customers,
    disputing,
    following_up,
    fraud_warnings,
    groups,
    importing,
    on_account,
    planning,
    policies,
    portal_links,
    subscriptions,
    team,
)
from chalicelib.services.invoices import create_invoice
from chalicelib.services.on_account import Wish
from chalicelib.services.planning import PlanWish
from chalicelib.services.posting import post_outcome
from tests.api.desk_things import desk_things
from tests.fakes.install import VISA, Install

OWN, OTHER = "biz_1", "biz_2"
CANARY = "Othercanary"
UNKNOWN = {
    "customer_id": "cus_unknown",
    "policy_id": "pol_unknown",
    "payment_method_id": "pm_unknown",
    "subscription_id": "sub_unknown",
    "invoice_id": "inv_unknown",
    "payment_id": "pay_unknown",
    "payment_plan_id": "plan_unknown",
    "setup_session_id": "cs_test_unknown",
    "test_clock_id": "clk_unknown",
    "user_id": "user_unknown",
    "api_client_id": "cli_unknown",
    "import_id": "imp_unknown",
    "group_id": "grp_unknown",
    "dispute_id": "du_unknown",
    "fraud_warning_id": "issfr_unknown",
    "external_payment_id": "ext_unknown",
    "refund_id": "ref_unknown",
    "credit_note_id": "cn_unknown",
    "credit_application_id": "app_unknown",
    "credit_payout_id": "out_unknown",
    "token": "u" * 43,
}
MALFORMED = "no!id"
_REASON = {"reason": "Because."}
_CASH = {"method": "cash", "amount": 5}
_LINES = [{"description": "Work", "unit_amount": 8900}]
BODIES: dict[str, dict[str, Any]] = {
    "create_customer": {"name": "Ada Byron", "email": "ada@example.com"},
    "change_customer": {"name": "Ada King"},
    "change_business": {"name": "Renamed"},
    "create_business": {"name": "Another", "currency": "USD", "zone": "UTC"},
    "add_user": {"email": "new@example.com", "role": "viewer"},
    "change_user": {"role": "accountant"},
    "create_api_client": {"name": "Shop", "role": "viewer"},
    "rotate_api_client": {"overlap_hours": 24},
    "connect_stripe_account": {
        "return_url": "https://app.example/back",
        "refresh_url": "https://app.example/again",
    },
    "create_dunning_policy": {"name": "Patient"},
    "change_dunning_policy": {"grace_days": 3},
    "promise_to_pay": {"promised_on": "2026-01-05", "by": "Ada Byron"},
    **dict.fromkeys(("place_hold", "lift_hold", "send_invoice"), _REASON),
    "snooze_invoice": {"until_on": "2026-01-05"},
    "note_invoice": {"text": "Call after four."},
    "note_customer": {"text": "Call after four."},
    "rehearse_dunning_policy": {"policy_id": "{policy_id}", "changes": {"grace_days": 3}},
    "assign_dunning_policy": {"customer_id": "{customer_id}", "policy_id": "{policy_id}"},
    "create_payment_plan": {"customer_id": "{customer_id}", "equal": {"count": 2}},
    "change_payment_plan": {**_REASON, "instalments": [{"due_on": "2026-02-01", "amount": 8900}]},
    "pay_payment_plan": {"everything": True},
    "cancel_payment_plan": _REASON,
    "take_payment": {"amount": 4000, "invoices": []},
    "start_setup_session": {
        "customer_id": "{customer_id}",
        "success_url": "https://app.example/saved",
        "cancel_url": "https://app.example/back",
    },
    "create_subscription": {
        "customer_id": "{customer_id}",
        "product": "Platform",
        "unit_amount": 8900,
        "start_on": "2026-02-01",
    },
    "pause_subscription": _REASON,
    "resume_subscription": _REASON,
    "cancel_subscription": {**_REASON, "collect_open_debt": True},
    "create_invoice": {"customer_id": "{customer_id}", "lines": _LINES},
    "cancel_invoice": _REASON,
    "create_group": {"name": "Acme", "email": "ap@acme.example", "terms": "net_30"},
    "change_group": {"contact": "Ann Lee"},
    "add_group_member": {"customer_id": "{customer_id}"},
    "remove_group_member": {"until_on": "2026-03-01"},
    "preview_group_invoices": {"last_on": "2026-01-31"},
    "bill_group": {"last_on": "2026-01-31"},
    "start_import": {"kind": "customers", "content": "name,email\nAda,a@b.example\n"},
    "draft_dispute_evidence": {"text": "They used it."},
    "submit_dispute_evidence": {"text": "They used it."},
    "accept_dispute": _REASON,
    "release_fraud_warning": _REASON,
    "create_test_clock": {"now_at": "2026-03-01T12:00:00Z"},
    "advance_test_clock": {"to": "2026-03-02T12:00:00Z"},
    "pay_in_portal": {"invoice_id": "{invoice_id}"},
}
BODIES |= {
    "record_external_payment": {**_CASH, "received_on": "2026-01-01"},
    "record_invoice_payment": {**_CASH, "received_on": "2026-01-01"},
    "record_instalment_payment": {**_CASH, "received_on": "2026-01-01"},
    "reverse_external_payment": {**_REASON, "reversed_on": "2026-01-01"},
    "request_refund": {**_REASON, "payment_id": "{payment_id}", "amount": 5},
    "reject_refund": _REASON,
    "issue_credit_note": {**_REASON, "amount": 5},
    "write_off_invoice": _REASON,
    "reissue_invoice": {**_REASON, "po_number": "PO-1"},
    "apply_credit": {},
    "take_back_credit": _REASON,
    "pay_out_credit": {**_REASON, "method": "cash", "amount": 5, "paid_on": "2026-01-01"},
    "reject_credit_payout": _REASON,
    "complete_billing_details": {"invoice_id": "{invoice_id}", "po_number": "PO-1"},
}
BODIES["preview_subscription"] = BODIES["create_subscription"]
BODIES["preview_payment_plan"] = BODIES["create_payment_plan"]
FORMS = {
    "issue_token": {
        "grant_type": "client_credentials",
        "client_id": "{api_client_id}",
        "client_secret": "{client_secret}",
    }
}
QUERIES = {
    "get_statement": "?from_on=2026-01-01&to_on=2026-01-31",
    "get_statement_pdf": "?from_on=2026-01-01&to_on=2026-01-31",
    "list_all_payments": "?customer_id={customer_id}",
    "search_everything": "?q={customer_id}",
    "get_audit": "?subject=invoice&id={invoice_id}",
    "export_audit": "?subject=invoice&id={invoice_id}&format=csv",
    "get_portal_status": "?invoice_id={invoice_id}",
    "get_portal_pdf": "?invoice_id={invoice_id}",
    "get_portal_receipt": "?invoice_id={invoice_id}&payment_id={payment_id}",
}
# Which of a business's things an operation needs to succeed, where the usual one will not do.
NEEDS = {
    "finalize_invoice": {"invoice_id": "draft"},
    "charge_invoice": {"invoice_id": "open"},
    "promise_to_pay": {"invoice_id": "open"},
    "place_hold": {"invoice_id": "open"},
    "lift_hold": {"invoice_id": "held"},
    "cancel_invoice": {"invoice_id": "open"},
    "resume_subscription": {"subscription_id": "paused"},
    "record_invoice_payment": {"invoice_id": "open"},
    "approve_refund": {"refund_id": "waiting_refund"},
    "reject_refund": {"refund_id": "waiting_refund"},
    "write_off_invoice": {"invoice_id": "open"},
    "complete_billing_details": {"invoice_id": "open", "token": "open_token"},
    "pay_in_portal": {"invoice_id": "open", "token": "open_token"},
    "get_taken_payment": {"payment_id": "taken"},
    "cancel_taken_payment": {"payment_id": "taken"},
    "apply_import": {"import_id": "dry_import"},
    "remove_group_member": {"customer_id": "member"},
    "get_dispute_packet": {"dispute_id": "answered"},
}


@dataclass
class Two:
    install: Install
    own: dict[str, str]
    other: dict[str, str]

    def ids(self, operation: str, *, other: bool = False) -> dict[str, str]:
        """What the operation is called upon."""
        things = self.other if other else self.own
        return things | {name: things[need] for name, need in NEEDS.get(operation, {}).items()}


def two_businesses() -> Two:
    install = Install.at()
    own = _business(install, OWN, "Ada Byron")
    other = _business(install, OTHER, CANARY)
    for role in Role:
        team.add_member(install.ports, OWN, f"user_{role.value}", role, actor=SYSTEM)
    team.add_member(install.ports, OTHER, "user_of_other", Role.ADMIN, actor=SYSTEM)
    return Two(install, own, other)


def _business(install: Install, business_id: str, name: str) -> dict[str, str]:
    install.business(business_id, name=f"{name} & Co")
    customer = install.customer(business_id, name=name)
    paid = install.invoice(customer)
    install.settle()
    later = install.clock.now().date() + timedelta(days=30)
    active, paused = (install.subscription(customer, start_on=later).id for _ in range(2))
    subscriptions.pause(install.ports, business_id, paused, actor=SYSTEM, reason="Away.")
    unpaid = install.invoice(customer, due_on=later)
    clock = clocks.create_clock(
        install.ports, business_id, f"clk_{business_id}", install.clock.now() + timedelta(days=30)
    )
    member = install.customer(business_id, name=name, card=None)
    group = _group(install, business_id, name, member.id)
    imported = [_import(install, business_id, name, dry_run=dry) for dry in (False, True)]
    install.settle()
    return {
        **_disputes(install, customer),
        "fraud_warning_id": _warning(install, business_id, name),
        "business_id": business_id,
        "customer_id": customer.id,
        "policy_id": _policy(install, business_id),
        "payment_method_id": customer.methods[0].id,
        "subscription_id": active,
        "paused": paused,
        "invoice_id": paid.id,
        "payment_id": install.read(paid).payments[0].id,
        "open": unpaid.id,
        "held": _held(install, customer, later),
        "taken": _taken(install, business_id, customer.id),
        "payment_plan_id": _plan(install, business_id, name),
        "draft": _draft(install, business_id, customer.id),
        "setup_session_id": _session(install, business_id, customer.id),
        "test_clock_id": clock.id,
        **_team(install, business_id),
        "group_id": group,
        "member": member.id,
        "import_id": imported[0],
        "dry_import": imported[1],
        **desk_things(install, customer, install.read(paid)),
        "token": portal_links.link_for(install.ports, paid).rpartition("/")[2],
        "open_token": portal_links.link_for(install.ports, unpaid).rpartition("/")[2],
    }


def _policy(install: Install, business_id: str) -> str:
    wanted = DunningPolicy(id=f"pol_{business_id}", name=f"{business_id}s own")
    return policies.create_policy(install.ports, business_id, wanted, actor=SYSTEM).id


def _group(install: Install, business_id: str, name: str, member_id: str) -> str:
    new = install.ids.new
    wanted = Group(
        new("grp"), business_id, name, name, "ap@x.example", Terms.NET_7, payer_id=new("cus")
    )
    groups.create_group(install.ports, wanted, actor=SYSTEM)
    groups.add_member(install.ports, business_id, wanted.id, member_id, actor=SYSTEM)
    return wanted.id


def _import(install: Install, business_id: str, name: str, *, dry_run: bool) -> str:
    content = f"name,email\n{name},imported@example.com\n".encode()
    wanted = importing.NewImport(
        install.ids.new("imp"), ImportKind.CUSTOMERS, content, dry_run=dry_run
    )
    return importing.start_import(install.ports, business_id, wanted, actor=SYSTEM).id


def _team(install: Install, business_id: str) -> dict[str, str]:
    """Somebody and something that may act for the business."""
    somebody, client_id = f"user_in_{business_id}", f"cli_{business_id}"
    team.add_member(install.ports, business_id, somebody, Role.VIEWER, actor=SYSTEM)
    client = team.add_client(
        install.ports, business_id, client_id, "Shop", Role.VIEWER, actor=SYSTEM
    )
    return {"user_id": somebody, "api_client_id": client_id, "client_secret": client.secret}


def _disputes(install: Install, customer: Customer) -> dict[str, str]:
    """One that waits for an answer and one that has it, over a paid invoice each."""
    ids = []
    for _ in range(2):
        invoice = install.invoice(customer)
        install.settle()
        payment = install.read(invoice).payments[0]
        ids.append(str(install.stripe.dispute(str(payment.charge_id))["id"]))
        post_outcome(install.ports, customer.business_id, invoice.id, payment.id, disputed=True)
    disputing.request_answer(
        install.ports,
        customer.business_id,
        ids[1],
        RequestKind.EVIDENCE,
        request_id="ans_1",
        actor=SYSTEM,
    )
    install.settle()
    return {"dispute_id": ids[0], "answered": ids[1]}


def _warning(install: Install, business_id: str, name: str) -> str:
    """Of a customer of its own: its card is charged no more."""
    customer = install.customer(business_id, name=f"{name} in doubt")
    invoice = install.invoice(customer)
    install.settle()
    charge_id = str(install.read(invoice).payments[0].charge_id)
    made = str(install.stripe.warn_of_fraud(charge_id)["id"])
    fraud_warnings.receive(install.ports, business_id, made)
    return made


def _held(install: Install, customer: Customer, due_on: date) -> str:
    invoice = install.invoice(customer, due_on=due_on)
    following_up.place_hold(
        install.ports, invoice.business_id, invoice.id, reason="?", until_on=None, actor=SYSTEM
    )
    return invoice.id


def _draft(install: Install, business_id: str, customer_id: str) -> str:
    line = Line(description="Work", quantity=Decimal(1), unit_amount=8900)
    made = create_invoice(
        install.ports,
        business_id,
        customer_id,
        (line,),
        invoice_id=install.ids.new("inv"),
        actor=SYSTEM,
    )
    return made.id


def _plan(install: Install, business_id: str, name: str) -> str:
    customer = install.customer(business_id, name=name)
    install.invoice(customer, due_on=install.clock.now().date() + timedelta(days=30))
    later = install.clock.now().date() + timedelta(days=30)
    wish = PlanWish(install.ids.new("plan"), customer.id, count=2, first_on=later)
    return planning.make_plan(install.ports, business_id, wish, actor=SYSTEM).id


def _taken(install: Install, business_id: str, customer_id: str) -> str:
    """A payment on account whose card has not been entered yet."""
    wish = Wish(install.ids.new("poa"), customer_id, 1500, chosen=(), new_method=True)
    return on_account.take_payment(install.ports, business_id, wish, actor=SYSTEM).id


def _session(install: Install, business_id: str, customer_id: str) -> str:
    page = customers.start_setup(
        install.ports,
        business_id,
        customer_id,
        request_id=install.ids.new("set"),
        success_url="https://app.example/saved",
        cancel_url="https://app.example/back",
    )
    install.stripe.complete_checkout(page.id, VISA)
    return page.id


def path_of(operation: Operation, ids: dict[str, str]) -> str:
    return (operation.path + QUERIES.get(operation.id, "")).format_map(ids)


def body_of(operation: Operation, ids: dict[str, str]) -> dict[str, Any] | None:
    body = BODIES.get(operation.id)
    if body is None:
        return None
    return {
        name: value.format_map(ids) if isinstance(value, str) else value
        for name, value in body.items()
    }


def form_of(operation: Operation, ids: dict[str, str]) -> str:
    fields = FORMS[operation.id]
    return urlencode({name: value.format_map(ids) for name, value in fields.items()})


def names_in(operation: Operation) -> list[str]:
    """The ids that a call of the operation names: in its path, its query and its body."""
    text = (
        operation.path
        + QUERIES.get(operation.id, "")
        + repr([BODIES.get(operation.id), FORMS.get(operation.id)])
    )
    return [name for name in UNKNOWN if f"{{{name}}}" in text]
