"""The product's rules with a safeguard taken out, to be put in their place (`mutants.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.desk import covering
from chalicelib.domain.dispute import RequestKind
from chalicelib.domain.network_caps import CapVerdict
from chalicelib.ports import Ports
from chalicelib.services import answering_disputes, refunding
from chalicelib.services.case import open_case, record

# --- Of any kind ----------------------------------------------------------------------------------


def no(*_: Any) -> bool:
    return False


def yes(*_: Any) -> bool:
    return True


def same(first: Any, *_: Any) -> Any:
    return first


def nothing(*_: Any) -> None:
    return None


def none_at_all(*_: Any) -> list[Any]:
    return []


# --- Dunning --------------------------------------------------------------------------------------


def at_once(_invoice: Any, dunning: Any, *_: Any) -> datetime:
    """The next retry is due as soon as the last one has failed."""
    first: datetime = dunning.first_failed_at
    return first


def no_caps(*_: Any) -> CapVerdict:
    """Nobody counts how often a card was tried."""
    return CapVerdict()


# --- The desk -------------------------------------------------------------------------------------


def closed_on_paper(ports: Ports, invoices: Sequence[Any], reason: str) -> None:
    """Open payments are noted as cancelled, and Stripe is not told."""
    for invoice in invoices:
        payment = invoice.open_payment
        if payment is not None:
            case = open_case(ports, invoice.business_id, invoice.id)
            record(ports, case, facts.PaymentCancelled(payment.id, reason))


def agreed_by_anybody(refund: Any, _actor: Any) -> None:
    """Who asked for a refund may agree to it."""
    refunding._check_awaits(refund)


def uncovered(invoice: Any, payload: Any, fact: Any) -> Any:
    """What another demand collects goes on collecting for itself."""
    if isinstance(payload, covering.InvoiceCovered):
        return invoice
    return _step(invoice, payload, fact)


_step = covering.step


def answered_blindly(ports: Ports, business: Any, dispute: Any) -> answering_disputes.Step:
    """A run does not look whether one before it has answered, and takes Stripe's word."""
    if dispute.request.kind is RequestKind.ACCEPTANCE:
        return answering_disputes._accept(ports, business, dispute)
    return answering_disputes._submit(ports, business, dispute)


def refused(ports: Ports, business: Any, dispute: Any, error: Any) -> answering_disputes.Step:
    """Stripe's refusal of an answer is believed: nobody looks whether it has one already."""
    return answering_disputes._refused(ports, business, dispute, error.code, error.detail)
