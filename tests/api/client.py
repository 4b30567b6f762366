"""The API over a whole install in one process, called as a client calls it.

Every answer is held against the API's own description: its status, its content type, its body and
the headers all answers carry. So no test can pass on an answer that is not documented.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema_rs
from chalice.test import Client, HTTPResponse
from cryptography.hazmat.primitives.asymmetric import rsa

from app import app
from chalicelib.api.answering import HEADERS
from chalicelib.api.context import Context
from chalicelib.api.openapi import document
from chalicelib.api.signing_keys import SigningKeys
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.team import Role
from chalicelib.ports.answers import FactExists, StaleHead
from chalicelib.services import team
from infra.local.issuer import CLIENT_ID, Issuer
from tests.fakes.install import WEBHOOK_SECRET, Install

ISSUER = "https://issuer.example/pool"
_keys = itertools.count(1)


@cache
def issuer() -> Issuer:
    return Issuer(ISSUER, rsa.generate_private_key(public_exponent=65537, key_size=2048))


@cache
def token_of(user_id: str) -> str:
    return issuer().sign(user_id)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        return str(self.json["code"])


@dataclass
class Api:
    """A client of the API; `user` is who it calls as, None without a token."""

    install: Install
    user: str | None = "user_admin"
    livemode: bool = False
    secrets: tuple[str, ...] = (WEBHOOK_SECRET,)
    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=lambda: Client(app))

    def context(self) -> Context:
        return Context(
            ports=self.install.ports,
            issuer=ISSUER,
            client_id=CLIENT_ID,
            keys=SigningKeys(lambda: issuer().jwks()),
            webhook_secrets=lambda: self.secrets,
            livemode=lambda: self.livemode,
        )

    def member(self, user_id: str, role: Role, business_id: str = "biz_1") -> None:
        """A role in a business, which is made if there is none."""
        with suppress(FactExists, StaleHead):
            self.install.business(business_id)
        team.add_member(self.install.ports, business_id, user_id, role, actor=SYSTEM)

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **more: str) -> Answer:
        """With a fresh Idempotency-Key unless one is given; an empty one is not sent."""
        used = f"key-{next(_keys)}" if key is None else key
        keyed = {"Idempotency-Key": used} if used else {}
        return self.call("POST", path, body, headers=keyed | more)

    def patch(self, path: str, body: Any) -> Answer:
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        sent = {"Content-Type": "application/json", **self.headers, **(headers or {})}
        if self.user is not None:
            sent.setdefault("Authorization", f"Bearer {token_of(self.user)}")
        content = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
        answered = self.client.http.request(method, path, headers=sent, body=content)
        return documented(method, path, answered)


def staffed() -> Install:
    """An install with one business, and in it a user of each role."""
    install = Install.at()
    install.business()
    for role in Role:
        team.add_member(install.ports, "biz_1", f"user_{role.value}", role, actor=SYSTEM)
    return install


def documented(method: str, path: str, answered: HTTPResponse) -> Answer:
    """The answer, after holding it against the API's description."""
    answer = Answer(answered.status_code, answered.headers, answered.body.decode())
    template = template_of(path.partition("?")[0])
    operation = document()["paths"][template][method.lower()]
    status = str(answer.status)
    assert status in operation["responses"], f"{method} {template} answered {status} {answer.text}"
    (content_type,) = described(operation["responses"][status])["content"]
    assert answer.headers["Content-Type"] == content_type
    _validator(template, method.lower(), status).validate(answer.json)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    return answer


@cache
def template_of(path: str) -> str:
    """The described path that a request's path is; the fewest parameters win, as in the gateway."""
    fitting: list[str] = [
        template
        for template in document()["paths"]
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path)
    ]
    assert fitting, f"{path} is not described"
    return min(fitting, key=lambda template: template.count("{"))


def described(response: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in response:
        return response
    found: dict[str, Any] = document()["components"]["responses"][response["$ref"].split("/")[-1]]
    return found


@cache
def _validator(template: str, method: str, status: str) -> Any:
    response = described(document()["paths"][template][method]["responses"][status])
    ((_, content),) = response["content"].items()
    components = {"schemas": document()["components"]["schemas"]}
    return jsonschema_rs.Draft202012Validator({**content["schema"], "components": components})
