"""What is sent to Stripe and what its refusals mean, where words and numbers decide."""

from __future__ import annotations

import pytest

from chalicelib.adapters.stripe import answering, asking
from chalicelib.adapters.stripe.calls import StripeRefusal
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.stripe_objects import ConfirmAnswer, Confirmed, NewIntent


def new_intent(amount: int, currency: str) -> NewIntent:
    return NewIntent(
        business_id="biz_1",
        invoice_id="inv_1",
        payment_id="pay_1",
        customer="cus_1",
        amount=amount,
        currency=currency,
        description="Invoice 7",
    )


@pytest.mark.parametrize(
    ("amount", "currency", "stripes"),
    [(8900, "USD", 8900), (8900, "JPY", 8900), (8900, "ISK", 890000), (8900, "KWD", 8900)],
)
def test_amounts_leave_in_stripes_units(amount: int, currency: str, stripes: int) -> None:
    sent = asking.new_intent(new_intent(amount, currency))
    assert (sent["amount"], sent["currency"]) == (stripes, currency.lower())


@pytest.mark.parametrize(
    ("currency", "kinds"), [("USD", ["card", "us_bank_account"]), ("EUR", ["card"])]
)
def test_a_us_bank_account_is_asked_for_in_dollars_only(currency: str, kinds: list[str]) -> None:
    page = asking.setup_page(
        customer="cus_1",
        business_id="biz_1",
        customer_id="cus_ours",
        currency=currency,
        success_url="https://pay.example/saved",
        cancel_url="https://pay.example/cards",
        method_kinds=tuple(MethodKind),
    )
    intent = asking.new_intent(new_intent(8900, currency))
    assert page["allowed_payment_method_types"] == kinds
    assert intent["allowed_payment_method_types"] == kinds


def test_an_amount_stripe_cannot_write_is_never_sent() -> None:
    with pytest.raises(InvalidInput):
        asking.new_intent(new_intent(8901, "KWD"))


def test_a_charge_without_its_payer_is_marked_as_such() -> None:
    sent = asking.confirm(method_id="pm_1", mandate_id=None, off_session=True, return_url=None)
    assert sent == {
        "payment_method": "pm_1",
        "off_session": True,
        "payment_method_options": {"card": {"stored_credential_usage": "unscheduled"}},
    }


def test_a_charge_with_its_payer_is_not() -> None:
    sent = asking.confirm(
        method_id="pm_1", mandate_id=None, off_session=False, return_url="https://pay.example/b"
    )
    assert sent == {
        "payment_method": "pm_1",
        "off_session": False,
        "return_url": "https://pay.example/b",
    }


def test_a_debit_names_its_mandate() -> None:
    sent = asking.confirm(method_id="pm_1", mandate_id="m_1", off_session=True, return_url=None)
    assert sent == {"payment_method": "pm_1", "off_session": True, "mandate": "m_1"}


@pytest.mark.parametrize(
    ("reason", "stripes"), [("duplicate", "duplicate"), ("The parcel came late", None)]
)
def test_only_stripes_own_reasons_are_sent_as_one(reason: str, stripes: str | None) -> None:
    sent = asking.refund(
        charge_id="ch_1", amount=100, currency="USD", reason=reason, refund_id="ref_1"
    )
    assert sent.get("reason") == stripes
    assert sent["metadata"] == {"refund_id": "ref_1", "reason": reason}


@pytest.mark.parametrize(
    ("status", "error", "answer", "code"),
    [
        (400, {"type": "idempotency_error"}, ConfirmAnswer.UNKNOWN, "idempotency_error"),
        (
            400,
            {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"},
            ConfirmAnswer.UNEXPECTED_STATE,
            "payment_intent_unexpected_state",
        ),
        (400, {"code": "amount_too_small"}, ConfirmAnswer.REFUSED, "amount_too_small"),
        (401, {}, ConfirmAnswer.NOT_NOW, "http_401"),
        (403, {"code": "account_invalid"}, ConfirmAnswer.REFUSED, "account_invalid"),
        (403, {"type": "invalid_request_error"}, ConfirmAnswer.NOT_NOW, "invalid_request_error"),
        (404, {"code": "resource_missing"}, ConfirmAnswer.REFUSED, "resource_missing"),
        (
            409,
            {"type": "idempotency_error", "code": "idempotency_key_in_use"},
            ConfirmAnswer.NOT_NOW,
            "idempotency_key_in_use",
        ),
        (429, {"code": "lock_timeout"}, ConfirmAnswer.NOT_NOW, "lock_timeout"),
        (500, {"type": "api_error"}, ConfirmAnswer.UNKNOWN, "api_error"),
        (502, {}, ConfirmAnswer.UNKNOWN, "http_502"),
    ],
)
def test_each_refusal_of_a_confirm_has_its_class(
    status: int, error: dict[str, str], answer: ConfirmAnswer, code: str
) -> None:
    assert answering.confirmed(StripeRefusal(status, error)) == Confirmed(answer, code)


@pytest.mark.parametrize(
    ("status", "error", "raised"),
    [
        (400, {"code": "amount_too_small", "message": "Too small."}, Conflict),
        (400, {"type": "idempotency_error"}, Conflict),
        (400, {"code": "resource_missing"}, NotFound),
        (401, {}, Unanswered),
        (402, {"type": "card_error"}, Conflict),
        (403, {"code": "account_invalid"}, Conflict),
        (404, {}, NotFound),
        (409, {}, Unanswered),
        (429, {}, Unanswered),
        (500, {}, Unanswered),
    ],
)
def test_each_refusal_of_another_call_is_raised_as_its_kind(
    status: int, error: dict[str, str], raised: type[Exception]
) -> None:
    assert type(answering.explained(StripeRefusal(status, error))) is raised


def test_a_conflict_keeps_stripes_code_and_words() -> None:
    refusal = StripeRefusal(400, {"code": "amount_too_small", "message": "Too small."})
    error = answering.explained(refusal)
    assert isinstance(error, Conflict)
    assert (error.code, error.detail) == ("amount_too_small", "Too small.")
