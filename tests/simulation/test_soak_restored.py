"""A soak whose table is set back by two days in the middle, faults and all: it ends level."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from chalicelib.domain.facts import Fact, Subject
from chalicelib.ports import Ports
from chalicelib.services import restoring
from tests.simulation import populace
from tests.simulation.backups import back_up, set_back
from tests.simulation.soak import DAY, Size, Soak
from tests.simulation.speed import quicken

HOUR = 3600
BACKED_UP_AT = 15 * DAY
SET_BACK_AT = 17 * DAY
SEEDS = range(30 if "PROVE" in os.environ else 2)


class RestoredSoak(Soak):
    """Nobody writes invoices by hand in the two days that are lost, for those would not return."""

    def ask(self, name: str, deed: Callable[[Ports], object], seconds: int = 0) -> None:
        at = self.seconds + seconds
        if name == "bill" and BACKED_UP_AT - HOUR <= at < SET_BACK_AT + HOUR:
            seconds += SET_BACK_AT - BACKED_UP_AT + 2 * HOUR
        super().ask(name, deed, seconds)

    def violate(self, code: str, words: str) -> None:
        """A debit that was on its way when the table was set back arrives: not yet known again."""
        if "before it was written down" not in words or not self._anybody_held():
            super().violate(code, words)

    def _stream(self, fact: Fact) -> None:
        """The fact itself says what its writer's clock showed; this is when it was."""
        if fact.kind == "charging_released":
            self.released[fact.business_id] = self._stripe_now()
        super()._stream(fact)

    def _anybody_held(self) -> bool:
        return any(self.store.business(one).is_held for one in self.accounts)

    def charged_while_held(self) -> list[str]:
        """Read off the audit trail and Stripe's shelves."""
        found = []
        for business_id, account in self.accounts.items():
            trail = self.store.facts(business_id, Subject.BUSINESS, business_id)
            since = next(one.at for one in trail if one.kind == "charging_held").timestamp()
            until = self.released[business_id]
            charges = self.stripe.account(account).charges.values()
            found += [one["id"] for one in charges if since <= one["created"] < until]
        return found

    def live(self) -> None:
        self.released: dict[str, int] = {}
        populace.settle_in(self)
        self.rough = True
        self._days(0, BACKED_UP_AT)
        backup = back_up(self.store)
        self._days(BACKED_UP_AT, SET_BACK_AT)
        self.rough = False  # the workers are stopped: what is under way ends, or never does
        self.run_until(SET_BACK_AT + HOUR // 2)
        self.pass_time(1)  # what was charged in the last second was charged before
        self.abandon()
        set_back(self.store, backup)
        self.held = restoring.hold_after_restore(self.ports)
        self.rough = True
        self._days(SET_BACK_AT + DAY // 4, self.size.days * DAY)

    def _days(self, first: int, last: int) -> None:
        for until in range(first + DAY // 4, last + 1, DAY // 4):
            self.run_until(until)
            self.tick("reconcile")
            self._redrive()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_soak_set_back_in_the_middle_ends_level(seed: int) -> None:
    quicken()
    world = RestoredSoak(seed, Size(invoices=60, days=45, businesses=3, faults=1))
    world.live()
    world.calm_down()
    assert world.held == 3
    assert world.findings() == []
    assert world.charged_while_held() == []
