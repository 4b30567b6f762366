"""Whose row it is: by reference, by name, by address, however many share them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.errors import InvalidInput
from chalicelib.services.import_book import CustomerBook
from tests.fakes.install import Install


def started() -> Install:
    install = Install.at()
    install.business()
    return install


def made(install: Install, name: str, email: str = "a@b.example", ref: str = "") -> str:
    return install.customer(name=name, email=email, external_ref=ref, card=None).id


def one(install: Install, name: str = "", email: str = "", ref: str = "") -> str | None:
    book = CustomerBook(install.ports, "biz_1")
    try:
        return book.the_one(name=name, email=email, ref=ref).id
    except InvalidInput:
        return None


def test_a_name_is_the_same_in_other_letters_and_spaces() -> None:
    install = started()
    ada = made(install, "Ada  Byron")
    made(install, "Ada Byron King")
    assert one(install, "ADA byron") == ada
    assert one(install, "Byron") is None
    assert one(install, "Adá Byron") is None  # found by its letters, and yet another name


def test_namesakes_are_told_apart_by_their_address() -> None:
    install = started()
    made(install, "Ada Byron", "one@example.com")
    second = made(install, "Ada Byron", "two@example.com")
    assert one(install, "Ada Byron") is None
    assert one(install, "Ada Byron", "TWO@example.com") == second
    assert one(install, "Ada Byron", "three@example.com") is None


def test_an_address_alone_is_enough_if_only_one_has_it() -> None:
    install = started()
    ada = made(install, "Ada Byron", "ada@example.com")
    assert one(install, email="Ada@Example.com") == ada
    made(install, "Bob Ray", "ada@example.com")
    assert one(install, email="ada@example.com") is None


def test_a_reference_decides_alone() -> None:
    install = started()
    made(install, "Ada Byron", ref="K-1")
    second = made(install, "Ada Byron", ref="K-10")
    assert one(install, "Somebody Else", ref="k-10") == second
    assert one(install, "Ada Byron", ref="K-2") is None


def test_a_name_whose_every_word_is_common_is_still_found() -> None:
    install = started()
    for number in range(120):
        made(install, f"Acme Company {number}")
    acme = made(install, "Acme Company")
    assert one(install, "acme company") == acme
    assert one(install, "Company Acme") is None


def test_a_name_without_a_word_is_a_name() -> None:
    install = started()
    assert one(install, "+++") is None
    odd = made(install, "+++")
    assert one(install, "+++") == odd


def test_what_this_run_made_is_known_before_the_index_is() -> None:
    install = started()
    install.store.index_lag = timedelta(hours=1)
    ada = install.customer(name="Ada Byron", card=None)
    book = CustomerBook(install.ports, "biz_1")
    assert book.named("Ada Byron") == []
    book.note(ada)
    assert book.named("Ada Byron") == [ada]


@pytest.mark.parametrize("ref", ["", "K-1"])
def test_the_refusal_says_what_was_looked_for(ref: str) -> None:
    install = started()
    book = CustomerBook(install.ports, "biz_1")
    with pytest.raises(InvalidInput, match=ref or "Ada Byron"):
        book.the_one(name="Ada Byron", email="", ref=ref)
