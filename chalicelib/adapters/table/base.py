"""What every part of the store stands on: the table's model, and reading and writing its rows.

Nothing is connected before the first call, so making a store costs no I/O.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any
from uuid import uuid4

from pynamodb.connection import Connection
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from chalicelib.adapters.table import keys
from chalicelib.adapters.table.calls import Calls, Sleep, check_whole
from chalicelib.adapters.table.layout import Layout, Row, Write, readable
from chalicelib.adapters.table.meter import Meter, watch
from chalicelib.domain.errors import BrokenRecord

CONNECT_SECONDS = 2
READ_SECONDS = 5
MOST_WRITES = 100  # of one transaction


def model_of(table: str, endpoint: str | None) -> type[Row]:
    """A model class of its own for each store, because PynamoDB keeps settings on the class."""

    class TableRow(Row):
        class Meta:
            table_name = table
            host = endpoint
            connect_timeout_seconds = CONNECT_SECONDS
            read_timeout_seconds = READ_SECONDS

    return TableRow


class TableBase:
    """`meter` is told of every request and what it cost; `sleep` waits between repeats."""

    def __init__(
        self,
        table_name: str,
        *,
        shards: int = 4,
        endpoint_url: str | None = None,
        meter: Meter | None = None,
        sleep: Sleep = time.sleep,
    ) -> None:
        endpoint = endpoint_url or os.environ.get("AWS_ENDPOINT_URL") or None
        self._model = model_of(table_name, endpoint)
        self._layout = Layout(self._model, shards)
        self._calls = Calls(sleep)
        self._meter = meter
        self._lock = Lock()
        self._connected: Connection | None = None
        # An emulator's own figures are not AWS's, so there we work them out by AWS's rules.
        self._trust_reported = endpoint is None

    @property
    def shards(self) -> int:
        return self._layout.shards

    def _connect(self) -> Connection:
        """PynamoDB's connection, made on first use by whichever thread comes first."""
        with self._lock:
            if self._connected is None:
                connection = self._model._get_connection().connection  # noqa: SLF001 - its only way
                client: Any = connection.client
                client.meta.events.register("after-call.dynamodb", check_whole, "whole")
                if self._meter is not None:
                    watch(client, self._meter, trust_reported=self._trust_reported)
                self._connected = connection
            return self._connected

    def _get(self, key: keys.Key, business_id: str | None) -> Row | None:
        """One row, read consistently."""
        self._connect()

        def read() -> Row | None:
            try:
                return self._model.get(*key, consistent_read=True)
            except DoesNotExist:
                return None

        row = self._calls.run(read)
        return None if row is None else readable(row, business_id)

    def _get_all(self, wanted: Sequence[keys.Key], business_id: str | None) -> dict[keys.Key, Row]:
        """Rows by key, read consistently, 100 to a request; those that are not there are left out.

        `business_id` is None where the rows may be of several: then each is checked by its reader.
        """
        self._connect()
        rows = self._calls.run(lambda: list(self._model.batch_get(wanted, consistent_read=True)))
        if business_id is not None:
            rows = [readable(row, business_id) for row in rows]
        return {(row.pk, row.sk): row for row in rows}

    def _query(self, partition: str, sort: Condition, business_id: str | None) -> Iterator[Row]:
        """All rows of a partition that `sort` lets through, read consistently."""
        self._connect()
        rows = self._calls.run(
            lambda: list(self._model.query(partition, sort, consistent_read=True))
        )
        return (readable(row, business_id) for row in rows)

    def _write(self, writes: Sequence[Write], token: str | None = None) -> None:
        """All or nothing. A `token` that was used within ten minutes makes this a repeat."""
        if len(writes) > MOST_WRITES:
            raise BrokenRecord(f"{len(writes)} rows are more than one transaction holds")
        connection = self._connect()
        once = token or str(uuid4())

        def send() -> None:
            with TransactWrite(connection=connection, client_request_token=once) as transaction:
                for write in writes:
                    transaction.save(write.row, condition=write.condition)

        self._calls.run(send)

    def _put(self, key: keys.Key, business_id: str | None, **attributes: Any) -> None:
        """One row, whatever was there."""
        row = self._layout.row(key, business_id=business_id, **attributes)
        self._write([Write(row, None)])
