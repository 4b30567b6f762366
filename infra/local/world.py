"""The whole product on this machine as one context: start it, use it, and it is gone again.

The packaged CloudFormation stack runs on the emulator with IAM enforced; Stripe is our fake, or
Stripe's own test mode. Mails end in the mailbox. `make run` and the end-to-end tests share it.
Everything listens on 127.0.0.1 and writes below one folder.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from socketserver import BaseServer

from infra.local.emulator import ROOT, Emulator, start_emulator, stop_group
from infra.local.issuer import CLIENT_ID, Issuer, IssuerServer
from infra.local.local_stack import deploy_here
from infra.local.mailbox import Mailbox
from infra.local.ports import Ports
from infra.local.processes import record_process
from infra.local.smtp_sink import SmtpSink

KEY_SECRET = "duecourse/stripe-key"  # noqa: S105
WEBHOOK_SECRETS = "duecourse/stripe-webhook-secrets"
LINK_SECRET = "duecourse/link-secret"  # noqa: S105
API_SECRET = "duecourse/api-secret"  # noqa: S105
FAKE_KEY = "sk_test_local"
WEBHOOK_PATH = "/webhooks/stripe"
STAFF_SUBJECT = "staff_admin"
START_TIMEOUT_SECONDS = 20


class WorldError(RuntimeError):
    """Something this machine must change first; the message says what."""


@dataclass(frozen=True)
class StripeChoice:
    """The fake (its address in `api_base`), or Stripe's test mode (none)."""

    key: str = FAKE_KEY
    api_base: str = ""


@dataclass(frozen=True)
class World:
    """What runs, and how to reach it."""

    outputs: dict[str, str]
    emulator: Emulator
    mailbox: Mailbox
    issuer: Issuer

    @property
    def url(self) -> str:
        """The API's address, without a trailing slash."""
        return self.outputs["PublicUrl"]


def choose_stripe(ports: Ports, key: str) -> StripeChoice:
    """Stripe's test mode if a key for it is given, else the fake."""
    if not key:
        return StripeChoice(api_base=f"http://127.0.0.1:{ports.stripe}")
    if not key.startswith(("sk_test_", "rk_test_")):
        raise WorldError("STRIPE_API_KEY is not a test key; a local run never touches live money")
    return StripeChoice(key=key)


@contextlib.contextmanager
def local_world(ports: Ports, folder: Path, stripe: StripeChoice) -> Iterator[World]:
    record = folder / "processes.json"
    mail = folder / "mail"
    shutil.rmtree(mail, ignore_errors=True)
    with contextlib.ExitStack() as running:
        issuer = IssuerServer(ports.issuer, folder)
        running.enter_context(serving(issuer))
        running.enter_context(serving(SmtpSink(ports.smtp, mail)))
        emulator = running.enter_context(emulating(ports, folder, record))
        mailbox = Mailbox(ports.mailbox, mail, emulator.endpoint_url)
        running.enter_context(serving(mailbox))
        if stripe.api_base:
            running.enter_context(faking_stripe(ports, folder, record))
        outputs = deploy_all(emulator, stripe, issuer.issuer)
        outputs["MailboxUrl"] = f"http://127.0.0.1:{ports.mailbox}"
        yield World(outputs, emulator, mailbox, issuer.issuer)


@contextlib.contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def emulating(ports: Ports, folder: Path, record: Path) -> Iterator[Emulator]:
    home = folder / "emulator"
    shutil.rmtree(home, ignore_errors=True)
    emulator = start_emulator(home, port=ports.emulator, smtp=f"127.0.0.1:{ports.smtp}")
    record_process("emulator", emulator.process.pid, record)
    try:
        yield emulator
    finally:
        emulator.stop()


@contextlib.contextmanager
def faking_stripe(ports: Ports, folder: Path, record: Path) -> Iterator[None]:
    log_file = folder / "stripe.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.fake_stripe", "--port", str(ports.stripe)],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    record_process("stripe", process.pid, record)
    try:
        _wait_until_listening(ports.stripe, process, log_file)
        yield
    finally:
        stop_group(process)


def _wait_until_listening(port: int, process: subprocess.Popen[bytes], log_file: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise WorldError(f"the fake Stripe did not start:\n{log_file.read_text()[-2000:]}")


def register_webhook(stripe: StripeChoice, url: str, *, connect: bool) -> str:
    """Tell the fake where its events go; the secret it will sign them with.

    As at Stripe, events of connected accounts go to an endpoint of their own.
    """
    wish = {"url": url, "enabled_events[]": "*", "connect": str(connect).lower()}
    form = urllib.parse.urlencode(wish).encode()
    request = urllib.request.Request(  # noqa: S310
        f"{stripe.api_base}/v1/webhook_endpoints",
        data=form,
        headers={"Authorization": f"Bearer {stripe.key}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        secret: str = json.load(answer)["secret"]
        return secret


def put_secret(emulator: Emulator, name: str, value: str) -> None:
    vault = emulator.clients("secretsmanager")
    try:
        vault.create_secret(Name=name, SecretString=value)
    except vault.exceptions.ResourceExistsException:
        vault.put_secret_value(SecretId=name, SecretString=value)


def deploy_all(emulator: Emulator, stripe: StripeChoice, issuer: Issuer) -> dict[str, str]:
    """The stack, its secrets, and the webhook from Stripe to it."""
    put_secret(emulator, KEY_SECRET, stripe.key)
    put_secret(emulator, WEBHOOK_SECRETS, "[]")
    put_secret(emulator, LINK_SECRET, secrets.token_urlsafe(32))
    put_secret(emulator, API_SECRET, secrets.token_urlsafe(32))
    outputs = deploy_here(
        emulator,
        {
            "StripeApiBase": stripe.api_base,
            "StaffIssuer": issuer.url,
            "StaffClientId": CLIENT_ID,
            "StaffJwksUrl": issuer.jwks_url,
        },
    )
    if stripe.api_base:
        url = outputs["PublicUrl"] + WEBHOOK_PATH
        signing = [
            register_webhook(stripe, url, connect=False),
            register_webhook(stripe, f"{url}/connect", connect=True),
        ]
        put_secret(emulator, WEBHOOK_SECRETS, json.dumps(signing))
    return outputs | {
        "EmulatorUrl": emulator.endpoint_url,
        "StripeUrl": stripe.api_base,
        "StripeKey": stripe.key if stripe.api_base else "",
        "StaffToken": issuer.sign(STAFF_SUBJECT),
    }
