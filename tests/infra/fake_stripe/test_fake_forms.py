"""Forms: what the SDK encodes is what the fake reads."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from stripe import _encode

from infra.local.fake_stripe.errors import ApiError, FakeStripeRefusal
from infra.local.fake_stripe.forms import decode
from infra.local.fake_stripe.parameters import boolean, coerce, flag_or_text, integer, mapping, text


@pytest.mark.parametrize(
    "params",
    [
        {"a": "1", "b": {"c": {"d": "é & ü=?"}}},
        {"expand": ["data.x", "data.y"]},
        {"list": [{"a": "1"}, {"b": "2"}]},
        {"metadata": {"0x": "a", "order no.": "b"}},
        {"empty": ""},
    ],
)
def test_decoding_undoes_the_sdks_encoding(params: dict[str, Any]) -> None:
    encoded = urlencode(list(_encode._api_encode(params)))
    assert decode(encoded) == params


def test_bare_brackets_are_an_array() -> None:
    assert decode("enabled_events[]=a&enabled_events[]=b") == {"enabled_events": ["a", "b"]}


SPEC = {
    "amount": integer,
    "confirm": boolean,
    "off_session": flag_or_text,
    "name": text,
    "metadata": mapping,
    "types": [text],
    "card": {"exp_month": integer},
}


def test_texts_become_what_they_mean() -> None:
    form = "amount=500&confirm=true&off_session=false&types[0]=card&card[exp_month]=12"
    assert coerce(decode(form), SPEC) == {
        "amount": 500,
        "confirm": True,
        "off_session": False,
        "types": ["card"],
        "card": {"exp_month": 12},
    }
    assert coerce({"off_session": "recurring", "name": None}, SPEC) == {"off_session": "recurring"}


@pytest.mark.parametrize(
    "params",
    [
        {"amount": "5.00"},
        {"amount": True},
        {"confirm": "yes"},
        {"name": 5},
        {"types": "card"},
        {"card": "4242"},
        {"metadata": {"k" * 41: "v"}},
    ],
)
def test_what_does_not_fit_is_a_400(params: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as refused:
        coerce(params, SPEC)
    assert (refused.value.status, refused.value.executed) == (400, False)


def test_what_nobody_declared_is_refused() -> None:
    with pytest.raises(FakeStripeRefusal, match=r"card\[colour\]"):
        coerce({"card": {"colour": "red"}}, SPEC)
