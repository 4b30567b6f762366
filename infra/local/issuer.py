"""Signs staff tokens on this machine, shaped like Cognito's access tokens, and serves their key.

On AWS the stack's user pool does this. The key is made once and kept in .run/, so a token outlives
a restart of the stack. `python -m infra.local.issuer SUBJECT` prints a token for the running stack.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_ID = "local-1"
CLIENT_ID = "duecourse-local"
LIFETIME_SECONDS = 12 * 3600
JWKS_PATH = "/.well-known/jwks.json"


def load_or_make_key(folder: Path) -> rsa.RSAPrivateKey:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "issuer-key.pem"
    if file.exists():
        kept = serialization.load_pem_private_key(file.read_bytes(), password=None)
        assert isinstance(kept, rsa.RSAPrivateKey)
        return kept
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(pem)
    return key


@dataclass(frozen=True)
class Issuer:
    """An issuer by its address and key."""

    url: str
    key: rsa.RSAPrivateKey

    @property
    def jwks_url(self) -> str:
        return self.url + JWKS_PATH

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": KEY_ID, "alg": "RS256", "use": "sig"}]}

    def sign(self, subject: str, **claims: object) -> str:
        """A token for the subject; `claims` add to or replace the usual ones."""
        now = int(time.time())
        usual = {
            "iss": self.url,
            "client_id": CLIENT_ID,
            "token_use": "access",
            "sub": subject,
            "username": subject,
            "scope": "openid",
            "jti": str(uuid.uuid4()),
            "iat": now,
            "auth_time": now,
            "exp": now + LIFETIME_SECONDS,
        }
        return jwt.encode(usual | claims, self.key, "RS256", headers={"kid": KEY_ID})


class IssuerServer(ThreadingHTTPServer):
    """Serves the key set on 127.0.0.1."""

    daemon_threads = True

    def __init__(self, port: int, folder: Path) -> None:
        self.issuer = Issuer(f"http://127.0.0.1:{port}", load_or_make_key(folder))
        super().__init__(("127.0.0.1", port), _Keys)


class _Keys(BaseHTTPRequestHandler):
    server: IssuerServer

    def do_GET(self) -> None:
        if self.path != JWKS_PATH:
            self.send_error(404)
            return
        body = json.dumps(self.server.issuer.jwks()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet: the run's terminal is for its links."""


def main() -> None:
    from infra.local.ports import Ports
    from infra.local.processes import RUN

    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("subject")
    given = reader.parse_args()
    url = f"http://127.0.0.1:{Ports.chosen().issuer}"
    print(Issuer(url, load_or_make_key(RUN)).sign(given.subject))


if __name__ == "__main__":
    main()
