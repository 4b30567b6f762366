"""Debiting a bank account: accepted now, true or false some business days later."""

from typing import Any

from infra.local.fake_stripe import charges, disputes, mandates
from infra.local.fake_stripe.banks import BANKS, FAILURE_MESSAGES, blocked
from infra.local.fake_stripe.cards import scripted
from infra.local.fake_stripe.declines import BANK_CODES, Outcome, card_error, outcome
from infra.local.fake_stripe.errors import ApiError, Body, doc_url, wrong_state
from infra.local.fake_stripe.state import Account, Method, State, add_business_days


def debit(state: State, account: Account, intent: Body, method: Method, given: Body) -> Body:
    """Send the debit on its way. Without a mandate the intent is left `requires_confirmation`."""
    mandate = _permission(state, account, intent, method, given)
    if mandate is None:
        intent["status"] = "requires_confirmation"
        raise wrong_state(
            "You must provide `mandate_data` or a PaymentMethod with an active mandate to confirm "
            "with a us_bank_account PaymentMethod.",
            code="parameter_missing",
            param="mandate_data",
            payment_intent=dict(intent),
        )
    if method.blocked is not None:
        raise _unusable(state, account, intent, method)
    charge = charges.create(
        state,
        account,
        intent,
        method,
        status="pending",
        outcome=dict(charges.BANK_OUTCOME),
        mandate=mandate,
    )
    if method.body["customer"] is None:
        method.consumed = True
    intent["status"] = "processing"
    intent["latest_charge"] = charge["id"]
    intent["last_payment_error"] = None
    code = _result(state, method)
    if code != "never":
        due = add_business_days(state.now, state.options.ach_business_days)
        state.schedule(due, "debits.finish", account, intent["id"], charge["id"], code)
    state.emit(account, "charge.pending", charge)
    state.emit(account, "payment_intent.processing", intent)
    return intent


def _permission(
    state: State, account: Account, intent: Body, method: Method, given: Body
) -> str | None:
    """The mandate this debit rests on."""
    if given.get("mandate_data"):
        reusable = intent["setup_future_usage"] is not None
        granted = mandates.grant(state, account, method, given["mandate_data"], reusable=reusable)
        return str(granted["id"])
    mandate_id: str | None = given.get("mandate") or method.mandate
    mandate = account.mandates.get(mandate_id) if mandate_id else None
    return mandate_id if mandate is not None and mandate["status"] == "active" else None


def _result(state: State, method: Method) -> str:
    said = scripted(state, method)
    if said is None:
        return BANKS[method.number].debit
    answer: Outcome = outcome(said, BANK_CODES | {"never"})
    return answer.code


def _unusable(state: State, account: Account, intent: Body, method: Method) -> ApiError:
    """A bank account that bounced for a lasting reason is refused at once."""
    no = outcome("bank_account_unusable", BANK_CODES)
    error = card_error(no, state.request[0], payment_method=dict(method.body))
    _fail(intent, error)
    state.emit(account, "payment_intent.payment_failed", intent)
    return ApiError(402, {**error, "payment_intent": dict(intent)}, executed=True)


def _fail(intent: Body, error: Body) -> None:
    intent["status"] = "requires_payment_method"
    intent["payment_method"] = None
    intent["last_payment_error"] = {
        key: value for key, value in error.items() if key != "request_log_url"
    }


def finish(
    state: State, account: Account, intent_id: str, charge_id: str, code: str, *_: Any
) -> None:
    """The bank's answer arrives."""
    intent, charge = account.payment_intents[intent_id], account.charges[charge_id]
    if intent["status"] != "processing":
        return
    method = account.payment_methods[charge["payment_method"]]
    if code == "ok":
        charge["status"], charge["paid"] = "succeeded", True
        charge["receipt_url"] = f"{state.options.base_url}/receipts/{charge_id}"
        charges.settle(state, account, charge)
        intent["status"], intent["amount_received"] = "succeeded", intent["amount"]
        state.emit(account, "charge.succeeded", charge)
        if BANKS[method.number].dispute:
            disputes.open_dispute(state, account, charge, "debit_not_authorized")
        state.emit(account, "payment_intent.succeeded", intent)
        return
    message = FAILURE_MESSAGES.get(code, "The customer's bank refused this payment.")
    charge.update(
        {
            "status": "failed",
            "captured": False,
            "amount_captured": 0,
            "failure_code": code,
            "failure_message": message,
            "outcome": {
                **charges.BANK_OUTCOME,
                "network_status": "declined_by_network",
                "reason": code,
                "seller_message": "The bank returned the decline code `" + code + "`.",
                "type": "issuer_declined",
            },
        }
    )
    details = blocked(code)
    if details is not None:
        method.blocked = code
        bank = method.body["us_bank_account"]
        method.body["us_bank_account"] = {**bank, "status_details": details}
    error = {
        "type": "card_error",
        "code": code,
        "doc_url": doc_url(code),
        "message": message,
        "charge": charge_id,
        "payment_method": dict(method.body),
    }
    _fail(intent, error)
    state.emit(account, "charge.failed", charge)
    state.emit(account, "payment_intent.payment_failed", intent)
