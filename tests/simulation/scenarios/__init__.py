"""What is tried: each scenario is a small module that sets a stage, a script and its good ends."""

from tests.simulation.scenarios import (
    authentication,
    bank_debit,
    changes,
    clock,
    disconnected,
    dunning,
    first_charge,
    groups,
    months,
    new_card,
    on_account,
    outside,
    races,
)
from tests.simulation.scenarios.base import Scenario

ALL: dict[str, Scenario] = {
    one.name: one
    for one in (
        first_charge.SCENARIO,
        dunning.OVERDUE,
        dunning.RECOVERED,
        dunning.RESUMED,
        new_card.SCENARIO,
        new_card.UNHEARD,
        new_card.TWO,
        races.RETRY,
        races.CANCEL,
        races.TWO_BILLS,
        bank_debit.ARRIVES,
        bank_debit.RETURNED,
        bank_debit.CLOSED,
        authentication.SCENARIO,
        authentication.WITHDRAWN,
        changes.CHANGED,
        changes.REMOVED,
        changes.DETACHED,
        changes.DROPPED,
        changes.BY_HAND,
        clock.TEST_CLOCK,
        clock.REMINDED,
        groups.GROUP,
        months.MONTHS,
        months.TWO_DEBTS,
        on_account.RACE,
        on_account.DECLINED,
        on_account.NEW_METHOD,
        on_account.PART,
        outside.STRAYS,
        outside.GIVEN_BACK,
        outside.PAID_OUT,
        disconnected.DISCONNECTED,
    )
}
