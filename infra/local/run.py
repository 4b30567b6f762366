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

from infra.local.emulator import ROOT, EmulatorError
from infra.local.ports import Ports
from infra.local.processes import RECORD, RUN, alive, record_process
from infra.local.sample import load_sample_data
from infra.local.world import WorldError, choose_stripe, local_world

OUTPUTS = RUN / "outputs.json"
STAFF_TOKEN = RUN / "staff-token"


def refuse_a_second_run(ports: Ports) -> None:
    if running := alive():
        raise WorldError(f"already running: {', '.join(running)}; `make stop` ends it")
    if taken := ports.taken():
        wish = "DUECOURSE_PORT=4701 make run"
        raise WorldError(f"in use by something else: {', '.join(taken)}; try {wish}")


def keep(outputs: dict[str, str]) -> None:
    """For `make demo` and for hands: the outputs and a token, readable by this user only."""
    for file, text in (
        (OUTPUTS, json.dumps(outputs, indent=1)),
        (STAFF_TOKEN, outputs["StaffToken"]),
    ):
        file.touch(mode=0o600)
        file.write_text(text)


def print_links(outputs: dict[str, str], seconds: float) -> None:
    public = outputs["PublicUrl"]
    token = STAFF_TOKEN.relative_to(ROOT)
    print(f"\nDuecourse is up ({seconds:.0f} s). Everything stays on this machine.\n")
    print(f"  API            {public}/v1/health")
    print(f"  Mailbox        {outputs['MailboxUrl']}")
    print(f"  Stripe         {outputs['StripeUrl'] or 'its own test mode, without webhooks'}")
    print(f"  AWS endpoint   {outputs['EmulatorUrl']}   (keys: test / test)")
    print(f"  Staff token    {token}, as in:\n")
    print(f'    curl -H "Authorization: Bearer $(cat {token})" {public}/v1/invoices\n')
    print(f"  Stack outputs  {OUTPUTS.relative_to(ROOT)}. Ctrl-C ends it all.\n", flush=True)


def run(until: threading.Event) -> None:
    began = time.monotonic()
    ports = Ports.chosen()
    refuse_a_second_run(ports)
    stripe = choose_stripe(ports, os.environ.get("STRIPE_API_KEY", ""))
    record_process("run", os.getpid())
    print("starting AWS, Stripe and the mailbox; packaging and deploying …", flush=True)
    try:
        with local_world(ports, RUN, stripe) as world:
            keep(world.outputs)
            load_sample_data(world.outputs)
            print_links(world.outputs, time.monotonic() - began)
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
