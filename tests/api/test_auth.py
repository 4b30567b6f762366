"""Who is let in: real RS256 tokens, and every way in which one can be wrong."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread
from urllib.error import URLError

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.api.context import provide
from chalicelib.api.signing_keys import SigningKeys, fetched_from
from chalicelib.domain.team import Role
from chalicelib.ports.answers import Unanswered
from infra.local.issuer import CLIENT_ID, Issuer, IssuerServer
from tests.api.client import ISSUER, Api, issuer

BUSINESS = "/v1/business"


def other_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def claims(**changed: object) -> dict[str, object]:
    now = int(time.time())
    usual = {
        "iss": ISSUER,
        "client_id": CLIENT_ID,
        "token_use": "access",
        "sub": "user_admin",
        "iat": now,
        "exp": now + 600,
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


def signed(key_id: str | None = "local-1", **changed: object) -> str:
    headers = {"kid": key_id} if key_id else {}
    return jwt.encode(claims(**changed), issuer().key, "RS256", headers=headers)


def unsigned() -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none', 'typ': 'JWT', 'kid': 'local-1'})}.{part(claims())}."


def by_public_key_as_secret() -> str:
    """The classic confusion: HS256 with what everybody knows as the shared secret."""
    secret = issuer().jwks()["keys"][0]["n"]
    return jwt.encode(claims(), secret, "HS256", headers={"kid": "local-1"})


def bent() -> str:
    """A good token whose payload was changed afterwards."""
    head, _, signature = signed().split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims(sub="user_other")).encode()).decode()
    return f"{head}.{body.rstrip('=')}.{signature}"


WRONG: dict[str, tuple[Callable[[], str], str]] = {
    "alg none": (unsigned, "token_invalid"),
    "HS256": (by_public_key_as_secret, "token_invalid"),
    "PS256": (
        lambda: jwt.encode(claims(), issuer().key, "PS256", headers={"kid": "local-1"}),
        "token_invalid",
    ),
    "another key, our key id": (lambda: Issuer(ISSUER, other_key()).sign("x"), "token_invalid"),
    "unknown key id": (lambda: signed(key_id="local-2"), "token_invalid"),
    "no key id": (lambda: signed(key_id=None), "token_invalid"),
    "another pool": (lambda: signed(iss="https://issuer.example/other"), "token_invalid"),
    "another client": (lambda: signed(client_id="somebody-else"), "token_invalid"),
    "no client": (lambda: signed(client_id=None), "token_invalid"),
    "ID token": (lambda: signed(token_use="id", aud=CLIENT_ID), "token_invalid"),
    "no use": (lambda: signed(token_use=None), "token_invalid"),
    "no subject": (lambda: signed(sub=None), "token_invalid"),
    "no end": (lambda: signed(exp=None), "token_invalid"),
    "expired": (lambda: signed(exp=int(time.time()) - 60), "token_expired"),
    "not yet": (lambda: signed(nbf=int(time.time()) + 600), "token_invalid"),
    "bent": (bent, "token_invalid"),
    "no token at all": (lambda: "x.y.z", "token_invalid"),
    "not even three parts": (lambda: "abc", "token_invalid"),
    "endless": (lambda: "a" * 9000, "token_missing"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_token_is_refused(api: Api, wrong: str) -> None:
    make, code = WRONG[wrong]
    refused = api.get(BUSINESS, Authorization=f"Bearer {make()}")
    assert (refused.status, refused.code) == (401, code)
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="duecourse"'


@pytest.mark.parametrize("header", ["", "Basic dXNlcjpwYXNz", "Bearer", "Bearer "])
def test_no_token_is_refused(api: Api, header: str) -> None:
    refused = api.get(BUSINESS, Authorization=header)
    assert (refused.status, refused.code) == (401, "token_missing")


def test_a_good_token_is_let_in(api: Api) -> None:
    assert api.get(BUSINESS, Authorization=f"Bearer {signed()}").status == 200
    assert api.get(BUSINESS, Authorization=f"bearer {signed()}").status == 200


def test_a_user_of_no_business_may_do_nothing(api: Api) -> None:
    api.user = "user_stranger"
    assert api.get(BUSINESS).code == "no_business"


def test_a_user_of_several_businesses_has_to_say_for_which(api: Api) -> None:
    api.install.business("biz_2", name="Second")
    api.member("user_admin", Role.VIEWER, "biz_2")
    refused = api.get(BUSINESS)
    assert (refused.status, refused.code) == (400, "business_missing")
    assert refused.json["businesses"] == ["biz_1", "biz_2"]
    named = api.get(BUSINESS, **{"Duecourse-Business": "biz_2"})
    assert named.json["name"] == "Second"


def test_a_role_counts_in_its_own_business_only(api: Api) -> None:
    api.install.business("biz_2")
    api.member("user_admin", Role.VIEWER, "biz_2")
    api.headers = {"Duecourse-Business": "biz_2"}
    assert api.patch(BUSINESS, {"name": "Mine now"}).code == "role_not_allowed"
    api.headers = {"Duecourse-Business": "biz_1"}
    assert api.patch(BUSINESS, {"name": "Mine"}).status == 200


def test_another_business_is_answered_like_one_that_is_not(api: Api) -> None:
    api.install.business("biz_2")
    others = api.get(BUSINESS, **{"Duecourse-Business": "biz_2"})
    nobodys = api.get(BUSINESS, **{"Duecourse-Business": "biz_3"})
    assert (others.status, others.text) == (404, nobodys.text)


def test_raw_codes_are_not_for_viewers(api: Api) -> None:
    customer = api.install.customer(card="4000000000000341")
    invoice = api.install.invoice(customer)
    api.install.settle()
    path = f"/v1/invoices/{invoice.id}"
    seen = api.get(path).json["attempts"][0]["decline"]
    api.user = "user_viewer"
    hidden = api.get(path).json["attempts"][0]["decline"]
    assert seen["code"] == "card_declined"
    assert {value for name, value in hidden.items() if name != "decline_class"} == {None}
    assert hidden["decline_class"] == seen["decline_class"]


class Pool:
    """An issuer's key set that counts how often it is asked for."""

    def __init__(self, *issuers: Issuer) -> None:
        self.keys = [issuer.jwks()["keys"][0] for issuer in issuers]
        self.fetched = 0
        self.at = 0.0

    def __call__(self) -> dict[str, object]:
        self.fetched += 1
        return {"keys": self.keys}

    def clock(self) -> float:
        return self.at


def test_keys_are_kept_five_minutes_and_a_new_one_is_looked_for() -> None:
    pool = Pool(issuer())
    keys = SigningKeys(pool, clock=pool.clock)
    assert keys.find("local-1") is not None
    assert keys.find("local-1") is not None
    assert pool.fetched == 1
    pool.keys = [{**pool.keys[0], "kid": "local-2"}]
    assert keys.find("local-2") is None, "not more often than every 30 seconds"
    assert pool.fetched == 1
    pool.at = 31
    assert keys.find("local-2") is not None
    assert (pool.fetched, keys.find("local-1")) == (2, None)
    pool.at = 31 + 301
    assert keys.find("local-2") is not None
    assert pool.fetched == 3


@pytest.mark.parametrize("odd", [{"kty": "oct"}, {"use": "enc"}, {"alg": "RS512"}, {"kid": ""}])
def test_only_rsa_signing_keys_count(odd: dict[str, str]) -> None:
    pool = Pool(issuer())
    pool.keys = [{**pool.keys[0], **odd}]
    assert SigningKeys(pool).find("local-1") is None


def test_an_issuer_out_of_reach_is_not_a_wrong_token(api: Api) -> None:
    def nobody() -> dict[str, object]:
        raise Unanswered("no") from URLError("no")

    provide(lambda: replace(api.context(), keys=SigningKeys(nobody)))
    refused = api.get(BUSINESS)
    assert (refused.status, refused.code) == (503, "no_answer")
    assert refused.headers["Retry-After"] == "35"


@pytest.mark.parametrize("text", ["", "no json", "[]"])
def test_a_key_set_that_is_none_is_no_answer(tmp_path: Path, text: str) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(text)
    with pytest.raises(Unanswered):
        fetched_from(file.as_uri())()


def test_the_key_set_is_fetched_from_the_issuer(tmp_path: Path) -> None:
    server = IssuerServer(0, tmp_path)
    port = server.server_address[1]
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        fetched = fetched_from(f"http://127.0.0.1:{port}/.well-known/jwks.json")()
    finally:
        server.shutdown()
        server.server_close()
    assert fetched == server.issuer.jwks()
    with pytest.raises(Unanswered):
        fetched_from(f"http://127.0.0.1:{port}/.well-known/jwks.json")()
