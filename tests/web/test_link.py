"""A mail's link, its cookie, and what is answered to whoever has neither."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.api.context import Context, provide
from chalicelib.domain.invoice import Invoice
from chalicelib.ports.rows import PortalOpening
from chalicelib.services import portal_links
from tests.fakes.install import Install
from tests.logs import LogLines
from tests.web.browser import Browser, link_of

STRICT = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}


@pytest.fixture
def invoice(browser: Browser) -> Invoice:
    customer = browser.install.customer()
    browser.install.settle()
    due_on = browser.install.clock.now().date() + timedelta(days=30)
    return browser.install.invoice(customer, due_on=due_on)


def test_a_link_becomes_a_cookie_and_a_clean_address(browser: Browser, invoice: Invoice) -> None:
    link = link_of(browser.install, invoice)
    answer = browser.get(link)
    assert (answer.status, answer.headers["Location"]) == (303, "../portal")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Set-Cookie"] == (
        f"__Host-portal={link.rpartition('/')[2]}; "
        "Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax"
    )
    shown = browser.get("/portal")
    assert shown.status == 200
    assert link.rpartition("/")[2] not in shown.html


def _openings(install: Install, invoice: Invoice) -> list[PortalOpening]:
    since = install.clock.now() - timedelta(days=1)
    return install.store.openings_of(invoice.business_id, invoice.customer_id, since=since)


def test_looking_changes_nothing(browser: Browser, invoice: Invoice) -> None:
    """A mail scanner may follow the link as often as it likes, before the payer does: it only
    stands in the log of openings, once a day."""
    link = link_of(browser.install, invoice)
    store = browser.install.store
    assert browser.open(link).status == 200
    assert [one.action for one in _openings(browser.install, invoice)] == ["page"]
    before = (list(store.all_facts()), store.exported_side(), repr(store.heads))
    for _ in range(3):
        assert browser.open(link).status == 200
    assert (list(store.all_facts()), store.exported_side(), repr(store.heads)) == before


def test_unknown_expired_and_revoked_links_look_alike(browser: Browser, invoice: Invoice) -> None:
    link = link_of(browser.install, invoice)
    known = browser.install.store.portal_link(portal_links.hash_of(link.rpartition("/")[2]))
    assert known is not None
    now = browser.install.clock.now()
    answers = [browser.get(f"/portal/{'x' * 43}"), browser.get("/portal/short")]
    for broken in (replace(known, revoked_at=now), replace(known, expires_at=now)):
        browser.install.store.save_portal_link(broken)
        answers.append(browser.get(link))
    assert {one.status for one in answers} == {404}
    assert len({one.html for one in answers}) == 1
    assert "Set-Cookie" not in {name for one in answers for name in one.headers}
    assert "This link does not work any more" in answers[0].words


def test_without_a_good_cookie_the_page_is_shut(browser: Browser, invoice: Invoice) -> None:
    link = link_of(browser.install, invoice)
    answers = [browser.get("/portal")]
    for cookie in ("__Host-portal=", f"__Host-portal={'x' * 43}", "other=1; __Host-portal=<b>"):
        browser.cookie = cookie
        answers.append(browser.get("/portal"))
    browser.open(link)
    browser.install.clock.advance(days=91)
    answers.append(browser.get("/portal"))
    assert {(one.status, one.html) for one in answers} == {(404, answers[0].html)}
    assert "Please open the link again" in answers[0].words


@pytest.mark.parametrize(
    ("languages", "words"),
    [
        ("de-AT,de;q=0.9", "Dieser Link funktioniert nicht mehr"),
        ("fr", "Ce lien ne fonctionne plus"),
        ("it, es-MX;q=0.5", "Este enlace ya no funciona"),
        ("", "This link does not work any more"),
        ("zz;;q=x,,", "This link does not work any more"),
    ],
)
def test_strangers_are_told_in_their_browsers_language(
    browser: Browser, languages: str, words: str
) -> None:
    browser.languages = languages
    assert words in browser.get("/portal/nothing").words


def test_every_page_is_locked_down(browser: Browser, invoice: Invoice) -> None:
    shown = browser.open(link_of(browser.install, invoice))
    gone = browser.get("/portal/gone")
    for page in (shown, gone):
        assert {name: page.headers.get(name) for name in STRICT} == STRICT
        policy = page.headers["Content-Security-Policy"].split("; ")
        assert policy[0] == "default-src 'none'"
        assert policy[1].startswith("style-src 'sha256-")
        assert policy[3:] == ["base-uri 'none'", "frame-ancestors 'none'"]
        assert {"script", "img", "iframe", "link"} & set(page.page.tags) == set()
        assert "http://" not in page.html.lower()
    assert shown.headers["Referrer-Policy"] == "same-origin"  # else a form's Origin would be null
    forms = shown.headers["Content-Security-Policy"].split("; ")[2]
    assert forms == "form-action 'self' https://checkout.stripe.com"


def test_a_fault_of_ours_is_a_page_without_its_words(browser: Browser, log_lines: LogLines) -> None:
    def broken() -> Context:
        raise RuntimeError("the words of a fault")

    provide(broken)
    shown = browser.get("/portal")
    assert shown.status == 500
    assert "It is our fault, not yours" in shown.words
    assert "fault" not in shown.words.replace("our fault", "")
    failed = next(line for line in log_lines() if line["message"] == "page_failed")
    assert (failed["path_template"], failed["error_type"]) == ("/portal", "RuntimeError")
