"""Who calls beside staff: a business's own systems, somebody for themselves, and who holds a link.

And the table of roles a second time: `authorization.toml` says who is let in, `WHO_MAY` decides it.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from chalicelib.api import access, client_tokens
from chalicelib.api.auth import Caller, caller_of, staff_call, user_call
from chalicelib.api.calls import Incoming
from chalicelib.api.errors import Refused
from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Purpose
from chalicelib.domain.team import Role
from chalicelib.ports.rows import Membership, PortalLink
from chalicelib.services import portal_links, team
from tests.api.client import Api
from tests.api.test_auth import signed
from tests.domain.samples import customer, pending
from tests.fakes.install import Install

SHOP = Membership("cli_1", "biz_1", Role.VIEWER)
QUARTER = timedelta(minutes=15)
EXPIRED = (401, "token_expired", "The access token has expired.")
NOT_OURS = (401, "token_invalid", "The access token cannot be accepted.")


def calling(now: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)) -> Api:
    """`user_admin` is an admin of biz_1, `cli_1` its shop's system."""
    api = Api(Install.at(now))
    api.member("user_admin", Role.ADMIN)
    team.add_client(api.install.ports, "biz_1", "cli_1", "Shop", Role.VIEWER, actor=SYSTEM)
    return api


def asked(token: str, **parameters: str) -> Incoming:
    headers = {"Authorization": f"Bearer {token}"}
    return Incoming("GET", "/v1/x", parameters, {}, headers, b"", "ref")


def told(refused: Refused) -> tuple[int, str, str]:
    return (refused.status, refused.code, refused.detail)


# --- API clients ---------------------------------------------------------------------------------


def test_a_clients_token_says_who_it_is_and_when_it_ends() -> None:
    api = calling()
    token = client_tokens.issued(api.install.ports, SHOP)
    key = api.install.ports.tokens.signing("access-tokens")
    read = jwt.decode_complete(
        token, key, algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False}
    )
    now = int(api.install.clock.now().timestamp())
    assert read["header"] == {"alg": "HS256", "typ": "JWT", "kid": "duecourse-clients"}
    assert read["payload"] == {
        "iss": "duecourse",
        "sub": "cli_1",
        "client_id": "cli_1",
        "token_use": "access",
        "business_id": "biz_1",
        "role": "viewer",
        "iat": now,
        "exp": now + 15 * 60,
    }


@pytest.mark.parametrize("year", [2001, 2090])
def test_a_clients_token_is_as_old_as_the_installs_time_says(year: int) -> None:
    """However wrong the machine's own clock may be."""
    api = calling(datetime(year, 5, 6, tzinfo=UTC))
    context, token = api.context(), client_tokens.issued(api.install.ports, SHOP)
    header = f"Bearer {token}"
    assert caller_of(context, header) == Caller("cli_1", machine=True)
    api.install.clock.set(api.install.clock.now() + QUARTER - timedelta(seconds=1))
    assert caller_of(context, header) == Caller("cli_1", machine=True)
    api.install.clock.set(api.install.clock.now() + timedelta(seconds=1))
    with pytest.raises(Refused) as refused:
        caller_of(context, header)
    assert told(refused.value) == EXPIRED


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": None},
        {"iss": "somebody else"},
        {"sub": None},
        {"iat": None},
        {"exp": None},
    ],
)
def test_a_clients_token_is_whole_or_none(changed: dict[str, Any]) -> None:
    api = calling()
    key = api.install.ports.tokens.signing("access-tokens")
    now = int(api.install.clock.now().timestamp())
    usual = {"iss": "duecourse", "sub": "cli_1", "iat": now, "exp": now + 60}
    kid = {"kid": "duecourse-clients"}
    whole = jwt.encode(usual, key, "HS256", headers=kid)
    assert caller_of(api.context(), f"Bearer {whole}") == Caller("cli_1", machine=True)
    claims = {name: value for name, value in (usual | changed).items() if value is not None}
    with pytest.raises(Refused) as refused:
        caller_of(api.context(), f"Bearer {jwt.encode(claims, key, 'HS256', headers=kid)}")
    assert told(refused.value) == NOT_OURS


def test_a_clients_token_is_signed_with_the_key_of_its_own_purpose() -> None:
    api = calling()
    now = int(api.install.clock.now().timestamp())
    usual = {"iss": "duecourse", "sub": "cli_1", "iat": now, "exp": now + 60}
    other = api.install.ports.tokens.signing("another purpose")
    token = jwt.encode(usual, other, "HS256", headers={"kid": "duecourse-clients"})
    with pytest.raises(Refused) as refused:
        caller_of(api.context(), f"Bearer {token}")
    assert told(refused.value) == NOT_OURS


def test_a_call_says_whether_a_machine_makes_it() -> None:
    api = calling()
    token = client_tokens.issued(api.install.ports, SHOP)
    by_machine = staff_call(api.context(), asked(token), "get_business")
    assert (by_machine.user_id, by_machine.machine) == ("cli_1", True)
    by_person = staff_call(api.context(), asked(signed()), "get_business")
    assert (by_person.user_id, by_person.machine) == ("user_admin", False)


def test_a_revoked_client_is_told_so() -> None:
    api = calling()
    token = client_tokens.issued(api.install.ports, SHOP)
    team.revoke_client(api.install.ports, "biz_1", "cli_1", actor=SYSTEM)
    with pytest.raises(Refused) as refused:
        staff_call(api.context(), asked(token), "get_business")
    assert told(refused.value) == (401, "client_revoked", "The API client was revoked.")


# --- somebody for themselves ---------------------------------------------------------------------


def test_who_has_no_business_yet_acts_for_themselves() -> None:
    """Their Idempotency-Keys are theirs, today as yesterday, and can be no business's."""
    api = calling()
    context, request = api.context(), asked(signed(sub="user_new"))
    call = user_call(context, request)
    assert (call.context, call.request, call.user_id) == (context, request, "user_new")
    assert call.business_id == "user-76ece34db34813ba611465d83dd2ae4f"


def test_a_machine_never_acts_for_itself() -> None:
    api = calling()
    token = client_tokens.issued(api.install.ports, SHOP)
    with pytest.raises(Refused) as refused:
        user_call(api.context(), asked(token))
    words = "An API client acts for its own business only."
    assert told(refused.value) == (403, "role_not_allowed", words)


# --- who holds a link ----------------------------------------------------------------------------

DEMAND = pending(id="poa_1", purpose=Purpose.ON_ACCOUNT)
HALF = timedelta(days=45)


def stored(api: Api, link: str) -> PortalLink:
    base, _, token = link.rpartition("/")
    assert base == api.install.ports.links.portal
    found = api.install.store.portal_link(portal_links.hash_of(token))
    assert found is not None
    return found


def test_a_link_opens_one_invoice_or_one_customers_page() -> None:
    api = calling()
    ports, until = api.install.ports, api.install.clock.now() + timedelta(days=90)
    invoice = portal_links.link_for(ports, pending())
    page = portal_links.customer_link(ports, customer())
    tokens = api.install.ports.tokens
    assert invoice.endswith(f"/{tokens.portal('biz_1/invoice/inv_1')}")
    assert page.endswith(f"/{tokens.portal('biz_1/customer/cus_1')}")
    of_invoice, of_page = stored(api, invoice), stored(api, page)
    assert of_invoice == PortalLink(of_invoice.token_hash, "biz_1", "cus_1", "inv_1", until)
    assert of_page == PortalLink(of_page.token_hash, "biz_1", "cus_1", None, until)


def test_a_payment_on_account_has_its_customers_page() -> None:
    api = calling()
    demanded = portal_links.link_for(api.install.ports, DEMAND)
    assert stored(api, demanded).invoice_id is None
    assert (stored(api, demanded).business_id, stored(api, demanded).customer_id) == (
        "biz_1",
        "cus_1",
    )
    assert portal_links.customer_link(api.install.ports, customer()) == demanded


def test_a_link_that_is_mailed_again_lasts_longer_once_half_its_time_is_over() -> None:
    api = calling()
    ports, clock = api.install.ports, api.install.clock
    first = stored(api, portal_links.link_for(ports, pending()))
    clock.set(clock.now() + HALF - timedelta(seconds=1))
    assert stored(api, portal_links.link_for(ports, pending())) == first
    clock.set(clock.now() + timedelta(seconds=1))
    again = stored(api, portal_links.link_for(ports, pending()))
    assert again == replace(first, expires_at=first.expires_at + HALF)


def test_a_revoked_link_stays_revoked_whenever_it_is_mailed() -> None:
    api = calling()
    ports, clock = api.install.ports, api.install.clock
    gone = replace(stored(api, portal_links.link_for(ports, pending())), revoked_at=clock.now())
    api.install.store.save_portal_link(gone)
    clock.set(clock.now() + 3 * HALF)
    link = portal_links.link_for(ports, pending())
    assert stored(api, link) == gone
    with pytest.raises(NotFound):
        portal_links.open_link(ports, link.rpartition("/")[2], clock.now())


def test_a_link_opens_until_its_last_moment_and_then_says_what_every_wrong_one_says() -> None:
    api = calling()
    ports = api.install.ports
    link = portal_links.link_for(ports, pending())
    token, known = link.rpartition("/")[2], stored(api, link)
    just_before = known.expires_at - timedelta(microseconds=1)
    assert portal_links.open_link(ports, token, just_before) == known
    for wrong, at in ((token, known.expires_at), ("guess", just_before)):
        with pytest.raises(NotFound) as refused:
            portal_links.open_link(ports, wrong, at)
        assert (refused.value.code, refused.value.detail) == (
            "link_not_found",
            "This link is not valid any more. Ask for a new one.",
        )


# --- the table of roles --------------------------------------------------------------------------


def test_the_table_lets_in_whom_the_matrix_lets_in_and_nobody_else() -> None:
    matrix = tomllib.loads((Path(__file__).parent / "authorization.toml").read_text())
    let_in = {
        operation: frozenset(role for role in Role if matrix[operation][role.value][0] != 403)
        for operation in access.WHO_MAY
    }
    assert let_in == access.WHO_MAY


def test_a_sandbox_is_known_by_its_name() -> None:
    assert access.is_sandbox("sandbox_biz_1")
    assert not access.is_sandbox("sandbox")
    assert not access.is_sandbox("biz_sandbox_1")
