"""The log holds ids and codes; secrets and people are masked, whoever logs them."""

from __future__ import annotations

import json

import pytest

from chalicelib.observability import MASK, log_event, log_failure, logger, masked, safe_fields
from tests.logs import LogLines

CANARIES = [
    "ada.lovelace@example.com",
    # Put together here, so that no scanner takes this file for a leak.
    "sk_" + "live_51Hx0000000000",
    "rk_" + "test_51Hx0000000000",
    "whsec_" + "0123456789abcdef",
    "pi_3Mtw_" + "secret_YrKJUKribcBjcG8HVhfZluoGH",
    "eyJhbGciOiJSUzI1NiJ9" + ".eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "4242 4242 4242 4242",
    "4242424242424242",
]


@pytest.mark.parametrize("secret", CANARIES)
def test_a_secret_shape_is_masked(secret: str) -> None:
    assert masked(f"before {secret} after") == f"before {MASK} after"


def test_a_uuid_of_digits_is_no_card_number() -> None:
    assert masked("3f1a7c1e-0000-4000-8000-000000000000") == "3f1a7c1e-0000-4000-8000-000000000000"


@pytest.mark.parametrize("token", ["?token=abc123", "/pay/" + "x" * 43, "/portal/" + "y" * 43])
def test_a_links_token_is_masked_in_its_address(token: str) -> None:
    assert token[-3:] not in masked(f"GET {token} 200")


def test_ids_and_amounts_pass() -> None:
    fields = {"invoice_id": "inv_01J8", "amount": 8900, "currency": "USD", "code": None}
    assert safe_fields(fields) == fields


def test_a_field_nobody_allowed_is_masked() -> None:
    assert safe_fields({"email": "ada", "name": "Ada"}) == {"email": MASK, "name": MASK}


def test_words_under_an_allowed_key_are_masked() -> None:
    assert safe_fields({"code": "card of Ada Lovelace"}) == {"code": MASK}


def test_an_event_is_one_line_with_its_ids(log_lines: LogLines) -> None:
    log_event("invoice_created", invoice_id="inv_1", customer="Ada")
    (line,) = log_lines()
    assert (line["message"], line["invoice_id"], line["customer"]) == (
        "invoice_created",
        "inv_1",
        MASK,
    )


def test_a_failure_never_quotes_the_error(log_lines: LogLines) -> None:
    log_failure("charge_failed", ValueError("card of Ada Lovelace"), payment_id="pay_1")
    (line,) = log_lines()
    assert line["error_type"] == "ValueError"
    assert "Ada" not in json.dumps(line)


def test_an_exception_logged_by_a_library_is_masked(log_lines: LogLines) -> None:
    logger.error("it failed", exc_info=ValueError(CANARIES[0]))
    assert CANARIES[0] not in json.dumps(log_lines())
