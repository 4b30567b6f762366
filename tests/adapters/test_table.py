"""The DynamoDB adapter keeps the store's contract, on moto and on ministack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from chalicelib.adapters.table.store import DynamoStore
from tests.adapters.table_stage import fresh_table, moto_client, sharing
from tests.contracts import (
    store_contract,
    store_contract_disputes,
    store_contract_groups,
    store_contract_lists,
    store_contract_plans,
    store_contract_reads,
    store_contract_small,
)

if TYPE_CHECKING:
    from infra.local.emulator import Emulator

REGION = "eu-west-1"


@pytest.fixture
def moto_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoStore]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws(), fresh_table(moto_client()) as name:
        yield sharing(DynamoStore(name), "moto")


@pytest.fixture
def emulator_store(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoStore]:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    with fresh_table(emulator.clients("dynamodb")) as table:
        yield sharing(DynamoStore(table), emulator.endpoint_url)


@pytest.fixture(params=["moto", pytest.param("emulator", marks=pytest.mark.emulator)])
def store(request: pytest.FixtureRequest) -> DynamoStore:
    made: DynamoStore = request.getfixturevalue(f"{request.param}_store")
    return made


class TestAppend(store_contract.AppendContract):
    pass


class TestSideRows(store_contract.SideRowContract):
    pass


class TestDue(store_contract_reads.DueContract):
    pass


class TestEffects(store_contract_reads.EffectsContract):
    pass


class TestLists(store_contract_reads.ListContract):
    pass


class TestShelves(store_contract_lists.ShelvesContract):
    pass


class TestGroups(store_contract_groups.GroupsContract):
    pass


class TestImports(store_contract_groups.ImportsContract):
    pass


class TestPlans(store_contract_plans.PlansContract):
    pass


class TestWords(store_contract_lists.WordsContract):
    pass


class TestDisputes(store_contract_disputes.DisputesContract):
    pass


class TestHistory(store_contract_lists.HistoryContract):
    pass


class TestManyHeads(store_contract_lists.ManyHeadsContract):
    pass


class TestRequests(store_contract_small.RequestContract):
    pass


class TestSmallRows(store_contract_small.SmallRowsContract):
    pass


@pytest.mark.emulator
class TestConcurrency(store_contract.ConcurrencyContract):
    """On the emulator alone: moto is not made for threads."""

    @pytest.fixture
    def store(self, emulator_store: DynamoStore) -> DynamoStore:
        return emulator_store
