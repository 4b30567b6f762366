"""Disputes: money taken back by a bank, and perhaps returned; inquiries that move none."""

from typing import Final

from infra.local.fake_stripe import fraud_warnings
from infra.local.fake_stripe.balance import fee_row, record
from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, bad_parameter, missing, wrong_state
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import PAGE, boolean, mapping, merged, text
from infra.local.fake_stripe.state import DAY, Account, State

_EVIDENCE: Final = (
    "access_activity_log", "billing_address", "cancellation_policy",
    "cancellation_policy_disclosure", "cancellation_rebuttal", "customer_communication",
    "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
    "duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id",
    "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address",
    "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
    "uncategorized_file", "uncategorized_text",
)  # fmt: skip
_FILES: Final = (
    "cancellation_policy", "customer_communication", "customer_signature",
    "duplicate_charge_documentation", "receipt", "refund_policy", "service_documentation",
    "shipping_documentation", "uncategorized_file",
)  # fmt: skip
LONGEST_EVIDENCE: Final = 150_000
_ANSWERABLE: Final = ("needs_response", "warning_needs_response")


def _claim(state: State, charge: Body, reason: str, *, inquiry: bool, prevented: bool) -> Body:
    """The dispute as it is opened."""
    debit = charge["payment_method_details"]["type"] == "us_bank_account"
    final = debit or prevented
    status = "warning_needs_response" if inquiry else "lost" if debit else "needs_response"
    body: Body = {
        "id": state.new_id("du"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": state.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": 0 if final else state.now + 14 * DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "prevented" if prevented else status,
    }
    if not debit:
        card = charge["payment_method_details"]["card"]
        kind = "resolution" if prevented else "inquiry" if inquiry else "chargeback"
        details = {"brand": card["brand"], "case_type": kind, "network_reason_code": None}
        body["payment_method_details"] = {"type": "card", "card": details}
    return body


def open_dispute(
    state: State,
    account: Account,
    charge: Body,
    reason: str,
    *,
    inquiry: bool = False,
    prevented: bool = False,
    amount: int | None = None,
) -> Body:
    """The payer's bank disputes a charge, or a part of it, and perhaps once more.

    A bank debit's dispute is lost at once: no appeal. One that is prevented is settled before it
    begins: the money goes back, unless a refund has given it back already.
    """
    body = _claim(state, charge, reason, inquiry=inquiry, prevented=prevented)
    body["amount"] = amount or charge["amount"]
    account.disputes[body["id"]] = body
    takes = not inquiry and not (prevented and charge["refunded"])
    if takes:
        charge["disputed"] = True
        _withdraw(state, account, body)
    state.emit(account, "charge.dispute.created", body)
    if takes:
        state.emit(account, "charge.dispute.funds_withdrawn", body)
    fraud_warnings.review(state, account, charge)
    if body["status"] in ("lost", "prevented"):
        state.emit(account, "charge.dispute.closed", body)
    else:
        state.schedule(state.now + 14 * DAY, "disputes.lapse", account, body["id"])
    return body


def lapse(state: State, account: Account, dispute_id: str) -> None:
    """Nobody answered in time: the bank has its way."""
    dispute = account.disputes[dispute_id]
    if dispute["status"] in _ANSWERABLE:
        details = dispute["evidence_details"]
        dispute["evidence_details"] = {**details, "past_due": True}
        conclude(state, account, dispute, won=False)


def _withdraw(state: State, account: Account, dispute: Body) -> None:
    fee = fee_row("stripe_fee", state.options.dispute_fee, dispute["currency"])
    _move(state, account, dispute, -dispute["amount"], fee, "dispute")


def _move(
    state: State, account: Account, dispute: Body, amount: int, fee: Body, category: str
) -> None:
    row = record(
        state,
        account,
        "adjustment",
        amount,
        dispute["currency"],
        source=dispute["id"],
        available_on=state.now,
        fees=[fee],
        category=category,
        description=f"Chargeback for {dispute['charge']}",
    )
    dispute["balance_transactions"] = [*dispute["balance_transactions"], row]


def escalate(state: State, account: Account, dispute: Body) -> None:
    """An inquiry becomes a chargeback: only now does money leave."""
    dispute["status"] = "needs_response"
    dispute["is_charge_refundable"] = False
    account.charges[dispute["charge"]]["disputed"] = True
    _withdraw(state, account, dispute)
    state.emit(account, "charge.dispute.funds_withdrawn", dispute)
    state.emit(account, "charge.dispute.updated", dispute, {"status": "warning_needs_response"})


def conclude(state: State, account: Account, dispute: Body, *, won: bool) -> None:
    """The bank decides, or an appeal does. A win returns the amount and, since it was countered,
    the fee."""
    inquiry = dispute["status"].startswith("warning_")
    if inquiry:
        dispute["status"] = "warning_closed"
    elif won:
        dispute["status"] = "won"
        fee = fee_row("stripe_fee", -state.options.dispute_fee, dispute["currency"])
        _move(state, account, dispute, dispute["amount"], fee, "dispute_reversal")
        state.emit(account, "charge.dispute.funds_reinstated", dispute)
    else:
        if dispute["status"] == "won":  # the bank's own appeal: what it had given back leaves again
            _withdraw(state, account, dispute)
            state.emit(account, "charge.dispute.funds_withdrawn", dispute)
        dispute["status"] = "lost"
    state.emit(account, "charge.dispute.closed", dispute)


def conclude_late(state: State, account: Account, dispute_id: str, won: bool) -> None:
    dispute = account.disputes[dispute_id]
    if dispute["status"] in ("under_review", "warning_under_review"):
        conclude(state, account, dispute, won=won)


def find(account: Account, dispute_id: str) -> Body:
    dispute = account.disputes.get(dispute_id)
    if dispute is None:
        raise missing("dispute", dispute_id)
    return dispute


def _update(request: Request) -> Body:
    dispute, params = find(request.account, request.id), request.params
    if "metadata" in params:
        dispute["metadata"] = merged(dispute["metadata"], params["metadata"])
    if "evidence" in params:
        _answerable(dispute)
        _fitting(request.account, params["evidence"])
        dispute["evidence"] = {**dispute["evidence"], **params["evidence"]}
        details = dispute["evidence_details"]
        dispute["evidence_details"] = {**details, "has_evidence": True}
        if params.get("submit", True):
            _submit(request, dispute)
    request.state.emit(request.account, "charge.dispute.updated", dispute, {})
    return dict(dispute)


def _answerable(dispute: Body) -> None:
    if dispute["status"] not in _ANSWERABLE:
        raise wrong_state("This dispute is already closed.", param="evidence")


def _fitting(account: Account, evidence: Body) -> None:
    """Files are uploaded for this before; all texts together have their limit."""
    for name in _FILES:
        file_id = evidence.get(name)
        if file_id and account.files.get(file_id, {}).get("purpose") != "dispute_evidence":
            raise bad_parameter(f"No such file: {file_id}", param=f"evidence[{name}]")
    if sum(len(value) for value in evidence.values()) > LONGEST_EVIDENCE:
        raise bad_parameter("The evidence is too long.", param="evidence")


def _submit(request: Request, dispute: Body) -> None:
    """Stripe's test words decide the case; anything else waits for `FakeStripe.decide_dispute`."""
    details = dispute["evidence_details"]
    dispute["evidence_details"] = {**details, "submission_count": 1}
    warning = dispute["status"].startswith("warning_")
    dispute["status"] = "warning_under_review" if warning else "under_review"
    words = dispute["evidence"]["uncategorized_text"]
    if words in ("winning_evidence", "losing_evidence"):
        request.state.schedule(
            request.state.now + 1,
            "disputes.conclude",
            request.account,
            dispute["id"],
            words == "winning_evidence",
        )


def _close(request: Request) -> Body:
    """Closing is conceding."""
    dispute = find(request.account, request.id)
    _answerable(dispute)
    conclude(request.state, request.account, dispute, won=False)
    return dict(dispute)


def _retrieve(request: Request) -> Body:
    return dict(find(request.account, request.id))


def _list(request: Request) -> Body:
    wanted = {k: request.params[k] for k in ("charge", "payment_intent") if k in request.params}
    return page(
        request,
        "dispute",
        "/v1/disputes",
        request.account.disputes.values(),
        lambda dispute: all(dispute[name] == value for name, value in wanted.items()),
    )


ROUTES: Final[Routes] = {
    "GET /v1/disputes": Route(
        "disputes.list", _list, {**PAGE, "charge": text, "payment_intent": text}
    ),
    "GET /v1/disputes/{}": Route("disputes.retrieve", _retrieve),
    "POST /v1/disputes/{}": Route(
        "disputes.update",
        _update,
        {"evidence": dict.fromkeys(_EVIDENCE, text), "submit": boolean, "metadata": mapping},
        money=True,
    ),
    "POST /v1/disputes/{}/close": Route("disputes.close", _close, money=True),
}
