"""`make run`: the whole product on this machine, from nothing to links, until Ctrl-C.

See `world.py` for what runs. `make stop` ends what a crash of this left behind.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from infra.local.emulator import ROOT, EmulatorError
from infra.local.issuer import Issuer
from infra.local.ports import Ports
from infra.local.processes import RECORD, RUN, alive, record_process
from infra.local.sample import MEMBERS, load_sample_data, payers_page
from infra.local.world import WorldError, choose_stripe, local_world

OUTPUTS = RUN / "outputs.json"
TOKENS = RUN / "tokens"
PYTHON = ".venv/bin/python"


def refuse_a_second_run(ports: Ports) -> None:
    if running := alive():
        raise WorldError(f"already running: {', '.join(running)}; `make stop` ends it")
    if taken := ports.taken():
        wish = "DUECOURSE_PORT=4701 make run"
        raise WorldError(f"in use by something else: {', '.join(taken)}; try {wish}")


def keep(outputs: dict[str, str], issuer: Issuer) -> None:
    """For `make demo` and for hands: the outputs, and a token of each role, for this user only."""
    _write(OUTPUTS, json.dumps(outputs, indent=1))
    TOKENS.mkdir(mode=0o700, exist_ok=True)
    for subject, role in MEMBERS.items():
        _write(TOKENS / role.value, issuer.sign(subject))


def _write(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


def links(outputs: dict[str, str], payers_page: str, seconds: float) -> str:
    """Everything there is to open or call, as a developer wants it after the start."""
    public, tokens = outputs["PublicUrl"], TOKENS.relative_to(ROOT)
    roles = ",".join(role.value for role in MEMBERS.values())
    return f"""
Duecourse is up ({seconds:.0f} s). Everything stays on this machine.

  API            {public}/v1/health   (described by /v1/openapi.json)
  Payer's page   {payers_page}
  Mailbox        {outputs["MailboxUrl"]}
  Stripe         {outputs["StripeUrl"] or "its own test mode, without webhooks"}
  AWS endpoint   {outputs["EmulatorUrl"]}   (keys: test / test)
  Staff tokens   {tokens}/{{{roles}}}, good for 12 hours, as in:

    curl -H "Authorization: Bearer $(cat {tokens}/admin)" {public}/v1/invoices

  Every number of the AR desk, driven by the API:  {PYTHON} -m infra.local.walk
  Stack outputs  {OUTPUTS.relative_to(ROOT)}. Ctrl-C ends it all.
"""


def run(until: threading.Event) -> None:
    began = time.monotonic()
    ports = Ports.chosen()
    refuse_a_second_run(ports)
    stripe = choose_stripe(ports, os.environ.get("STRIPE_API_KEY", ""))
    record_process("run", os.getpid())
    print("starting AWS, Stripe and the mailbox; packaging and deploying …", flush=True)
    try:
        with local_world(ports, RUN, stripe) as world:
            keep(world.outputs, world.issuer)
            load_sample_data(world.outputs)
            page = payers_page(world.outputs)
            print(links(world.outputs, page, time.monotonic() - began), flush=True)
            until.wait()
            print("\nstopping …", flush=True)
    finally:
        RECORD.unlink(missing_ok=True)


def main() -> None:
    until = threading.Event()
    for how in (signal.SIGINT, signal.SIGTERM):
        signal.signal(how, lambda *_: until.set())
    try:
        run(until)
    except (WorldError, EmulatorError) as refused:
        sys.exit(f"make run: {refused}")


if __name__ == "__main__":
    main()
