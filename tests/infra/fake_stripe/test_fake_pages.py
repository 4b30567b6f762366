"""Stripe's hosted pages as a browser without scripts meets them."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
import requests

from tests.infra.fake_stripe.serving import Served, serving

SHOP = "https://shop.test"
CARD = {"kind": "card", "number": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as bench:
        yield bench


def session(served: Served, **more: Any) -> Any:
    params: Any = {
        "mode": "setup",
        "customer": served.customer(),
        "currency": "usd",
        "success_url": f"{SHOP}/done?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{SHOP}/back",
        **more,
    }
    return served.v1.checkout.sessions.create(params)


def look(url: str) -> requests.Response:
    return requests.get(url, timeout=9, allow_redirects=False)


def submit(url: str, **form: str) -> requests.Response:
    return requests.post(url, data=form, timeout=9, allow_redirects=False)


class Outline(HTMLParser):
    """What a page is made of: tags, labelled fields, fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.labelled: set[str] = set()
        self.fields: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if tag == "label":
            self.labelled.add(given["for"] or "")
        if tag in ("input", "select") and given.get("type") != "hidden":
            self.fields.add(given["id"] or "")


def test_a_saved_card_returns_to_the_shop(served: Served) -> None:
    made = session(served)
    assert look(made.url).status_code == 200
    done = submit(made.url, **CARD, name="Ada Byron")
    assert (303, f"{SHOP}/done?session={made.id}") == (done.status_code, done.headers["Location"])
    after = served.v1.checkout.sessions.retrieve(
        made.id, {"expand": ["setup_intent.payment_method"]}
    )
    assert (after.status, after.url) == ("complete", None)
    method: Any = after.setup_intent.payment_method  # type: ignore[union-attr]
    assert (method.customer, method.card.last4) == (made.customer, "4242")
    assert method.billing_details.name == "Ada Byron"
    assert look(made.url).headers["Location"] == done.headers["Location"]


def test_pages_are_plain_accessible_and_forbid_scripts(served: Served) -> None:
    answer = look(session(served).url)
    page = Outline(answer.text)
    assert "script" not in page.tags
    assert page.fields - page.labelled == set()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert 'name="viewport"' in answer.text
    assert f'href="{SHOP}/back"' in answer.text


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("4000000000009995", "Your card has insufficient funds."),
        ("4000000000000002", "Your card was declined."),
        ("4000000000000069", "Your card has expired."),
        ("4242424242424241", "Your card number is incorrect."),
        ("not a number", "Your card number is incorrect."),
    ],
)
def test_a_refused_card_stays_with_the_reason(served: Served, number: str, reason: str) -> None:
    made = session(served)
    refused = submit(made.url, **{**CARD, "number": number})
    assert refused.status_code == 402
    assert reason in refused.text.replace("&#x27;", "'")
    assert submit(made.url, **CARD).status_code == 303


def test_an_incomplete_expiry_stays_too(served: Served) -> None:
    refused = submit(session(served).url, **{**CARD, "expiry": "soon"})
    assert refused.status_code == 400
    assert "expiration date is incomplete" in refused.text


def test_a_bank_account_is_saved_with_its_mandate(served: Served) -> None:
    made = session(served)
    done = submit(made.url, kind="us_bank_account", number="000123456789", name="Ada")
    assert done.status_code == 303
    after = served.v1.checkout.sessions.retrieve(made.id, {"expand": ["setup_intent.mandate"]})
    mandate: Any = after.setup_intent.mandate  # type: ignore[union-attr]
    assert mandate.status == "active"


def test_only_what_the_session_allows_is_offered(served: Served) -> None:
    made = session(served, allowed_payment_method_types=["card"])
    assert "US bank account" not in look(made.url).text


def test_saving_may_need_authentication(served: Served) -> None:
    made = session(served)
    challenge = submit(made.url, **{**CARD, "number": "4000002500003155"}).headers["Location"]
    assert "Complete authentication" in look(challenge).text
    failed = submit(challenge, answer="fail").headers["Location"]
    assert failed == made.url
    assert "failed authentication" in look(failed).text
    again = submit(made.url, **{**CARD, "number": "4000002500003155"}).headers["Location"]
    done = submit(again, answer="complete")
    assert done.headers["Location"] == f"{SHOP}/done?session={made.id}"
    assert look(again).status_code == 410


def test_a_payment_is_authenticated_on_its_page(served: Served) -> None:
    customer, method = served.saved("pm_card_authenticationRequired")
    intent_id = served.intent(customer)
    intent = served.confirm(intent_id, method, return_url=f"{SHOP}/pay?x=1")
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    page = str(intent.next_action.redirect_to_url.url)
    assert "89.00 USD" in look(page).text
    done = submit(page, answer="complete").headers["Location"]
    assert done.startswith(f"{SHOP}/pay?x=1&payment_intent={intent_id}")
    assert served.v1.payment_intents.retrieve(intent_id).status == "succeeded"


def test_an_expired_page_says_so(served: Served) -> None:
    made = session(served)
    url = made.url
    served.v1.checkout.sessions.expire(made.id)
    assert look(url).status_code == 410
    setup = served.v1.setup_intents.retrieve(str(made.setup_intent))
    assert setup.status == "canceled"


def test_a_session_expires_by_itself_after_a_day(served: Served) -> None:
    made = session(served)
    served.core.advance(86_400)
    assert served.v1.checkout.sessions.retrieve(made.id).status == "expired"
    last = list(served.core.account().events.values())[-1]
    assert last["type"] == "checkout.session.expired"


def test_a_sessions_setup_intent_is_not_cancelled_directly(served: Served) -> None:
    made = session(served)
    error = served.refused(lambda: served.v1.setup_intents.cancel(str(made.setup_intent)))
    assert error.http_status == 400


def test_a_seller_is_onboarded_once_per_link(served: Served) -> None:
    account = served.v1.accounts.create({"controller": {"fees": {"payer": "account"}}})
    link = served.v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "return_url": f"{SHOP}/done",
            "refresh_url": f"{SHOP}/again",
        }
    )
    assert "Finish" in look(link.url).text
    assert submit(link.url).headers["Location"] == f"{SHOP}/done"
    assert served.v1.accounts.retrieve(account.id).charges_enabled
    assert look(link.url).headers["Location"] == f"{SHOP}/again"


def test_the_dashboard_and_receipts_show_what_happened(served: Served) -> None:
    served.v1.customers.create({"name": "<b>Eve</b>"})
    intent: Any = served.v1.payment_intents.retrieve(
        served.paid().id, {"expand": ["latest_charge"]}
    )
    page = look(served.url).text
    assert intent.id in page
    assert "&lt;b&gt;Eve" in page
    assert "<b>Eve" not in page
    assert "89.00 USD" in look(intent.latest_charge.receipt_url).text


@pytest.mark.parametrize(
    "path", ["/nothing", "/c/pay/acct_x/cs_x", "/receipts/ch_x", "/3ds/acct_x/pi_x/t"]
)
def test_what_is_not_there_is_not_found(served: Served, path: str) -> None:
    assert look(served.url + path).status_code == 404
