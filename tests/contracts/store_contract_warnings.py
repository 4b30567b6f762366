"""The store's contract on early fraud warnings: a record each, and the board by age."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.desk.fraud_warnings import WarningRecorded, WarningReleased, WarningSeenAs
from chalicelib.domain.errors import InvalidInput, NotFound
from chalicelib.domain.facts import Subject
from chalicelib.domain.fraud_warning import FraudWarning, WarningStage
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.ports.rows import Change
from chalicelib.ports.store import Store
from tests.contracts import store_samples as a

_S = WarningStage
OPEN = (_S.ACTIONABLE, _S.BLOCKED)


def new_warning(warning_id: str, *, days: int = 0, business_id: str = a.BIZ) -> Change:
    warning = FraudWarning(
        id=warning_id,
        business_id=business_id,
        customer_id=a.CUS,
        invoice_id="inv_1",
        payment_id="pay_1_1",
        charge_id="ch_1",
        amount=8900,
        currency="USD",
        fraud_type="misc",
        brand="visa",
        last4="4242",
        fingerprint="fp_1",
        actionable=True,
        warned_at=a.NOON + timedelta(days=days),
    )
    return Change(*first_of_party(warning, WarningRecorded(warning), at=a.NOON))


def after(made: Change, payload: WarningSeenAs | WarningReleased) -> Change:
    assert isinstance(made.head, FraudWarning)
    return Change(*on_party(made.head, payload, at=a.minutes(5)))


class WarningsContract:
    def test_a_warning_is_read_as_it_was_written(self, store: Store) -> None:
        made = new_warning("issfr_1")
        store.append([made])
        assert store.fraud_warning(a.BIZ, "issfr_1") == made.head
        assert store.facts(a.BIZ, Subject.FRAUD_WARNING, "issfr_1") == [made.fact]
        for business_id, warning_id in ((a.OTHER_BIZ, "issfr_1"), (a.BIZ, "issfr_2")):
            with pytest.raises(NotFound) as missing:
                store.fraud_warning(business_id, warning_id)
            assert missing.value.code == "fraud_warning_not_found"

    def test_the_warnings_are_sorted_by_age(self, store: Store) -> None:
        new, old = new_warning("issfr_1", days=3), new_warning("issfr_2")
        blocked, free = new_warning("issfr_3", days=1), new_warning("issfr_4", days=1)
        store.append([new, old, blocked, free, new_warning("issfr_5", business_id=a.OTHER_BIZ)])
        store.append([after(blocked, WarningSeenAs(actionable=False))])
        store.append([after(free, WarningReleased("Known."))])
        listed = [
            [one.id for one in store.fraud_warnings(a.BIZ, stages=stages).items]
            for stages in (OPEN, (_S.ACTIONABLE,), (_S.BLOCKED,), (_S.RELEASED,))
        ]
        assert listed == [
            ["issfr_2", "issfr_3", "issfr_1"],
            ["issfr_2", "issfr_1"],
            ["issfr_3"],
            ["issfr_4"],
        ]

    def test_the_warnings_come_in_pages(self, store: Store) -> None:
        store.append([new_warning(f"issfr_{day}", days=day) for day in range(5)])
        first = store.fraud_warnings(a.BIZ, stages=OPEN, limit=3)
        rest = store.fraud_warnings(a.BIZ, stages=OPEN, limit=3, cursor=first.cursor)
        assert [one.id for one in (*first.items, *rest.items)] == [f"issfr_{n}" for n in range(5)]
        assert rest.cursor is None
        with pytest.raises(InvalidInput):
            store.fraud_warnings(a.BIZ, stages=(_S.RELEASED,), cursor=first.cursor)
