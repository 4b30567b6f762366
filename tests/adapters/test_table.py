"""The DynamoDB adapter keeps the store's contract, on moto and on ministack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from chalicelib.adapters.table.store import DynamoStore
from tests.adapters.table_stage import fresh_table, moto_client, sharing
from tests.contracts.store_contract import ConcurrencyContract
from tests.contracts.store_suite import StoreSuite

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


class TestStore(StoreSuite):
    pass


@pytest.mark.emulator
class TestConcurrency(ConcurrencyContract):
    """On the emulator alone: moto is not made for threads."""

    @pytest.fixture
    def store(self, emulator_store: DynamoStore) -> DynamoStore:
        return emulator_store
