"""Every contract of the store in one class, so that none can be forgotten for one of the stores."""

from __future__ import annotations

from tests.contracts import (
    store_contract,
    store_contract_disputes,
    store_contract_groups,
    store_contract_lists,
    store_contract_plans,
    store_contract_reads,
    store_contract_small,
    store_contract_warnings,
)


class StoreSuite(
    store_contract.AppendContract,
    store_contract.SideRowContract,
    store_contract_reads.DueContract,
    store_contract_reads.EffectsContract,
    store_contract_reads.ListContract,
    store_contract_lists.ShelvesContract,
    store_contract_lists.WordsContract,
    store_contract_lists.HistoryContract,
    store_contract_lists.ManyHeadsContract,
    store_contract_groups.GroupsContract,
    store_contract_groups.ImportsContract,
    store_contract_plans.PlansContract,
    store_contract_disputes.DisputesContract,
    store_contract_warnings.WarningsContract,
    store_contract_small.RequestContract,
    store_contract_small.SmallRowsContract,
):
    """The fixture `store` says of which store it is true. Threads (ConcurrencyContract) are apart:
    the table needs the emulator for them."""
