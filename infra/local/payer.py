"""What people do at Stripe, done by a script: type in a card, answer 3-D Secure, push the clock.

A payer uses the hosted pages' own forms over HTTP; `Stripe` is the fake's control routes.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

_TIMEOUT_SECONDS = 30


class PageRefusedError(RuntimeError):
    """The hosted page did not take what was typed in; the message is the page's status."""


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """A redirect is an answer: where the browser goes next decides what the payer does."""


_BROWSER = urllib.request.build_opener(_StayHere)


def _submit(url: str, form: Mapping[str, str]) -> str:
    """Post a form of a hosted page; where the browser is sent to."""
    data = urllib.parse.urlencode(form).encode()
    try:
        with _BROWSER.open(url, data, timeout=_TIMEOUT_SECONDS) as answer:
            raise PageRefusedError(f"{answer.status} instead of a redirect")
    except urllib.error.HTTPError as answer:
        if answer.code != 303:
            raise PageRefusedError(
                f"{answer.code} from {urllib.parse.urlsplit(url).path}"
            ) from None
        return str(answer.headers["Location"])


def save_card(page_url: str, number: str, *, expiry: str = "12 / 34", name: str = "") -> None:
    """Type a card into the hosted page; a bank that asks for 3-D Secure there is satisfied.

    Raises PageRefusedError when the card is declined at once.
    """
    form = {"kind": "card", "number": number, "expiry": expiry, "cvc": "123", "name": name}
    goes_to = _submit(page_url, form)
    if "/3ds/" in goes_to:
        answer_bank(goes_to, passed=True)


def save_bank_account(page_url: str, number: str, *, name: str) -> None:
    _submit(page_url, {"kind": "us_bank_account", "number": number, "name": name})


def finish_onboarding(url: str) -> str:
    """A seller tells Stripe who they are; where the browser goes next."""
    return _submit(url, {"finish": "yes"})


def answer_bank(action_url: str, *, passed: bool) -> str:
    """The payer's answer on the 3-D Secure page; where the browser goes next."""
    return _submit(action_url, {"answer": "complete" if passed else "fail"})


class Stripe:
    """The fake's control routes: what happens to Stripe from outside its API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def do(self, what: str, **wish: Any) -> dict[str, Any]:
        """`do("clock", now=…)`; see `fake_stripe/control.py` for what there is."""
        return self._ask(what, json.dumps(wish).encode())

    def refund(self, account: str, charge: str, amount: int) -> None:
        """As a click in Stripe's own dashboard: our product hears of it afterwards."""
        form = urllib.parse.urlencode({"charge": charge, "amount": str(amount)}).encode()
        headers = {
            "Authorization": "Bearer sk_test_dashboard",
            "Stripe-Account": account,
            "Idempotency-Key": f"refund/dashboard/{charge}/{amount}",
        }
        url = f"{self.url}/v1/refunds"
        request = urllib.request.Request(url, data=form, headers=headers)  # noqa: S310
        urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS).close()  # noqa: S310

    def books(self) -> dict[str, Any]:
        return self._ask("books", None)

    def _ask(self, what: str, body: bytes | None) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/_control/{what}", data=body)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as refused:
            raise PageRefusedError(f"{what}: {refused.read().decode()}") from None
