"""Stripe's events: a verified hint goes on the queue; the worker re-reads what it hints at.

Order, repetition and loss change nothing: the body only says where to look, and the sweep and the
reconciliation look there anyway.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from chalicelib.domain.errors import InvalidInput, NotFound
from chalicelib.domain.signature import verify
from chalicelib.ports import Ports
from chalicelib.ports.outside import QueueName
from chalicelib.services import (
    application_fees,
    businesses,
    connecting,
    customers,
    fraud_warnings,
    payouts,
)
from chalicelib.services.posting import post_outcome

API_VERSION = "2026-10-28.endive"
_PAYMENTS = ("payment_intent.", "charge.", "refund.")
_SHARES = {"application_fee.created", "application_fee.refunded"}
_SAVED = {"checkout.session.completed", "checkout.session.async_payment_succeeded"}


class Applied(StrEnum):
    """What became of an event, for logs and counts."""

    POSTED = "posted"
    NOTHING_NEW = "nothing_new"
    IGNORED = "ignored"  # a type or an object that is not ours


def receive_event(
    ports: Ports, body: bytes, header: str, secrets: Sequence[str], *, livemode: bool
) -> None:
    """Check the signature on the raw bytes and queue the hint. Nothing is written otherwise.

    Raises InvalidInput for a forged, stale or future-dated signature or the wrong mode.
    """
    verify(body, header, secrets, int(ports.clock.now().timestamp()))
    event = _parsed(body)
    if bool(event.get("livemode")) is not livemode:
        raise InvalidInput("livemode_mismatch", "A test event on a live endpoint, or the reverse.")
    target = _object(event)
    hint = {
        "event_id": str(event.get("id", "")),
        "type": str(event.get("type", "")),
        "account": str(event.get("account") or ""),
        "object_id": str(target.get("id", "")),
        "intent_id": _intent_id(event, target),
        "business_id": str((target.get("metadata") or {}).get("business_id", "")),
        "customer_ref": _customer_ref(event, target),
    }
    ports.queue.send(QueueName.STRIPE_EVENTS, hint)


def apply_event(ports: Ports, hint: Mapping[str, str]) -> Applied:
    """Re-read the object the event is about and post what is new.

    Raises Unanswered when Stripe cannot be read: the queue brings the hint again.
    """
    kind = hint["type"]
    business_id = _business_of(ports, hint)
    if business_id is None:
        return Applied.IGNORED
    try:
        return _apply(ports, kind, business_id, hint)
    except NotFound:
        # Another product's object on the same Stripe account, or a deleted one: not ours.
        return Applied.IGNORED


def _apply(ports: Ports, kind: str, business_id: str, hint: Mapping[str, str]) -> Applied:
    if kind.startswith(_PAYMENTS) and hint["intent_id"]:
        disputed = kind.startswith("charge.dispute.")
        return _payment(ports, business_id, hint["intent_id"], disputed=disputed)
    if kind in _SAVED:
        saved = customers.receive_setup(ports, business_id, hint["object_id"])
        return Applied.POSTED if saved else Applied.NOTHING_NEW
    if kind.startswith("payment_method."):
        return _method(ports, kind, business_id, hint)
    if kind.startswith("radar.early_fraud_warning."):
        kept = fraud_warnings.receive(ports, business_id, hint["object_id"])
        return Applied.POSTED if kept else Applied.NOTHING_NEW
    if kind.startswith("payout."):
        posted = payouts.post_payout(ports, business_id, hint["object_id"])
        return Applied.POSTED if posted else Applied.NOTHING_NEW
    if kind in _SHARES:
        posted = application_fees.post_fee(ports, business_id, hint["object_id"])
        return Applied.POSTED if posted else Applied.NOTHING_NEW
    if kind == "account.application.deauthorized":
        businesses.stop_deauthorized(ports, business_id)
        return Applied.POSTED
    if kind in {"account.updated", "account.application.authorized"}:
        connecting.refresh_account(ports, business_id)
        return Applied.POSTED
    return Applied.IGNORED


def _payment(ports: Ports, business_id: str, intent_id: str, *, disputed: bool) -> Applied:
    account = ports.store.business(business_id).stripe_account
    seen = ports.gateway.read_intent(account, intent_id)
    if seen.business_id != business_id or not seen.invoice_id:
        return Applied.IGNORED
    posted = post_outcome(ports, business_id, seen.invoice_id, seen.payment_id, disputed=disputed)
    return Applied.POSTED if posted else Applied.NOTHING_NEW


def _method(ports: Ports, kind: str, business_id: str, hint: Mapping[str, str]) -> Applied:
    customer_id = ports.store.owner_of(business_id, customers.STRIPE_CUSTOMER, hint["customer_ref"])
    if customer_id is None:
        return Applied.IGNORED
    if kind == "payment_method.detached":
        customers.forget_detached(ports, business_id, customer_id, hint["object_id"])
        return Applied.POSTED
    if kind in {"payment_method.automatically_updated", "payment_method.updated"}:
        customers.refresh_method(ports, business_id, customer_id, hint["object_id"])
        return Applied.POSTED
    return Applied.IGNORED


def _business_of(ports: Ports, hint: Mapping[str, str]) -> str | None:
    """By the connected account, else by our own metadata, else whoever has the install's own."""
    if hint["account"]:
        return ports.store.business_of_account(hint["account"])
    if hint["business_id"]:
        return hint["business_id"]
    own = [one.id for one in businesses.every(ports) if businesses.owns_the_account(one)]
    if len(own) == 1:
        return own[0]
    return _business_of_intent(ports, hint["intent_id"], own)


def _business_of_intent(ports: Ports, intent_id: str, known: Sequence[str]) -> str | None:
    """Of several on the install's own account: a dispute does not say whose, its payment does."""
    if not intent_id:
        return None
    try:
        found = ports.gateway.read_intent(None, intent_id).business_id
    except NotFound:
        return None
    return found if found in known else None


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except ValueError as error:
        raise InvalidInput("event_invalid", "The event is no JSON.") from error
    if not isinstance(event, dict):
        raise InvalidInput("event_invalid", "The event is no JSON object.")
    return event


def _object(event: dict[str, Any]) -> dict[str, Any]:
    data = event.get("data")
    target = data.get("object") if isinstance(data, dict) else None
    return target if isinstance(target, dict) else {}


def _intent_id(event: dict[str, Any], target: dict[str, Any]) -> str:
    if str(event.get("type", "")).startswith("payment_intent."):
        return str(target.get("id", ""))
    intent = target.get("payment_intent")
    return intent if isinstance(intent, str) else ""


def _customer_ref(event: dict[str, Any], target: dict[str, Any]) -> str:
    """Stripe's customer the method belongs to, or belonged to before it was detached."""
    previous = (event.get("data") or {}).get("previous_attributes") or {}
    return str(target.get("customer") or previous.get("customer") or "")
