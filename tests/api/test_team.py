"""Users, roles and API clients: given, changed and taken away, each from the next call on."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from chalicelib.api import client_tokens
from chalicelib.domain.facts import ActorKind, Subject
from chalicelib.domain.team import TEAM
from tests.api.client import Answer, Api

USERS, CLIENTS, TOKEN = "/v1/users", "/v1/api-clients", "/v1/oauth/token"
FORM = "application/x-www-form-urlencoded"


def acting(api: Api, user: str) -> Api:
    return Api(api.install, user=user)


def client(api: Api, role: str = "account_manager") -> dict[str, Any]:
    made = api.post(CLIENTS, {"name": "Shop", "role": role})
    assert made.status == 201
    answer: dict[str, Any] = made.json
    return answer


def asked(api: Api, form: str, **headers: str) -> Answer:
    nobody = Api(api.install, user=None)
    return nobody.call("POST", TOKEN, headers={"Content-Type": FORM, **headers}, raw=form.encode())


def exchanged(api: Api, one: dict[str, Any], **changed: str) -> Answer:
    form = {
        "grant_type": "client_credentials",
        "client_id": one["id"],
        "client_secret": one["client_secret"],
    }
    return asked(api, urlencode(form | changed))


def machine(api: Api, token: str) -> Api:
    return Api(api.install, user=None, headers={"Authorization": f"Bearer {token}"})


# --- Users ---------------------------------------------------------------------------------------


def test_somebody_invited_may_act_at_once_and_no_longer_when_removed(api: Api) -> None:
    added = api.post(USERS, {"email": "Grace@Example.com", "role": "viewer"})
    assert (added.status, added.json["email"], added.json["role"]) == (
        201, "Grace@Example.com", "viewer",
    )  # fmt: skip
    assert api.install.directory.invited == ["grace@example.com"]
    grace = acting(api, added.json["id"])
    assert grace.get("/v1/business").status == 200
    assert grace.patch("/v1/business", {"name": "Hers"}).code == "role_not_allowed"
    api.patch(f"{USERS}/{added.json['id']}", {"role": "admin"})
    assert grace.patch("/v1/business", {"name": "Hers"}).status == 200
    assert api.delete(f"{USERS}/{added.json['id']}").json["id"] == added.json["id"]
    assert grace.get("/v1/business").code == "no_business"
    assert added.json["id"] not in {one["id"] for one in api.get(USERS).json["data"]}


def test_one_admin_stays_whoever_else_goes(api: Api) -> None:
    admins = [one["id"] for one in api.get(USERS).json["data"] if one["role"] == "admin"]
    for user_id in admins[1:]:
        assert api.delete(f"{USERS}/{user_id}").status == 200
    last = f"{USERS}/{admins[0]}"
    assert api.delete(last).code == "last_admin"
    assert api.patch(last, {"role": "viewer"}).code == "last_admin"
    assert api.patch(last, {"role": "admin"}).status == 200


def test_the_same_wish_twice_is_one_user_another_role_is_refused(api: Api) -> None:
    wish = {"user_id": "user_new", "role": "accountant"}
    first, again = api.post(USERS, wish), api.post(USERS, wish)
    assert (first.status, again.json) == (201, first.json)
    assert api.post(USERS, wish | {"role": "viewer"}).code == "user_exists"


@pytest.mark.parametrize("wish", [{}, {"email": "a@b.example", "user_id": "user_1"}])
def test_somebody_is_named_in_one_way(api: Api, wish: dict[str, str]) -> None:
    assert api.post(USERS, {"role": "viewer", **wish}).code == "user_invalid"


def test_who_did_it_is_on_record(api: Api) -> None:
    user_id = api.post(USERS, {"user_id": "user_new", "role": "viewer"}).json["id"]
    api.patch(f"{USERS}/{user_id}", {"role": "accountant"})
    api.delete(f"{USERS}/{user_id}")
    facts = api.install.store.facts("biz_1", Subject.TEAM, TEAM)[-3:]
    assert [fact.kind for fact in facts] == ["member_added", "role_changed", "member_removed"]
    assert {(fact.actor.kind, fact.actor.id) for fact in facts} == {(ActorKind.STAFF, "user_admin")}


# --- API clients ---------------------------------------------------------------------------------


def test_a_client_acts_with_a_token_for_its_own_secret(api: Api) -> None:
    made = client(api)
    token = exchanged(api, made)
    assert (token.status, token.json["token_type"], token.json["expires_in"]) == (
        200, "Bearer", 900,
    )  # fmt: skip
    assert (token.json["business_id"], token.json["role"]) == ("biz_1", "account_manager")
    shop = machine(api, token.json["access_token"])
    added = shop.post("/v1/customers", {"name": "Ada", "email": "ada@example.com"})
    assert added.status == 201
    (fact,) = api.install.store.facts("biz_1", Subject.CUSTOMER, added.json["id"])
    assert (fact.actor.kind, fact.actor.id) == (ActorKind.MACHINE, made["id"])
    assert shop.patch("/v1/business", {"name": "Its"}).code == "role_not_allowed"
    assert shop.get("/v1/businesses").code == "role_not_allowed"


def test_a_secret_is_shown_once_and_kept_nowhere(api: Api) -> None:
    first = api.post(CLIENTS, {"name": "Shop", "role": "viewer"}, key="k1")
    again = api.post(CLIENTS, {"name": "Shop", "role": "viewer"}, key="k1")
    secret = first.json["client_secret"]
    assert again.json == first.json | {"client_secret": None}
    assert len(secret) >= 43
    assert secret not in repr(api.install.store.export())
    assert [one["id"] for one in api.get(CLIENTS).json["data"]] == [first.json["id"]]
    assert "client_secret" not in api.get(CLIENTS).json["data"][0]


def test_basic_authorization_does_as_well(api: Api) -> None:
    made = client(api)
    pair = base64.b64encode(f"{made['id']}:{made['client_secret']}".encode()).decode()
    token = asked(api, "grant_type=client_credentials", Authorization=f"Basic {pair}")
    assert token.status == 200
    for header in ("Basic !", "Basic bm9jb2xvbg==", f"Digest {pair}"):
        refused = asked(api, "grant_type=client_credentials", Authorization=header)
        assert (refused.status, refused.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "cli_unknown"}, 401, "invalid_client"),
        ({"client_id": "user_admin"}, 401, "invalid_client"),
        ({"client_id": "x" * 300}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_what_is_not_a_clients_secret_gives_no_token(
    api: Api, changed: dict[str, str], status: int, error: str
) -> None:
    refused = exchanged(api, client(api), **changed)
    assert (refused.status, refused.json["error"]) == (status, error)


@pytest.mark.parametrize("form", ["", "nonsense", "client_id=a", "grant_type=a&grant_type=b"])
def test_a_form_that_cannot_be_read_is_refused(api: Api, form: str) -> None:
    refused = asked(api, form)
    assert (refused.status, refused.json["error"]) == (400, "invalid_request")


def test_a_revoked_client_is_stopped_with_the_token_in_its_hand(api: Api) -> None:
    made = client(api)
    shop = machine(api, exchanged(api, made).json["access_token"])
    assert shop.get("/v1/customers").status == 200
    assert api.delete(f"{CLIENTS}/{made['id']}").status == 200
    assert shop.get("/v1/customers").code == "client_revoked"
    assert exchanged(api, made).code == "client_invalid"
    assert api.delete(f"{CLIENTS}/{made['id']}").code == "api_client_not_found"


def test_a_rotated_secret_overlaps_with_the_one_before(api: Api) -> None:
    made = client(api)
    fresh = api.post(f"{CLIENTS}/{made['id']}/rotate", {"overlap_hours": 2}).json
    assert (fresh["secret_number"], fresh["client_secret"] == made["client_secret"]) == (2, False)
    assert [exchanged(api, one).status for one in (made, fresh)] == [200, 200]
    api.install.clock.advance(hours=2)
    assert [exchanged(api, one).status for one in (made, fresh)] == [401, 200]
    last = api.post(f"{CLIENTS}/{made['id']}/rotate", {"overlap_hours": 0}).json
    assert [exchanged(api, one).status for one in (fresh, last)] == [401, 200]


def test_a_token_ends_after_a_quarter_of_an_hour(api: Api) -> None:
    shop = machine(api, exchanged(api, client(api)).json["access_token"])
    api.install.clock.advance(minutes=14, seconds=59)
    assert shop.get("/v1/customers").status == 200
    api.install.clock.advance(seconds=1)
    assert shop.get("/v1/customers").code == "token_expired"


def test_no_machine_is_admin(api: Api) -> None:
    refused = api.post(CLIENTS, {"name": "Shop", "role": "admin"})
    assert (refused.status, refused.code) == (422, "role_not_for_clients")


def forged(key: str, header: dict[str, str], **claims: object) -> str:
    usual = {
        "iss": "duecourse", "sub": "user_admin", "iat": 0, "exp": 4_000_000_000, "client_id": "x",
        "token_use": "access",
    }  # fmt: skip
    return jwt.encode(usual | claims, key, "HS256", headers=header)


def test_a_made_up_token_of_a_client_is_no_token(api: Api) -> None:
    """Whatever it is signed with, and whatever it says of itself."""
    kid = {"kid": "duecourse-clients"}
    key = api.install.ports.tokens.signing("access-tokens")
    good = jwt.decode(
        client_tokens.issued(
            api.install.ports, api.install.store.memberships("user_admin")[0]
        ),
        key, algorithms=["HS256"], options={"verify_exp": False},
    )  # fmt: skip
    made_up = [
        forged("x" * 43, kid),
        forged(key, {"kid": "local-1"}),
        forged(key, {}),
        forged(key, kid, iss="somebody else"),
        jwt.encode(good, key * 2, "HS384", headers=kid),
        jwt.encode({**good, "exp": None}, key, "HS256", headers=kid),
    ]
    for token in made_up:
        assert machine(api, token).get("/v1/business").code == "token_invalid"
    assert timedelta(seconds=good["exp"] - good["iat"]) == timedelta(minutes=15)
