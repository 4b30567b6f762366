"""Local staff tokens pass the checks a Cognito access token passes."""

from __future__ import annotations

import json
import stat
import urllib.request
from pathlib import Path

import jwt
import pytest

from infra.local.emulator import free_port
from infra.local.issuer import CLIENT_ID, KEY_ID, Issuer, IssuerServer, load_or_make_key
from infra.local.world import serving


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer("http://127.0.0.1:1", load_or_make_key(tmp_path))


def read(issuer: Issuer, token: str) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(
        token, issuer.key.public_key(), algorithms=["RS256"], issuer=issuer.url
    )
    return claims


def test_a_token_is_shaped_like_an_access_token(issuer: Issuer) -> None:
    token = issuer.sign("staff_1")
    claims = read(issuer, token)
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}
    assert (claims["sub"], claims["client_id"], claims["token_use"]) == (
        "staff_1",
        CLIENT_ID,
        "access",
    )
    # Cognito's access tokens have no audience; only its ID tokens do.
    assert "aud" not in claims


def test_claims_can_be_replaced_to_make_a_wrong_token(issuer: Issuer) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        read(issuer, issuer.sign("staff_1", exp=1))


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    first, second = load_or_make_key(tmp_path), load_or_make_key(tmp_path)
    assert first.private_numbers() == second.private_numbers()
    assert stat.S_IMODE((tmp_path / "issuer-key.pem").stat().st_mode) == 0o600


def test_the_key_set_verifies_the_tokens(tmp_path: Path) -> None:
    server = IssuerServer(free_port(), tmp_path)
    with serving(server):
        token = server.issuer.sign("staff_1")
        key = jwt.PyJWKClient(server.issuer.jwks_url).get_signing_key_from_jwt(token)
        assert jwt.decode(token, key, algorithms=["RS256"])["sub"] == "staff_1"
        with urllib.request.urlopen(server.issuer.jwks_url, timeout=5) as answer:
            (published,) = json.load(answer)["keys"]
    assert set(published) & {"d", "p", "q", "dp", "dq", "qi"} == set()
