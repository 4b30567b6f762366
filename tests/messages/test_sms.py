"""SMS: one part, no reason, a way to stop."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.messages import NoticeKind, PayerTextKey, compose_sms
from chalicelib.messages.sms import gsm7_length, is_gsm7
from tests.messages.samples import BUSINESS, NOTICES

SHORT_LINK = "https://pay.hp.example/7Kq2mZ9x"
PAYER_KINDS = [kind for kind in NoticeKind if not kind.for_staff]


@pytest.mark.parametrize("locale", ["en-US", "en-IE", "de-DE", "fr-FR", "es-ES"])
@pytest.mark.parametrize("kind", PAYER_KINDS)
def test_each_fits_one_part(kind: NoticeKind, locale: str) -> None:
    notice = replace(
        NOTICES[kind],
        locale=locale,
        link=SHORT_LINK,
        invoice_number="INV-00418",
        business=replace(BUSINESS, name="Harbour & Pine"),
    )
    sms = compose_sms(notice)
    assert is_gsm7(sms)
    assert gsm7_length(sms) <= 160
    assert sms.startswith("Harbour & Pin")
    assert SHORT_LINK in sms
    assert "STOP" in sms


def test_payment_failed_gives_no_reason() -> None:
    failed = NOTICES[NoticeKind.PAYMENT_FAILED]
    texts = {compose_sms(replace(failed, text_key=key, link=SHORT_LINK)) for key in PayerTextKey}
    assert texts == {
        (
            "Harbour & Pine Ltd: your payment of €4,379.48 did not go through. "
            f"Update your payment method: {SHORT_LINK} Reply STOP to opt out"
        )
    }


def test_a_long_name_is_shortened_before_a_second_part_is_paid_for() -> None:
    long_name = replace(BUSINESS, name="The Very Long Name of a Business in Dublin")
    sms = compose_sms(
        replace(NOTICES[NoticeKind.PAYMENT_FAILED], business=long_name, link=SHORT_LINK)
    )
    assert sms.startswith("The Very Long Name")
    assert gsm7_length(sms) <= 160


def test_a_name_in_another_alphabet_is_left_whole() -> None:
    sms = compose_sms(
        replace(NOTICES[NoticeKind.RECEIPT], business=replace(BUSINESS, name="株式会社サクラ"))
    )
    assert sms.startswith("株式会社サクラ: ")


def test_accents_outside_the_alphabet_give_way() -> None:
    name = replace(BUSINESS, name="Łódź Café Ångström")
    kept = compose_sms(replace(NOTICES[NoticeKind.RECEIPT], business=name))
    assert kept.startswith("Łódź")  # Ł has no plainer form, so nothing is gained by less
    other = compose_sms(
        replace(NOTICES[NoticeKind.RECEIPT], business=replace(BUSINESS, name="Ção Café Ångström"))
    )
    assert other.startswith("Çao Café Ångström: ")


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if kind.for_staff])
def test_staff_get_no_sms(kind: NoticeKind) -> None:
    with pytest.raises(ValueError, match="not sent by SMS"):
        compose_sms(NOTICES[kind])


def test_what_counts_double() -> None:
    assert gsm7_length("€5") == 3
    assert not is_gsm7("ç")
