"""`make run`: the whole product on this machine, from nothing to links, until Ctrl-C.

The packaged CloudFormation stack runs on the emulator with IAM enforced; Stripe is our fake, or
Stripe's own test mode when STRIPE_API_KEY holds a test key. Mails end in the mailbox page.
Everything listens on 127.0.0.1 and writes below .run/; `make stop` ends what a crash left.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from socketserver import BaseServer
from typing import Any

from infra.local.emulator import ROOT, Emulator, EmulatorError, start_emulator, stop_group
from infra.local.issuer import CLIENT_ID, IssuerServer
from infra.local.local_stack import deploy_here
from infra.local.mailbox import Mailbox
from infra.local.ports import Ports
from infra.local.processes import RECORD, RUN, alive, record_process
from infra.local.sample import load_sample_data
from infra.local.smtp_sink import SmtpSink

KEY_SECRET = "duecourse/stripe-key"  # noqa: S105
WEBHOOK_SECRETS = "duecourse/stripe-webhook-secrets"
FAKE_KEY = "sk_test_local"
WEBHOOK_PATH = "/v1/stripe/webhook"
OUTPUTS = RUN / "outputs.json"
STAFF_SUBJECT = "staff_admin"
START_TIMEOUT_SECONDS = 20


class RunError(RuntimeError):
    """Something this machine must change first; the message says what."""


@dataclass(frozen=True)
class StripeChoice:
    """The fake, or Stripe's test mode."""

    key: str
    api_base: str

    @property
    def fake(self) -> bool:
        return bool(self.api_base)


def choose_stripe(ports: Ports) -> StripeChoice:
    key = os.environ.get("STRIPE_API_KEY", "")
    if not key:
        return StripeChoice(FAKE_KEY, f"http://127.0.0.1:{ports.stripe}")
    if not key.startswith(("sk_test_", "rk_test_")):
        raise RunError("STRIPE_API_KEY is not a test key; a local run never touches live money")
    return StripeChoice(key, "")


def refuse_a_second_run(ports: Ports) -> None:
    if running := alive():
        raise RunError(f"already running: {', '.join(running)}; `make stop` ends it")
    if taken := ports.taken():
        wish = "DUECOURSE_PORT=4701 make run"
        raise RunError(f"in use by something else: {', '.join(taken)}; try {wish}")


@contextlib.contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def emulating(ports: Ports) -> Iterator[Emulator]:
    home = RUN / "emulator"
    shutil.rmtree(home, ignore_errors=True)
    emulator = start_emulator(home, port=ports.emulator, smtp=f"127.0.0.1:{ports.smtp}")
    record_process("emulator", emulator.process.pid)
    try:
        yield emulator
    finally:
        emulator.stop()


@contextlib.contextmanager
def faking_stripe(ports: Ports) -> Iterator[None]:
    with (RUN / "stripe.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.fake_stripe", "--port", str(ports.stripe)],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    record_process("stripe", process.pid)
    try:
        _wait_for_stripe(ports, process)
        yield
    finally:
        stop_group(process)


def _wait_for_stripe(ports: Ports, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), contextlib.closing(_connect(ports.stripe)):
            return
        time.sleep(0.1)
    raise RunError(f"the fake Stripe did not start:\n{(RUN / 'stripe.log').read_text()[-2000:]}")


def _connect(port: int) -> Any:
    import socket

    return socket.create_connection(("127.0.0.1", port), timeout=1)


def register_webhook(stripe: StripeChoice, url: str) -> str:
    """Tell the fake where its events go; the secret it will sign them with."""
    form = urllib.parse.urlencode({"url": url, "enabled_events[]": "*"}).encode()
    request = urllib.request.Request(  # noqa: S310
        f"{stripe.api_base}/v1/webhook_endpoints",
        data=form,
        headers={
            "Authorization": f"Bearer {stripe.key}",
            "Idempotency-Key": "webhook_endpoint/local",
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        secret: str = json.load(answer)["secret"]
        return secret


def put_secret(emulator: Emulator, name: str, value: str) -> None:
    secrets = emulator.clients("secretsmanager")
    try:
        secrets.create_secret(Name=name, SecretString=value)
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId=name, SecretString=value)


def deploy_all(
    emulator: Emulator, ports: Ports, stripe: StripeChoice, issuer: IssuerServer
) -> dict[str, str]:
    put_secret(emulator, KEY_SECRET, stripe.key)
    put_secret(emulator, WEBHOOK_SECRETS, "[]")
    outputs = deploy_here(
        emulator,
        {
            "StripeApiBase": stripe.api_base,
            "StaffIssuer": issuer.issuer.url,
            "StaffClientId": CLIENT_ID,
            "StaffJwksUrl": issuer.issuer.jwks_url,
        },
    )
    if stripe.fake:
        secret = register_webhook(stripe, outputs["PublicUrl"] + WEBHOOK_PATH)
        put_secret(emulator, WEBHOOK_SECRETS, json.dumps([secret]))
    return outputs | {
        "EmulatorUrl": emulator.endpoint_url,
        "MailboxUrl": f"http://127.0.0.1:{ports.mailbox}",
        "StripeUrl": stripe.api_base,
        "StripeKey": stripe.key if stripe.fake else "",
        "StaffToken": issuer.issuer.sign(STAFF_SUBJECT),
    }


def print_links(outputs: dict[str, str], seconds: float) -> None:
    public = outputs["PublicUrl"]
    print(f"\nDuecourse is up ({seconds:.0f} s). Everything stays on this machine.\n")
    print(f"  API            {public}/v1/health")
    print(f"  Mailbox        {outputs['MailboxUrl']}")
    print(f"  Stripe         {outputs['StripeUrl'] or 'its own test mode, without webhooks'}")
    print(f"  AWS endpoint   {outputs['EmulatorUrl']}   (keys: test / test)")
    print(f"  Staff token    {RUN.name}/staff-token, as in:\n")
    print(f'    curl -H "Authorization: Bearer $(cat .run/staff-token)" {public}/v1/invoices\n')
    print(f"  Stack outputs  {OUTPUTS.relative_to(ROOT)}; Ctrl-C ends it all.\n", flush=True)


def keep(outputs: dict[str, str]) -> None:
    for file, text in (
        (OUTPUTS, json.dumps(outputs, indent=1)),
        (RUN / "staff-token", outputs["StaffToken"]),
    ):
        file.write_text(text)
        file.chmod(0o600)


def run(*, until: threading.Event) -> None:
    began = time.monotonic()
    ports = Ports.chosen()
    refuse_a_second_run(ports)
    stripe = choose_stripe(ports)
    RUN.mkdir(exist_ok=True)
    shutil.rmtree(RUN / "mail", ignore_errors=True)
    record_process("run", os.getpid())
    with contextlib.ExitStack() as world:
        world.callback(lambda: RECORD.unlink(missing_ok=True))
        issuer = IssuerServer(ports.issuer, RUN)
        world.enter_context(serving(issuer))
        world.enter_context(serving(SmtpSink(ports.smtp, RUN / "mail")))
        emulator = world.enter_context(emulating(ports))
        mailbox = Mailbox(ports.mailbox, RUN / "mail", emulator.endpoint_url)
        world.enter_context(serving(mailbox))
        if stripe.fake:
            world.enter_context(faking_stripe(ports))
        print("packaging and deploying …", flush=True)
        outputs = deploy_all(emulator, ports, stripe, issuer)
        keep(outputs)
        load_sample_data(outputs)
        print_links(outputs, time.monotonic() - began)
        until.wait()
        print("\nstopping …", flush=True)


def main() -> None:
    until = threading.Event()
    for how in (signal.SIGINT, signal.SIGTERM):
        signal.signal(how, lambda *_: until.set())
    try:
        run(until=until)
    except (RunError, EmulatorError) as refused:
        sys.exit(f"make run: {refused}")


if __name__ == "__main__":
    main()
