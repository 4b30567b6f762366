"""The soak: many invoices of many businesses through many days, and faults at any I/O.

    python -m tests.simulation.soak --invoices 1000 --days 90 --businesses 10 --faults 2

At the end our ledger must be Stripe's books, account by account, to the cent, and no row, message
or word given to a port may belong to another business than the one it was done for.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import DomainError
from chalicelib.domain.facts import Fact, Subject
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists
from chalicelib.ports.outside import QueueName
from infra.local.fake_stripe import Options
from infra.local.fake_stripe.state import Account
from tests.simulation import checks, populace
from tests.simulation.faults import faults_at
from tests.simulation.install import HOUR, QUARTER, World
from tests.simulation.ledger_sql import Touched, books_of, check
from tests.simulation.speed import mail_key, quicken
from tests.simulation.traits import Traits
from tests.simulation.world import Crash, Message

DAY = 86_400
ROUGH = Traits(workers=3, duplicates=5, duplicate_after=60, webhooks="late", index_lag=60, skew=300)
_JUDGES = (
    checks.only_legal_moves,
    checks.nothing_stuck,
    checks.steps_in_order,
    checks.record_is_whole,
    checks.nothing_went_to_the_dogs,
)


@dataclass(frozen=True, slots=True)
class Size:
    """`faults` is per cent of all I/Os."""

    invoices: int = 1000
    days: int = 90
    businesses: int = 10
    faults: int = 2


class Soak(World):
    """A world of many businesses, whose faults are drawn instead of planned."""

    def __init__(self, seed: int, size: Size) -> None:
        super().__init__(seed, traits=ROUGH, options=Options())
        self.size = size
        self.accounts: dict[str, str | None] = {}
        self.rough = False
        self.ios = 0
        self.sent: list[tuple[QueueName, Mapping[str, str]]] = []
        self.told: list[dict[str, Any]] = []
        self.words: set[tuple[str, str, str]] = set()  # business, point, word
        self._acts_for: dict[Message, str] = {}

    # ------------------------------------------------------------------------------ what goes wrong

    def io(self, point: str, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """As in any world, but the weather decides which I/O is struck, and none is remembered."""
        handler = self._current
        if handler is None:
            return call(*args, **kwargs)
        if handler.dead:
            raise Crash
        if len(self._live) > 1 or self._ready:
            self._hub.switch()
            self._current = handler
        self.ios += 1
        self._listen(handler.message, point, (*args, *kwargs.values()))
        if self.rough and self.random.random() * 100 < self.size.faults:
            possible = faults_at(point)
            fault = possible[self.pick(len(possible))]
            return self._strike(fault, handler, self.ios, point, lambda: call(*args, **kwargs))
        return call(*args, **kwargs)

    def _listen(self, message: Message, point: str, given: Iterable[Any]) -> None:
        business_id = self._acts_for.get(message)
        if business_id is not None:
            for word in given:
                if type(word) is str:
                    self.words.add((business_id, point, word))

    def hear(self, account: Account, event: dict[str, Any]) -> None:
        """One event in twenty is never delivered at all."""
        if self.heard:
            self.told.append(event)
        if not (self.rough and self.chance(5)):
            super().hear(account, event)

    def _send(self, queue: QueueName, body: Mapping[str, str], delay: int) -> None:
        self.sent.append((queue, dict(body)))
        super()._send(queue, body, delay)

    def _queued(
        self, queue: QueueName, work: Callable[[Ports, Mapping[str, str]], object], body: Any
    ) -> Message:
        message = super()._queued(queue, work, body)
        owner = self._owner_of(body)
        if owner is not None:
            self._acts_for[message] = owner
        return message

    def _owner_of(self, body: Mapping[str, str]) -> str | None:
        if body.get("account"):
            return next(one for one, where in self.accounts.items() if where == body["account"])
        return body.get("business_id") or None

    # ----------------------------------------------------------------------------------- for people

    def ask(self, name: str, deed: Callable[[Ports], object], seconds: int = 0) -> None:
        """One call of the API, made again by its client when it was not answered."""

        def run() -> None:
            with suppress(DomainError, FactExists):
                deed(self.ports)

        def failed() -> None:
            if message.receives < 5:
                self.later(30, message)

        message = Message(f"api:{name}", run, failed=failed)
        self.later(seconds, message)

    def currency(self, business_id: str) -> str:
        return str(self.store.business(business_id).currency)

    def default_method(self, business_id: str, customer_id: str) -> str:
        method_id = self.store.customer(business_id, customer_id).default_method_id
        assert method_id is not None
        return method_id

    # -------------------------------------------------------------------------------------- running

    def live(self) -> None:
        """All days, with reconciliation twice a day and a person at the dead letters each night."""
        populace.settle_in(self)
        self.rough = True
        for day in range(self.size.days):
            for half in (1, 2):
                self.run_until(day * DAY + half * 12 * HOUR)
                self.tick("reconcile")
            self._redrive()

    def _redrive(self) -> None:
        for message in self.dead_letters:
            message.deleted, message.receives = False, 0
            self.later(0, message)
        self.dead_letters.clear()

    def calm_down(self) -> None:
        self.rough = False
        self.traits = Traits()
        self._redrive()
        for tick in ("bill", "remind", "sweep", "sweep", "reconcile", "sweep"):
            self.tick(tick)
            self.run_until(self.seconds + QUARTER)
        self.abandon()

    # ------------------------------------------------------------------------------------- judging

    def findings(self) -> list[str]:
        found = [f"{one.code}: {one.words}" for one in self.violations]
        found += [words for judge in _JUDGES for words in judge(self)]
        books = books_of(self.stripe, self.accounts)
        return found + check(self.store.export(), books, self._touched())

    def _touched(self) -> Iterable[Touched]:
        """Everything that left us or was done, and for which business."""
        for queue, body in self.sent:
            owner = self._owner_of(body)
            if owner is not None:
                yield owner, f"{queue.value} message", body
        for published in self.bus.published:
            yield str(published.detail["business_id"]), published.name, published.detail
        for key in self.files.stored:
            yield key.partition("/")[0], "file", key
        for sent in self.mail.sent:
            notice, address = mail_key(sent.mime)
            business_id = address.rpartition("@")[2].removesuffix(".example")
            yield business_id, f"mail to {address}", notice.split("/")
        for business_id, point, word in self.words:
            yield business_id, point, word

    def counts(self) -> dict[str, int]:
        invoices = [
            one for (_, kind, _), one in self.store.heads.items() if kind is Subject.INVOICE
        ]
        facts: list[Fact] = list(self.store.all_facts())
        return {
            "invoices": len(invoices),
            "paid": sum(one.status.value == "paid" for one in invoices),
            "facts": len(facts),
            "I/Os": self.ios,
            "faults": len(self.strikes.struck),
            "events": len(self.told),
            "mails": len(self.mail.sent),
        }


def soak(seed: int, size: Size) -> tuple[Soak, list[str]]:
    """One soak from beginning to end, and what is wrong afterwards."""
    quicken()
    world = Soak(seed, size)
    world.live()
    world.calm_down()
    return world, world.findings()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.soak", description=__doc__)
    for name, value in (("invoices", 1000), ("days", 90), ("businesses", 10), ("faults", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="so many, one after the other")
    wanted = parser.parse_args()
    size = Size(wanted.invoices, wanted.days, wanted.businesses, wanted.faults)
    seeds = range(wanted.seed, wanted.seed + wanted.seeds)
    sys.exit(sum(_told(seed, size) for seed in seeds) > 0)


def _told(seed: int, size: Size) -> int:
    began = time.monotonic()
    world, found = soak(seed, size)
    seconds = time.monotonic() - began
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    sys.stdout.writelines(f"{words}\n" for words in found[:40])
    figures = ", ".join(f"{value} {name}" for name, value in world.counts().items())
    sys.stdout.write(
        f"soak seed {seed}: {size.businesses} businesses × {size.days} days: {figures}, "
        f"{len(found)} violations, {seconds:.0f} s, commit {commit}\n"
    )
    sys.stdout.flush()
    return len(found)


if __name__ == "__main__":
    main()
