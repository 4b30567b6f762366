"""The wall between businesses stands in the adapter, whatever is asked of it or lies in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from chalicelib.adapters.table import keys
from chalicelib.adapters.table.base import model_of
from chalicelib.adapters.table.layout import SCHEMA, Layout, read_fact, readable
from chalicelib.adapters.table.store import DynamoStore
from chalicelib.domain.canonical import canonical
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Subject
from chalicelib.ports.answers import Unanswered
from tests.adapters.table_stage import fresh_table, moto_client, sharing
from tests.contracts import store_samples as a


class Stage:
    """A store, and a way to put any row under it."""

    def __init__(self, client: Any, table: str) -> None:
        self.store = sharing(DynamoStore(table), "moto")
        self.layout = Layout(self.store._model, 4)
        self._client, self._table = client, table

    def tamper(self, pk: str, sk: str, **values: str) -> None:
        """Change some texts of a stored row, past the adapter."""
        item = self._client.get_item(TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}})
        changed = item.get("Item", {"pk": {"S": pk}, "sk": {"S": sk}, "v": {"N": "1"}})
        changed |= {name: {"S": value} for name, value in values.items()}
        self._client.put_item(TableName=self._table, Item=changed)

    def write_version(self, pk: str, sk: str, version: int) -> None:
        self._client.update_item(
            TableName=self._table,
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            UpdateExpression="SET v = :v",
            ExpressionAttributeValues={":v": {"N": str(version)}},
        )


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws(), fresh_table(moto_client()) as name:
        yield Stage(moto_client(), name)


MINE = keys.collection(a.BIZ, Subject.INVOICE, "inv_1")
THEIRS = keys.collection(a.OTHER_BIZ, Subject.INVOICE, "inv_1")


def test_no_row_is_built_for_another_business() -> None:
    layout = Layout(model_of("t", None), 4)
    for key, business_id in (
        ((THEIRS, "HEAD"), a.BIZ),
        ((MINE, "HEAD"), None),
        (keys.account("acct_1"), a.BIZ),
        ((a.BIZ, "HEAD"), a.BIZ),
        ((f"{a.BIZ}2#INVOICE#inv_1", "HEAD"), a.BIZ),
    ):
        with pytest.raises(BrokenRecord):
            layout.row(key, business_id=business_id)


def test_no_row_is_read_for_another_business() -> None:
    layout = Layout(model_of("t", None), 4)
    row = layout.row((THEIRS, "HEAD"), business_id=a.OTHER_BIZ)
    assert readable(row, a.OTHER_BIZ) is row
    for asked in (a.BIZ, None, "biz"):
        with pytest.raises(BrokenRecord):
            readable(row, asked)


def test_a_fact_of_another_business_is_not_given_out() -> None:
    layout = Layout(model_of("t", None), 4)
    foreign = a.new_invoice(business_id=a.OTHER_BIZ).fact
    row = layout.row((MINE, "F#created"), business_id=a.BIZ, body=canonical(foreign))
    with pytest.raises(BrokenRecord):
        read_fact(row, a.BIZ)


def test_a_head_in_the_wrong_place_is_not_given_out(stage: Stage) -> None:
    stage.store.append([a.new_invoice()])
    foreign = a.new_invoice(business_id=a.OTHER_BIZ).head
    other = a.new_invoice("inv_2").head
    for head in (foreign, other):
        stage.tamper(MINE, "HEAD", body=canonical(head))
        with pytest.raises(BrokenRecord):
            stage.store.invoice(a.BIZ, "inv_1")
        with pytest.raises(BrokenRecord):
            stage.store.invoices(a.BIZ)


@pytest.mark.parametrize(("key", "sort"), [("kind_key", "kind_sort"), ("owner_key", "owner_sort")])
def test_a_list_that_leads_to_another_business_is_an_alarm(
    stage: Stage, key: str, sort: str
) -> None:
    theirs = a.new_invoice(business_id=a.OTHER_BIZ)
    stage.store.append([theirs])
    mine = keys.index_keys(a.invoice(), a.BIZ, Subject.INVOICE)
    stage.tamper(THEIRS, "HEAD", **{key: mine[key], sort: mine[sort]})
    by_kind = key == "kind_key"
    with pytest.raises(BrokenRecord):
        _ = stage.store.invoices(a.BIZ) if by_kind else stage.store.invoices_of(a.BIZ, a.CUS)


def test_rows_of_newer_code_are_left_to_it(stage: Stage) -> None:
    """Raised as no answer: a queue brings the work back when the new code has arrived."""
    made = a.step(a.invoice(), effects=(a.RECEIPT,))
    stage.store.append([made])
    stage.write_version(MINE, "HEAD", SCHEMA + 1)
    with pytest.raises(Unanswered):
        stage.store.invoice(a.BIZ, "inv_1")
    stage.write_version(MINE, "F#created", SCHEMA + 1)
    with pytest.raises(Unanswered):
        stage.store.facts(a.BIZ, Subject.INVOICE, "inv_1")
    ends = a.minutes(5)
    claimed = stage.store.claim(a.ref_of(made), holder="h", now=a.NOON, lease_until=ends)
    assert claimed is None


def test_a_text_that_is_no_record_is_an_alarm(stage: Stage) -> None:
    stage.store.append([a.new_invoice()])
    stage.tamper(MINE, "HEAD", body="{}")
    with pytest.raises(BrokenRecord):
        stage.store.invoice(a.BIZ, "inv_1")


def test_making_a_store_asks_nobody_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    store = DynamoStore("no-such-table", endpoint_url="http://127.0.0.1:9")
    assert store.shards == 4
