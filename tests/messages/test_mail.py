"""Each notice as a mail: its facts in both forms, its layout's promises, and its safety."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.catalogue import MissingFactError
from chalicelib.domain.errors import InvalidInput
from chalicelib.messages import (
    BusinessView,
    NoticeKind,
    PayerTextKey,
    compose,
    compose_sms,
)
from tests.messages.samples import BASE, BUSINESS, LINK, NOTICES, STAFF

LOCALES = ("en-IE", "de-DE", "fr-FR", "es-ES")


class Seen(HTMLParser):
    """What a reader of the HTML gets: text and addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str | None] = []
        self.tags: set[str] = set()
        self.inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        if self.inside not in {"style", "title"}:
            self.words += data.split()


def spoken(words: list[str]) -> set[str]:
    """Words without the marks that one form has and the other has not."""
    return {word.strip(":,.·-=").casefold() for word in words} - {""}


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("locale", "called", "never"),
    [
        ("en-US", "instalment", "invoice"),
        ("de-DE", "rate", "rechnung"),
        ("fr-FR", "tranche", "facture"),
        ("es-ES", "cuota", "factura"),
    ],
)
@pytest.mark.parametrize(
    "kind",
    [
        NoticeKind.REMINDER_UPCOMING,
        NoticeKind.REMINDER_PAST_DUE,
        NoticeKind.PAYMENT_FAILED,
        NoticeKind.NEEDS_CARD,
        NoticeKind.ACTION_REQUIRED,
        NoticeKind.CHECKING,
        NoticeKind.WENT_OVERDUE,
    ],
)
def test_an_instalment_is_called_so(kind: NoticeKind, locale: str, called: str, never: str) -> None:
    view = replace(
        NOTICES[kind],
        locale=locale,
        is_instalment=True,
        invoice_number="P-7K2M-2",
        description=None,
    )
    message = compose(view)
    for written in (f"{message.subject} {message.text}", message.html, compose_sms(view)):
        assert never not in written.casefold()
    assert called in message.text.casefold()
    assert never in compose(replace(view, is_instalment=False)).text.casefold()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_both_forms_tell_the_same_facts(kind: NoticeKind, locale: str) -> None:
    message = compose(replace(NOTICES[kind], locale=locale))
    seen = Seen(message.html)
    plain = message.text.replace(LINK, "").split()
    assert spoken(seen.words) - {"hp"} == spoken(plain)  # HP is the drawn mark
    assert seen.links == [LINK]
    assert LINK in message.text.splitlines()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_plain_text_reads_well(kind: NoticeKind, locale: str) -> None:
    message = compose(replace(NOTICES[kind], locale=locale))
    too_long = [line for line in message.text.splitlines() if len(line) > 78 and LINK not in line]
    assert too_long == []
    assert "\n\n\n" not in message.text
    assert not re.search(r"[\[\]{}]|None", message.text + message.subject)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_html_is_one_file_for_phones_first(kind: NoticeKind) -> None:
    html = compose(NOTICES[kind]).html
    assert not {"img", "link", "script", "iframe"} & Seen(html).tags
    assert not re.search(r"url\(|@import", html)
    sizes = [int(size) for size in re.findall(r"font-size:(\d+)px", html)]
    assert min(sizes) == 16
    button = re.search(r"padding:(\d+)px 20px;font-size:17px;line-height:(\d+)px", html)
    assert button is not None
    assert 2 * int(button[1]) + int(button[2]) >= 44
    assert "prefers-color-scheme: dark" in html
    assert 'name="viewport"' in html
    assert len(html.encode()) < 20_000  # a mail longer than 100 kB is cut off by some readers


def test_payment_failed_says_what_happened_and_what_to_do() -> None:
    message = compose(NOTICES[NoticeKind.PAYMENT_FAILED])
    plain = one_line(message.text)
    assert message.subject == "Your payment to Harbour & Pine Ltd did not go through"
    assert (
        "Your bank did not approve €4,379.48 for invoice INV-2026-00418 on your Visa ending 4242. "
        "You were not charged. Use another card, or ask your bank. We will try again on "
        "3 November 2026." in plain
    )
    assert "Update payment method: https://" in plain


def test_payment_failed_without_a_next_try_promises_none() -> None:
    text = compose(replace(NOTICES[NoticeKind.PAYMENT_FAILED], next_on=None)).text
    assert "try again" not in one_line(text)
    assert "Next try" not in text


def test_receipt_has_amount_date_method_transaction_and_balance() -> None:
    text = compose(NOTICES[NoticeKind.RECEIPT]).text
    rows = dict(re.findall(r"^([A-Z][A-Za-z ]+): +(.+)$", text, re.MULTILINE))
    assert rows["Amount paid"] == "€500.00"
    assert rows["Date"] == "3 October 2026"
    assert rows["Method"] == "Visa ending 4242"
    assert rows["Transaction ID"] == "pi_3QxYz2AbCdEfGhIj0KlMnOpQ"
    assert rows["Remaining balance"] == "€4,379.48"
    assert "€4,379.48 remains to be paid." in text


def test_receipt_in_full_says_so() -> None:
    text = one_line(compose(replace(NOTICES[NoticeKind.RECEIPT], balance=0)).text)
    assert "INV-2026-00418 is paid in full." in text
    assert "remains to be paid" not in text


def test_an_invoice_charged_by_itself_does_not_ask_to_be_paid() -> None:
    charged = replace(NOTICES[NoticeKind.INVOICE_SENT], charge_on=BASE.due_on, bank=None)
    text = one_line(compose(charged).text)
    assert "We will charge your Visa ending 4242 on 31 October 2026. You need do nothing." in text
    assert "Please pay" not in text


@pytest.mark.parametrize(
    ("days", "headline"), [(0, "Due today"), (1, "Due tomorrow"), (7, "Due in 7 days")]
)
def test_a_reminder_counts_the_days(days: int, headline: str) -> None:
    message = compose(replace(NOTICES[NoticeKind.REMINDER_UPCOMING], days=days))
    assert message.text.splitlines()[0] == headline


@pytest.mark.parametrize(("days", "headline"), [(1, "1 day past due"), (3, "3 days past due")])
def test_a_late_reminder_counts_too(days: int, headline: str) -> None:
    message = compose(replace(NOTICES[NoticeKind.REMINDER_PAST_DUE], days=days))
    assert message.text.splitlines()[0] == headline


def test_overdue_tells_the_pause_plainly_and_only_if_there_is_one() -> None:
    paused = compose(NOTICES[NoticeKind.WENT_OVERDUE])
    assert "Business plan is paused as of today." in one_line(paused.text)
    unpaused = compose(replace(NOTICES[NoticeKind.WENT_OVERDUE], subscription=None))
    assert "paused" not in unpaused.text + unpaused.subject


def test_staff_read_class_raw_codes_and_next_step() -> None:
    text = compose(NOTICES[NoticeKind.STAFF_PAYMENT_FAILED]).text
    for fact in (
        "FUNDS",
        "card_declined",
        "insufficient_funds",
        "try_again_later",
        "51",
        "planned",
    ):
        assert fact in text
    unknown_field = replace(STAFF, codes=(("new_stripe_field", "x"),))
    failed = replace(NOTICES[NoticeKind.STAFF_PAYMENT_FAILED], staff=unknown_field)
    assert "new_stripe_field: x" in one_line(compose(failed).text)


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if not kind.for_staff])
def test_customers_read_nothing_of_the_staff_s_view(kind: NoticeKind) -> None:
    with_staff = compose(replace(NOTICES[kind], staff=STAFF))
    assert with_staff == compose(replace(NOTICES[kind], staff=None))


def test_a_reminder_says_that_nothing_more_is_needed_if_paid() -> None:
    assert "If you have paid in the meantime" in compose(NOTICES[NoticeKind.REMINDER_PAST_DUE]).text


def test_the_business_may_add_a_sentence() -> None:
    message = compose(replace(BASE, note="We moved: see our new address."))
    assert "We moved: see our new address." in message.text
    assert "We moved: see our new address." in message.html


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (NoticeKind.ACTION_REQUIRED, "Your bank asks you to confirm €4,379.48"),
        (NoticeKind.CHECKING, "We are checking whether your payment of €4,379.48 went through"),
    ],
)
def test_a_kind_with_one_text_needs_no_key(kind: NoticeKind, words: str) -> None:
    for key in (None, PayerTextKey.DECLINED):
        assert words in one_line(compose(replace(NOTICES[kind], text_key=key)).text)


def test_a_missing_fact_stops_the_mail() -> None:
    with pytest.raises(MissingFactError, match="payer_text"):
        compose(replace(NOTICES[NoticeKind.PAYMENT_FAILED], text_key=None))


@pytest.mark.parametrize("link", ["javascript:alert(1)", "pay.example/x", ""])
def test_only_web_addresses_are_linked(link: str) -> None:
    with pytest.raises(InvalidInput, match="web address"):
        compose(replace(BASE, link=link))


def test_names_are_text_and_never_markup() -> None:
    evil = "<script>alert(1)</script>\"'&"
    message = compose(
        replace(BASE, to_name=evil, business=replace(BUSINESS, name=evil), description=evil)
    )
    assert "script" not in Seen(message.html).tags
    assert evil in unescape(message.html)


def test_a_subject_is_one_line() -> None:
    split = replace(BASE, business=BusinessView(name="A\r\nBcc: x@example.com"))
    assert len(compose(split).subject.splitlines()) == 1


def test_an_unreadable_colour_is_not_used() -> None:
    odd = replace(BASE, business=replace(BUSINESS, accent="#ffff99", action="red;} evil"))
    assert compose(odd) == compose(BASE)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(list(NoticeKind)),
    key=st.sampled_from(list(PayerTextKey)),
    words=st.lists(st.text(min_size=1, max_size=90), min_size=4, max_size=4),
)
def test_no_name_stops_a_mail(kind: NoticeKind, key: PayerTextKey, words: list[str]) -> None:
    notice = replace(
        NOTICES[kind],
        text_key=key,
        to_name=words[0],
        business=replace(BUSINESS, name=words[1]),
        description=words[2],
        subscription=words[3],
    )
    message = compose(notice)
    assert len(message.subject.splitlines()) == 1
    assert LINK in message.text


def test_french_sets_a_space_before_a_colon() -> None:
    text = compose(replace(NOTICES[NoticeKind.RECEIPT], locale="fr-FR")).text
    assert "Voir le reçu :" in text
    assert [line for line in text.splitlines() if re.match(r"\w+: ", line)] == []
