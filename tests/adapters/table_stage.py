"""The table of infra/resources.yaml, made in whatever stands in for DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

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


def no_wait(_seconds: float) -> None:
    """In place of `time.sleep`."""


def counting(told: list[Any]) -> Callable[[Any], None]:
    """A meter that keeps what it is told."""
    return told.append
