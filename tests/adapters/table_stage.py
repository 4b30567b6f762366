"""The table of infra/resources.yaml, made in whatever stands in for DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import botocore.session
import yaml

from chalicelib.adapters.table.store import DynamoStore

TEMPLATE = Path(__file__).resolve().parents[2] / "infra" / "resources.yaml"


class _Template(yaml.SafeLoader):  # type: ignore[misc]
    """CloudFormation's short tags are of no interest here."""


_Template.add_multi_constructor("!", lambda _loader, _tag, _node: None)


def table_properties() -> dict[str, Any]:
    template = yaml.load(TEMPLATE.read_text(), _Template)
    properties: dict[str, Any] = template["Resources"]["Table"]["Properties"]
    names = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return {name: properties[name] for name in names}


@contextmanager
def fresh_table(client: Any) -> Iterator[str]:
    """A table of its own for each test: an index query of the emulator reads the whole table."""
    name = f"table-{uuid4().hex[:12]}"
    client.create_table(TableName=name, **table_properties())
    yield name
    client.delete_table(TableName=name)


@cache
def moto_client() -> Any:
    """Made within `mock_aws`, good for every later one."""
    return botocore.session.get_session().create_client("dynamodb")


_CLIENTS: dict[str, Any] = {}


def sharing(store: DynamoStore, place: str) -> DynamoStore:
    """The same store on the one client of this place: making a client takes longer than a test."""
    connection: Any = store._model._get_connection().connection
    if place in _CLIENTS:
        connection._client = _CLIENTS[place]
    else:
        _CLIENTS[place] = connection.client
    return store


def no_wait(_seconds: float) -> None:
    """In place of `time.sleep`."""
