"""Stripe's webhook signature, against Stripe's own code and against forgers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe import SignatureVerificationError, WebhookSignature

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.signature import TOLERANCE_SECONDS, verify
from infra.local.fake_stripe.webhooks import sign
from tests.domain.samples import bounded

BODY = b'{"id": "evt_1", "object": "event"}'
SECRET, OTHER = "whsec_one", "whsec_two"
NOW = 1_780_000_000


def header(body: bytes = BODY, secret: str = SECRET, at: int = NOW) -> str:
    return sign(body, [secret], at)


def refused(body: bytes, given_header: str, secrets: list[str], now: int = NOW) -> str:
    with pytest.raises(InvalidInput) as error:
        verify(body, given_header, secrets, now)
    return error.value.code


def test_what_stripes_own_code_signs_is_accepted() -> None:
    signed = WebhookSignature.generate_signature_header(BODY.decode(), SECRET, timestamp=NOW)
    verify(BODY, signed, [SECRET], NOW)
    assert signed == header()


@bounded
@given(body=st.binary(max_size=300), secret=st.text("abcdef0123456789_", min_size=1))
def test_we_and_stripes_code_agree(body: bytes, secret: str) -> None:
    signed = header(body, secret)
    verify(body, signed, [secret], NOW)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return
    assert WebhookSignature.verify_header(text, signed, secret, tolerance=None)


@bounded
@given(bit=st.integers(0, 8 * len(BODY) - 1))
def test_one_flipped_bit_is_noticed(bit: int) -> None:
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << bit % 8
    assert refused(bytes(changed), header(), [SECRET]) == "signature_invalid"


@bounded
@given(place=st.integers(0, 63), digit=st.sampled_from("0123456789abcdef"))
def test_one_changed_digit_of_the_signature_is_noticed(place: int, digit: str) -> None:
    good = header().partition("v1=")[2]
    if good[place] == digit:
        return
    forged = f"t={NOW},v1={good[:place]}{digit}{good[place + 1 :]}"
    assert refused(BODY, forged, [SECRET]) == "signature_invalid"


@pytest.mark.parametrize(
    "wrong",
    [
        "", "nonsense", "t=,v1=", f"t={NOW}", "v1=abc", f"t={NOW},v0={'0' * 64}",
        f"t={NOW},v1=", f"t=-1,v1={'0' * 64}", f"t=1e9,v1={'0' * 64}", f"t={'9' * 40},v1=00",
        f"t={NOW},v1=é", "t=٣,v1=00", f"t={NOW}, v1={'0' * 64}",
    ],
)  # fmt: skip
def test_headers_that_prove_nothing(wrong: str) -> None:
    assert refused(BODY, wrong, [SECRET]) == "signature_invalid"


def test_a_forged_or_unknown_secret() -> None:
    assert refused(BODY, header(secret="guess"), [SECRET]) == "signature_invalid"
    assert refused(BODY, header(secret=""), [""]) == "signature_invalid"
    assert refused(BODY, header(), []) == "signature_invalid"


@pytest.mark.parametrize("age", [-TOLERANCE_SECONDS, 0, TOLERANCE_SECONDS])
def test_within_the_tolerance(age: int) -> None:
    verify(BODY, header(at=NOW - age), [SECRET], NOW)


@pytest.mark.parametrize("age", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1, NOW])
def test_stale_or_from_the_future(age: int) -> None:
    assert refused(BODY, header(at=NOW - age), [SECRET]) == "signature_stale"


def test_stripes_code_would_accept_the_future() -> None:
    """The one point where we are stricter, on purpose."""
    future = header(at=NOW * 2)
    assert WebhookSignature.verify_header(BODY.decode(), future, SECRET, tolerance=300)
    with pytest.raises(SignatureVerificationError):
        WebhookSignature.verify_header(BODY.decode(), header(at=NOW // 2), SECRET, tolerance=300)


def test_two_secrets_are_live_while_rotating() -> None:
    for secret in (SECRET, OTHER):
        verify(BODY, header(secret=secret), [OTHER, SECRET], NOW)
    verify(BODY, sign(BODY, [OTHER, SECRET], NOW), [SECRET], NOW)  # signed with both


def test_a_timestamp_cannot_be_swapped_in() -> None:
    old = header(at=NOW - 1000)
    assert refused(BODY, old.replace(str(NOW - 1000), str(NOW)), [SECRET]) == "signature_invalid"
    assert refused(BODY, f"{old},t={NOW}", [SECRET]) == "signature_stale"  # the first counts
