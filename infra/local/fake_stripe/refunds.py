"""Refunds: mostly instant, sometimes slow, and able to fail after they succeeded."""

from typing import Final

from infra.local.fake_stripe import charges, fraud_warnings
from infra.local.fake_stripe.balance import record
from infra.local.fake_stripe.cards import card_of
from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, bad_parameter, missing, wrong_state
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import PAGE, boolean, integer, mapping, merged, text
from infra.local.fake_stripe.state import DAY, Account, State, add_business_days

_REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer")


def _charge_of(request: Request) -> Body:
    params, account = request.params, request.account
    if "charge" in params:
        return charges.find(account, params["charge"], param="charge", status=400)
    if "payment_intent" not in params:
        raise bad_parameter(
            "One of the following params should be provided: payment_intent, charge."
        )
    intent = account.payment_intents.get(params["payment_intent"])
    if intent is None:
        raise missing(
            "payment_intent", params["payment_intent"], param="payment_intent", status=400
        )
    latest = account.charges.get(intent["latest_charge"] or "")
    if latest is None or latest["status"] == "failed":
        raise wrong_state(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        )
    return latest


def _amount(request: Request, charge: Body) -> int:
    """What may still be refunded, or the precise reason why nothing may."""
    if charge["status"] == "failed":
        raise wrong_state("You cannot refund a charge that failed.")
    if _disputed(request.account, charge):
        raise wrong_state(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    rest: int = charge["amount"] - charge["amount_refunded"]
    if rest == 0:
        raise wrong_state(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    amount: int = request.params.get("amount", rest)
    if amount < 1:
        raise bad_parameter("Invalid positive integer", param="amount")
    if amount > rest:
        raise wrong_state(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({rest}).",
            param="amount",
        )
    return amount


def _disputed(account: Account, charge: Body) -> bool:
    return any(
        dispute["charge"] == charge["id"]
        and not dispute["is_charge_refundable"]
        and dispute["status"] != "won"
        for dispute in account.disputes.values()
    )


def _fate(request: Request, charge: Body) -> str:
    """How this refund goes: by script, by test card, or as the rail usually does."""
    state = request.state
    waiting = state.scripts.get(f"refund/{charge['id']}")
    if waiting:
        scripted: str = waiting.pop(0)
        return scripted
    if charge["payment_method_details"]["type"] == "us_bank_account":
        return "pending"
    method = request.account.payment_methods[charge["payment_method"]]
    return card_of(state, method.number).refund


def _create(request: Request) -> Body:
    state, account, params = request.state, request.account, request.params
    if params.get("reason") not in (None, *_REASONS):
        raise bad_parameter(f"Invalid reason: must be one of {', '.join(_REASONS)}", param="reason")
    charge = _charge_of(request)
    amount = _amount(request, charge)
    fate = _fate(request, charge)
    is_card = charge["payment_method_details"]["type"] == "card"
    status = fate if fate in ("pending", "requires_action") else "succeeded"
    body: Body = {
        "id": state.new_id("re" if is_card else "pyr"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": state.now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "metadata": merged({}, params.get("metadata", {})),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }
    if is_card:
        reference = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
        body["destination_details"] = {"type": "card", "card": {"type": "refund", **reference}}
    else:
        body["destination_details"] = {"type": "us_bank_transfer", "us_bank_transfer": {}}
    if status == "pending":
        body["pending_reason"] = "processing"
    account.refunds[body["id"]] = body
    _withdraw(state, account, body, charge, is_card=is_card)
    if params.get("refund_application_fee") and charge["application_fee"]:
        _return_fee(state, account, charge, amount)
    _plan(state, account, body, fate)
    state.emit(account, "refund.created", body)
    state.emit(account, "charge.refunded", charge)
    fraud_warnings.review(state, account, charge)
    return dict(body)


def _withdraw(state: State, account: Account, refund: Body, charge: Body, *, is_card: bool) -> None:
    row = record(
        state,
        account,
        "refund" if is_card else "payment_refund",
        -refund["amount"],
        refund["currency"],
        source=refund["id"],
        available_on=state.now,
        description="REFUND FOR CHARGE",
    )
    refund["balance_transaction"] = row["id"]
    charge["amount_refunded"] += refund["amount"]
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]


def _return_fee(state: State, account: Account, charge: Body, amount: int) -> None:
    """The platform gives back its share, in proportion, to the seller."""
    fee = state.platform.application_fees[charge["application_fee"]]
    share = fee["amount"] * amount // charge["amount"]
    returned = {"source": fee["id"], "available_on": state.now, "category":
                "platform_earning_refund"}  # fmt: skip
    row = record(
        state, state.platform, "application_fee_refund", -share, fee["currency"], **returned
    )
    record(state, account, "application_fee_refund", share, fee["currency"], **returned)
    fee["refunds"]["data"].insert(
        0,
        {
            "id": state.new_id("fr"),
            "object": "fee_refund",
            "amount": share,
            "balance_transaction": row["id"],
            "created": state.now,
            "currency": fee["currency"],
            "fee": fee["id"],
            "metadata": {},
        },
    )
    fee["amount_refunded"] += share
    fee["refunded"] = fee["amount_refunded"] == fee["amount"]
    state.emit(state.platform, "application_fee.refunded", fee)


def _plan(state: State, account: Account, refund: Body, fate: str) -> None:
    slow = add_business_days(state.now, state.options.ach_business_days)
    if fate == "pending":
        state.schedule(slow, "refunds.finish", account, refund["id"], "succeeded")
    elif fate == "fails_later":
        state.schedule(state.now + 3 * DAY, "refunds.finish", account, refund["id"], "failed")


def finish(state: State, account: Account, refund_id: str, status: str) -> None:
    """A slow refund arrives, or an arrived one bounces and its money comes back."""
    refund = account.refunds[refund_id]
    previous = {"status": refund["status"]}
    if status == "failed":
        fail(state, account, refund, "expired_or_canceled_card")
        return
    if refund["status"] != "pending":
        return
    refund["status"] = status
    refund.pop("pending_reason", None)
    _changed(state, account, refund, previous)


def fail(state: State, account: Account, refund: Body, reason: str) -> None:
    previous = {"status": refund["status"]}
    refund["failure_balance_transaction"] = _give_back(state, account, refund)
    refund["failure_reason"] = reason
    refund["status"] = "failed"
    refund.pop("pending_reason", None)
    state.emit(account, "refund.failed", refund)
    _changed(state, account, refund, previous)


def _give_back(state: State, account: Account, refund: Body) -> str:
    row = record(
        state,
        account,
        "refund_failure",
        refund["amount"],
        refund["currency"],
        source=refund["id"],
        available_on=state.now,
        description="REFUND FAILURE",
    )
    charge = account.charges[refund["charge"]]
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    row_id: str = row["id"]
    return row_id


def _changed(state: State, account: Account, refund: Body, previous: Body) -> None:
    state.emit(account, "refund.updated", refund, previous)
    state.emit(account, "charge.refund.updated", refund, previous)


def _find(request: Request) -> Body:
    refund = request.account.refunds.get(request.id)
    if refund is None:
        raise missing("refund", request.id, param="refund")
    return refund


def _retrieve(request: Request) -> Body:
    return dict(_find(request))


def _cancel(request: Request) -> Body:
    refund = _find(request)
    if refund["status"] != "requires_action":
        raise wrong_state(f"You cannot cancel a refund with a status of {refund['status']}.")
    refund["failure_balance_transaction"] = _give_back(request.state, request.account, refund)
    previous, refund["status"] = {"status": refund["status"]}, "canceled"
    _changed(request.state, request.account, refund, previous)
    return dict(refund)


def _list(request: Request) -> Body:
    wanted = {k: request.params[k] for k in ("charge", "payment_intent") if k in request.params}
    return page(
        request,
        "refund",
        "/v1/refunds",
        request.account.refunds.values(),
        lambda refund: all(refund[name] == value for name, value in wanted.items()),
    )


ROUTES: Final[Routes] = {
    "POST /v1/refunds": Route(
        "refunds.create",
        _create,
        {
            "charge": text,
            "payment_intent": text,
            "amount": integer,
            "reason": text,
            "metadata": mapping,
            "refund_application_fee": boolean,
        },
        money=True,
    ),
    "GET /v1/refunds": Route(
        "refunds.list", _list, {**PAGE, "charge": text, "payment_intent": text}
    ),
    "GET /v1/refunds/{}": Route("refunds.retrieve", _retrieve),
    "POST /v1/refunds/{}/cancel": Route("refunds.cancel", _cancel, money=True),
}
