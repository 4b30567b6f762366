"""The signature header and the secrets at their edges; a refusal says no more than it must."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.signature import verify
from infra.local.fake_stripe.webhooks import sign

BODY, SECRET, NOW = b'{"id": "evt_1"}', "whsec_one", 1_780_000_000


def refused(header: str, *, now: int = NOW, secrets: tuple[str, ...] = (SECRET,)) -> str:
    with pytest.raises(InvalidInput) as error:
        verify(BODY, header, secrets, now)
    return f"{error.value.code}: {error.value.detail}"


def test_a_refusal_never_tells_what_would_have_been_right() -> None:
    good = sign(BODY, [SECRET], NOW)
    stale = "signature_stale: The event was not signed just now."
    assert refused(good, now=NOW + 301) == stale
    invalid = "signature_invalid: The event was not signed with our secret."
    assert refused(good, secrets=("whsec_other",)) == invalid
    assert refused("nonsense") == "signature_invalid: The signature header cannot be read."


def test_an_empty_secret_does_not_hide_the_live_one_after_it() -> None:
    """A rotation that left one of the two names empty."""
    verify(BODY, sign(BODY, [SECRET], NOW), ["", SECRET], NOW)


def test_a_signature_is_all_that_follows_the_first_equals_sign() -> None:
    good = sign(BODY, [SECRET], NOW)
    digest = good.partition("v1=")[2]
    assert refused(f"t={NOW},v1=x=v1={digest}").startswith("signature_invalid")
    assert refused(f"t=x={NOW},v1={digest}").startswith("signature_invalid")
    assert refused(f"x=t={NOW},v1={digest}").startswith("signature_invalid")


@pytest.mark.parametrize(("digits", "read"), [(12, True), (13, False)])
def test_a_timestamp_has_at_most_twelve_digits(digits: int, *, read: bool) -> None:
    """Stripe's has ten. Longer ones are not worth turning into a number."""
    at = int("9" * digits)
    signed = str(at).encode() + b"." + BODY
    header = f"t={at},v1={hmac.new(SECRET.encode(), signed, sha256).hexdigest()}"
    if read:
        verify(BODY, header, [SECRET], at)
    else:
        assert refused(header, now=at).endswith("cannot be read.")
