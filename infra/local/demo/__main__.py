"""`make demo`: on the running stack, or on one of its own that ends with it. Exit code 1: it does
not add up."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from chalicelib.adapters.aws import Clients
from chalicelib.adapters.secrets import Secrets
from chalicelib.adapters.stripe.gateway import StripeGateway
from chalicelib.adapters.stripe.pacing import Pacing
from chalicelib.adapters.stripe.sdk import SdkCalls
from chalicelib.ports import Ports
from infra.local import payer
from infra.local.demo import tables
from infra.local.demo.company import Company, found, move_in
from infra.local.demo.keeping import KeepingStore
from infra.local.demo.life import Life
from infra.local.demo.proof import prove, read_books
from infra.local.demo.working import Workers
from infra.local.emulator import CREDENTIALS, REGION, EmulatorError
from infra.local.inside import ports_inside, settings_inside
from infra.local.ports import Ports as LocalPorts
from infra.local.processes import RECORD, RUN, alive
from infra.local.run import OUTPUTS
from infra.local.world import WorldError, choose_stripe, local_world

# Stripe's limits are no concern of the fake's: the stack keeps below them, the demo need not.
_PACE = 1000


@contextlib.contextmanager
def stack() -> Iterator[Mapping[str, str]]:
    """The outputs of the stack that `make run` keeps up, or of one made for the demo alone. With
    `stays`, there will be something to look at afterwards."""
    running = alive()
    if "run" in running and OUTPUTS.exists():
        yield json.loads(OUTPUTS.read_text()) | {"stays": "yes"}
        return
    if running:
        raise WorldError(f"left running: {', '.join(running)}; `make stop` ends it")
    print("no stack is running: starting one for the demo …", flush=True)
    ports = LocalPorts.chosen()
    if ports.taken():
        ports = LocalPorts.free()
    try:
        with local_world(ports, RUN, choose_stripe(ports, "")) as world:
            yield world.outputs
    finally:
        RECORD.unlink(missing_ok=True)


def ports_and_secrets(outputs: Mapping[str, str]) -> tuple[Ports, tuple[str, ...]]:
    """The stack's seams, and what signs Stripe's events to it."""
    known = settings_inside(outputs)
    vault = Secrets(Clients(region=REGION, endpoint_url=outputs["EmulatorUrl"], keys=CREDENTIALS))
    calls = SdkCalls(
        lambda: vault.text(known.stripe_key_secret),
        api_base=known.stripe_api_base,
        pacing=Pacing(per_second=_PACE),
    )
    ports = replace(
        ports_inside(outputs),
        gateway=StripeGateway(calls),
        store=KeepingStore(known.table_name, endpoint_url=outputs["EmulatorUrl"]),
    )
    return ports, vault.all_of(known.stripe_webhook_secrets_secret)


class Progress:
    """One line, written over itself where there is a terminal."""

    def __init__(self, life: Life, began: float) -> None:
        self.life, self.began = life, began

    def show(self, day: int, days: int) -> None:
        workers, seconds = self.life.workers, int(time.monotonic() - self.began)
        line = (
            f"  day {day:2}/{days}  {self.life.now:%a %d %b %Y}  steps {workers.steps:,}  "
            f"mails {workers.mail.sent:,}  Stripe events {self.life.events:,}  "
            f"{seconds // 60}:{seconds % 60:02}"
        )
        if sys.stdout.isatty():
            print(f"\r{line}", end="" if day < days else "\n", flush=True)
        elif day % 5 == 0 or day == days:
            print(line, flush=True)


def live(company: Company, workers: Workers, secrets: tuple[str, ...], days: int) -> Life:
    life = Life(company, workers, secrets)
    progress = Progress(life, time.monotonic())
    for day in range(days):
        life.live_day(day)
        progress.show(day + 1, days)
    life.finish()
    return life


def demo(outputs: Mapping[str, str], *, days: int, customers: int | None, at_once: int) -> bool:
    """Run it and print what came of it. False when anything does not add up."""
    if not outputs["StripeUrl"]:
        raise WorldError("the demo needs the local Stripe: run it without STRIPE_API_KEY")
    began = time.monotonic()
    stripe = payer.Stripe(outputs["StripeUrl"])
    ports, secrets = ports_and_secrets(outputs)
    workers = Workers(ports, at_once=at_once)
    # Else the pump would bring the demo's events to the stack's workers too.
    stripe.do("pump", paused=True)
    try:
        company = found(workers.ports, stripe)
        move_in(company, workers.each, most=customers)
        tables.print_imports(company)
        life = live(company, workers, secrets, days)
        books = read_books(workers.ports, company.business_id, workers.each, life.now)
        proof = prove(books, stripe.books()["accounts"][company.account]["currencies"])
    finally:
        stripe.do("pump", paused=False)
    tables.print_books(books)
    tables.print_proof(proof, books)
    print(f"\n  {time.monotonic() - began:.0f} seconds for {days} days.")
    if outputs.get("stays"):
        tables.print_where(company, outputs)
    return not proof.problems


def main() -> None:
    reader = argparse.ArgumentParser(prog="make demo", description=__doc__)
    reader.add_argument("--days", type=int, default=45)
    reader.add_argument("--customers", type=int, default=None, help="only the first so many")
    reader.add_argument("--at-once", type=int, default=4, help="workers")
    given = reader.parse_args()
    began = time.monotonic()
    try:
        with stack() as outputs:
            adds_up = demo(
                outputs, days=given.days, customers=given.customers, at_once=given.at_once
            )
    except (WorldError, EmulatorError) as refused:
        sys.exit(f"make demo: {refused}")
    print(f"  {time.monotonic() - began:.0f} seconds in all.")
    sys.exit(0 if adds_up else 1)


if __name__ == "__main__":
    main()
