"""What a DynamoDB request costs by AWS's published rules. Pure: it looks only at what is passed in.

A write unit is 1 KB, twice in a transaction, and once more for every index entry that appears, goes
or moves. A read unit is 4 KB read consistently, half of one otherwise. What was overwritten counts
too, so the counter remembers what it has seen written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Mapping[str, Any]]

WRITE_BYTES = 1024
READ_BYTES = 4096
INDEXES = (
    ("due_shard", "due_at"),
    ("owner_key", "owner_sort"),
    ("kind_key", "kind_sort"),
    ("shelf", "due_sort"),
    ("shelf", "amount_sort"),
    ("shelf", "name_sort"),
    ("shelf", "time_sort"),
)
TABLE_KEY = ("pk", "sk")


@dataclass(frozen=True, slots=True)
class Spent:
    """One request. `index_units` are the part of `write_units` that the indexes cost."""

    operation: str
    write_units: float = 0
    read_units: float = 0
    index_units: float = 0


def value_size(value: Mapping[str, Any]) -> int:
    """Bytes of one value in DynamoDB's JSON."""
    kind: str
    content: Any
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(str(content).encode())
        case "N":
            digits = str(content).lstrip("-").replace(".", "").strip("0")
            return (len(digits) + 1) // 2 + 1 + str(content).startswith("-")
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + value_size(one) for one in content)
        case "M":
            return 3 + sum(1 + len(key.encode()) + value_size(one) for key, one in content.items())
        case _:
            raise TypeError(f"no row of ours holds a value of type {kind}")


def item_size(item: Item) -> int:
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def blocks(size: int, block: int) -> int:
    """Whole blocks that `size` bytes take up; at least one is always charged."""
    return max(1, -(-size // block))


class UnitCounter:
    """Remembers what it has seen written, because overwriting is charged by the larger row."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Item] = {}

    def count(self, operation: str, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> Spent:
        refused = "Error" in parsed
        match operation:
            case "TransactWriteItems":
                return self._transaction(params["TransactItems"], refused=refused)
            case "UpdateItem":
                return self._update(params["Key"], parsed.get("Attributes"))
            case "GetItem":
                consistent = bool(params.get("ConsistentRead"))
                return _read(operation, [parsed.get("Item", {})], consistent=consistent)
            case "Query":
                consistent = bool(params.get("ConsistentRead"))
                size = sum(item_size(item) for item in parsed.get("Items", ()))
                units = blocks(size, READ_BYTES)
                return Spent(operation, read_units=units if consistent else units / 2)
            case "BatchGetItem":
                return _batch(operation, params["RequestItems"], parsed.get("Responses", {}))
            case _:
                return Spent(operation)

    def _transaction(self, writes: list[Mapping[str, Any]], *, refused: bool) -> Spent:
        table = index = 0
        for write in writes:
            item: Item = write["Put"]["Item"]
            table += 2 * self._table_units(item)
            if not refused:
                index += self._index_units(item)
        return Spent("TransactWriteItems", write_units=table + index, index_units=index)

    def _update(self, key: Item, after: Item | None) -> Spent:
        if after is None:  # refused: charged by the row that was looked at
            return Spent("UpdateItem", write_units=self._table_units(key))
        table = self._table_units(after)
        index = self._index_units(after)
        return Spent("UpdateItem", write_units=table + index, index_units=index)

    def _table_units(self, item: Item) -> int:
        before = self._seen.get(_key(item), {})
        return blocks(max(item_size(item), item_size(before)), WRITE_BYTES)

    def _index_units(self, after: Item) -> int:
        """Entries deleted and put; also remembers the row."""
        before = self._seen.get(_key(after), {})
        self._seen[_key(after)] = after
        units = 0
        for names in INDEXES:
            old, new = _entry(before, names), _entry(after, names)
            if old != new:
                changed = [entry for entry in (old, new) if entry]
                units += sum(blocks(item_size(entry), WRITE_BYTES) for entry in changed)
        return units


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _entry(item: Item, names: tuple[str, str]) -> Item:
    """What an index keeps of a row: the keys, or nothing."""
    if not all(name in item for name in names):
        return {}
    return {name: item[name] for name in (*TABLE_KEY, *names)}


def _read(operation: str, items: list[Item], *, consistent: bool) -> Spent:
    units = sum(blocks(item_size(item), READ_BYTES) for item in items)
    return Spent(operation, read_units=units if consistent else units / 2)


def _batch(
    operation: str, asked: Mapping[str, Mapping[str, Any]], found: Mapping[str, list[Item]]
) -> Spent:
    """Each row is rounded up by itself, and one that is not there costs a unit as well."""
    units = 0.0
    for table, request in asked.items():
        items = found.get(table, [])
        missing: list[Item] = [{}] * (len(request["Keys"]) - len(items))
        consistent = bool(request.get("ConsistentRead"))
        units += _read(operation, [*items, *missing], consistent=consistent).read_units
    return Spent(operation, read_units=units)
