"""The caller as the edge knows them: each refusal's status, code and words, and the edges between.

Asked of `auth` itself, without a route: what a view is given is exactly this.
"""

from __future__ import annotations

import base64
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.api.auth import LEEWAY_SECONDS, Caller, caller_of, portal_call, staff_call
from chalicelib.api.calls import Incoming
from chalicelib.api.context import Context
from chalicelib.api.errors import Refused
from chalicelib.domain.errors import NotFound
from chalicelib.domain.team import Role
from chalicelib.ports.rows import PortalLink
from chalicelib.services import portal_links
from tests.api.client import Api
from tests.api.test_auth import WRONG, claims, signed, unsigned
from tests.fakes.install import Install

ADMIN = Caller("user_admin", machine=False)
NO_TOKEN = (401, "token_missing", "This call needs an access token.")
NOT_OURS = (401, "token_invalid", "The access token cannot be accepted.")
UNKNOWN_KEY = (401, "token_invalid", "The token is not signed by a known key.")
NO_ACCESS = (401, "token_invalid", "This is not an access token.")
OTHER_APP = (401, "token_invalid", "The token was issued for another application.")
EXPIRED = (401, "token_expired", "The access token has expired.")
NOWHERE = (403, "no_business", "This user belongs to no business of this install.")
SEVERAL = (
    400,
    "business_missing",
    "This user belongs to several businesses: name one in the Duecourse-Business header.",
)

WORDS = {
    "alg none": NOT_OURS,
    "HS256": NOT_OURS,
    "PS256": NOT_OURS,
    "another key, our key id": NOT_OURS,
    "unknown key id": UNKNOWN_KEY,
    "no key id": UNKNOWN_KEY,
    "another pool": NOT_OURS,
    "another client": OTHER_APP,
    "no client": NOT_OURS,
    "ID token": NO_ACCESS,
    "no use": NOT_OURS,
    "no subject": NOT_OURS,
    "no end": NOT_OURS,
    "expired": EXPIRED,
    "not yet": NOT_OURS,
    "bent": NOT_OURS,
    "no token at all": NOT_OURS,
    "not even three parts": NOT_OURS,
    "endless": NO_TOKEN,
}


@pytest.fixture
def calling() -> Api:
    """`user_admin` is an admin of biz_1 and nothing else."""
    api = Api(Install.at())
    api.install.business()
    api.member("user_admin", Role.ADMIN)
    return api


def asked(token: str | None = None, business: str | None = None, **parameters: str) -> Incoming:
    headers = {"Authorization": f"Bearer {signed() if token is None else token}"}
    if business is not None:
        headers["Duecourse-Business"] = business
    return Incoming("GET", "/v1/x", parameters, {}, headers, b"", "ref")


def refusal(context: Context, authorization: str | None) -> tuple[int, str, str]:
    with pytest.raises(Refused) as refused:
        caller_of(context, authorization)
    return (refused.value.status, refused.value.code, refused.value.detail)


@pytest.mark.parametrize("wrong", WRONG)
def test_each_wrong_token_is_refused_in_its_own_words(calling: Api, wrong: str) -> None:
    make, _ = WRONG[wrong]
    assert refusal(calling.context(), f"Bearer {make()}") == WORDS[wrong]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz"])
def test_no_token_is_said_so(calling: Api, header: str | None) -> None:
    assert refusal(calling.context(), header) == NO_TOKEN


def test_an_unsigned_token_under_another_scheme_is_no_token(calling: Api) -> None:
    assert refusal(calling.context(), f"Token {unsigned()}") == NO_TOKEN


@pytest.mark.parametrize("spelled", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer  {} "])
def test_the_scheme_is_read_as_http_says(calling: Api, spelled: str) -> None:
    assert caller_of(calling.context(), spelled.format(signed())) == ADMIN


def test_a_clock_that_is_a_little_off_locks_nobody_out(calling: Api) -> None:
    now = int(time.time())
    assert LEEWAY_SECONDS == 10
    assert caller_of(calling.context(), f"Bearer {signed(exp=now - 5)}") == ADMIN
    assert caller_of(calling.context(), f"Bearer {signed(nbf=now + 5)}") == ADMIN
    assert refusal(calling.context(), f"Bearer {signed(exp=now - 15)}") == EXPIRED


def test_an_audience_is_neither_asked_for_nor_in_the_way(calling: Api) -> None:
    """The client is what counts; an access token of the pool has no audience."""
    assert caller_of(calling.context(), f"Bearer {signed(aud='some-api')}") == ADMIN


def test_the_largest_token_is_still_looked_at(calling: Api) -> None:
    context = calling.context()
    assert refusal(context, f"Bearer {'a' * 8192}") == NOT_OURS
    assert refusal(context, f"Bearer {'a' * 8193}") == NO_TOKEN


@pytest.mark.parametrize("key_id", ["7", "null", '["local-1"]'])
def test_a_key_id_that_is_no_text_is_no_key(calling: Api, key_id: str) -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"RS256","kid":%s}' % key_id.encode()).decode()
    forged = f"{head.rstrip('=')}.{signed().partition('.')[2]}"
    status, code, _ = refusal(calling.context(), f"Bearer {forged}")
    assert (status, code) == (401, "token_invalid")


def test_a_call_says_who_does_what_for_whom(calling: Api) -> None:
    context, request = calling.context(), asked()
    call = staff_call(context, request, "get_business")
    assert (call.context, call.request) == (context, request)
    assert (call.business_id, call.user_id, call.role) == ("biz_1", "user_admin", Role.ADMIN)


def told(context: Context, request: Incoming, operation: str) -> Refused:
    with pytest.raises(Refused) as refused:
        staff_call(context, request, operation)
    return refused.value


def test_a_role_that_is_not_enough_is_told_which_would_be(calling: Api) -> None:
    calling.member("user_viewer", Role.VIEWER)
    request = asked(signed(sub="user_viewer"))
    refused = told(calling.context(), request, "create_customer")
    assert (refused.status, refused.code, refused.detail) == (
        403,
        "role_not_allowed",
        "A role of viewer may not do this; it takes one of: account_manager, accountant, admin.",
    )
    assert staff_call(calling.context(), request, "get_customer").role is Role.VIEWER


def test_a_stranger_is_told_that_they_belong_nowhere(calling: Api) -> None:
    refused = told(calling.context(), asked(signed(sub="user_stranger")), "get_business")
    assert (refused.status, refused.code, refused.detail) == NOWHERE


def test_of_several_businesses_one_has_to_be_named(calling: Api) -> None:
    calling.member("user_admin", Role.VIEWER, "biz_2")
    refused = told(calling.context(), asked(), "get_business")
    assert (refused.status, refused.code, refused.detail) == SEVERAL
    assert refused.businesses == ("biz_1", "biz_2")
    second = staff_call(calling.context(), asked(business="biz_2"), "get_business")
    assert (second.business_id, second.role) == ("biz_2", Role.VIEWER)


def test_a_sandbox_does_not_count_unless_named_or_the_only_one(calling: Api) -> None:
    calling.member("user_admin", Role.ADMIN, "sandbox_biz_1")
    calling.member("user_tester", Role.ADMIN, "sandbox_biz_1")
    context = calling.context()
    assert staff_call(context, asked(), "get_business").business_id == "biz_1"
    named = staff_call(context, asked(business="sandbox_biz_1"), "get_business")
    assert named.business_id == "sandbox_biz_1"
    only = staff_call(context, asked(signed(sub="user_tester")), "get_business")
    assert only.business_id == "sandbox_biz_1"


@pytest.mark.parametrize("wanted", ["biz_2", "", "BIZ_1", "biz_1 "])
def test_a_business_one_does_not_belong_to_is_not_there(calling: Api, wanted: str) -> None:
    with pytest.raises(NotFound) as refused:
        staff_call(calling.context(), asked(business=wanted), "get_business")
    assert refused.value.code == "business_not_found"


TOKEN = "t" * 20


def link_to(calling: Api, token: str, **changes: object) -> PortalLink:
    until = calling.install.clock.now() + timedelta(seconds=1)
    link = PortalLink(portal_links.hash_of(token), "biz_1", "cus_1", "inv_1", until)
    link = replace(link, **changes)  # type: ignore[arg-type]
    calling.install.store.save_portal_link(link)
    return link


def test_a_link_opens_what_it_was_made_for(calling: Api) -> None:
    link = link_to(calling, TOKEN)
    context, request = calling.context(), asked(token=TOKEN)
    request = replace(request, parameters={"token": TOKEN})
    call = portal_call(context, request)
    assert (call.context, call.request, call.link) == (context, request, link)
    assert (call.business_id, call.token) == ("biz_1", TOKEN)


@pytest.mark.parametrize("length", [19, 129])
def test_what_can_be_no_link_is_not_even_looked_up(calling: Api, length: int) -> None:
    token = "t" * length
    link_to(calling, token)
    request = replace(asked(), parameters={"token": token})
    with pytest.raises(NotFound) as refused:
        portal_call(calling.context(), request)
    assert refused.value.code == "link_not_found"


def test_a_link_ends_with_its_time(calling: Api) -> None:
    link_to(calling, TOKEN)
    request = replace(asked(), parameters={"token": TOKEN})
    assert portal_call(calling.context(), request).link.customer_id == "cus_1"
    calling.install.clock.set(calling.install.clock.now() + timedelta(seconds=1))
    with pytest.raises(NotFound):
        portal_call(calling.context(), request)


def test_what_a_token_claims_of_roles_and_businesses_counts_for_nothing(calling: Api) -> None:
    boasting = signed(sub="user_stranger", role="admin", business_id="biz_1", groups=["admin"])
    refused = told(calling.context(), asked(boasting), "get_business")
    assert refused.code == "no_business"
    assert "role" not in claims()
