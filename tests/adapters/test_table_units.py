"""Units by AWS's rules: sizes, rounding, what overwriting costs, and index entries that move."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.adapters.table.meter import reported
from chalicelib.adapters.table.units import Spent, UnitCounter, blocks, item_size, value_size

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "é"}, 2),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "1234"}, 3),
        ({"N": "-1234"}, 4),
        ({"N": "1000000"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"S": "c"}]}, 8),
        ({"M": {"k": {"S": "ab"}}}, 7),
    ],
)
def test_the_size_of_a_value(value: Json, size: int) -> None:
    assert value_size(value) == size


def test_names_count_too() -> None:
    assert item_size({"pk": {"S": "abc"}, "sk": {"S": "d"}}) == 8


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (4096, 4)])
def test_every_started_block_counts(size: int, count: int) -> None:
    assert blocks(size, 1024) == count


def row(size: int = 100, **more: str) -> Json:
    values = {"pk": "biz_1#X#1", "sk": "HEAD", **more}
    item: Json = {name: {"S": text} for name, text in values.items()}
    item["body"] = {"S": "x" * (size - item_size(item) - len("body"))}
    assert item_size(item) == size
    return item


def put(counter: UnitCounter, *items: Json, refused: bool = False) -> Spent:
    params = {"TransactItems": [{"Put": {"Item": item}} for item in items]}
    return counter.count("TransactWriteItems", params, {"Error": {}} if refused else {})


def test_a_transaction_costs_each_row_twice() -> None:
    assert put(UnitCounter(), row(1024), row(1025, sk="F#1")).write_units == 6


def test_overwriting_costs_the_larger_of_the_two() -> None:
    counter = UnitCounter()
    assert put(counter, row(3000)).write_units == 6
    assert put(counter, row(100)).write_units == 6
    assert put(counter, row(100)).write_units == 2


def test_index_entries_cost_when_they_appear_move_or_go() -> None:
    counter = UnitCounter()
    listed = row(200, kind_key="k", kind_sort="1")
    steps = [
        (listed, 1),  # appears
        (listed, 0),  # stays
        (row(200, kind_key="k", kind_sort="2"), 2),  # moves: one goes, one comes
        (row(200, kind_key="k", kind_sort="2", due_shard="d", due_at="1"), 1),
        (row(200), 2),  # both go
        (row(200, due_shard="d"), 0),  # half a key is no entry
    ]
    assert [put(counter, item).index_units for item, _ in steps] == [cost for _, cost in steps]


def test_a_refused_write_costs_its_rows_and_changes_nothing() -> None:
    counter = UnitCounter()
    listed = row(1500, kind_key="k", kind_sort="1")
    assert put(counter, listed, refused=True) == Spent("TransactWriteItems", write_units=4)
    assert put(counter, listed).index_units == 1


def test_an_update_costs_the_row_it_leaves() -> None:
    counter = UnitCounter()
    put(counter, row(1500, due_shard="d", due_at="1"))
    key = {"pk": {"S": "biz_1#X#1"}, "sk": {"S": "HEAD"}}
    done = counter.count("UpdateItem", {"Key": key}, {"Attributes": row(1600)})
    assert done == Spent("UpdateItem", write_units=3, index_units=1)
    refused = counter.count("UpdateItem", {"Key": key}, {"Error": {}})
    assert refused.write_units == 2


def test_reading_costs_by_4_kb_and_half_when_it_may_be_stale() -> None:
    counter = UnitCounter()
    items = [row(4096, sk="a"), row(10 + 90, sk="b")]
    strong = counter.count("Query", {"ConsistentRead": True}, {"Items": items})
    stale = counter.count("Query", {}, {"Items": items})
    assert (strong.read_units, stale.read_units) == (2, 1)
    assert counter.count("GetItem", {"ConsistentRead": True}, {}).read_units == 1
    assert counter.count("GetItem", {}, {"Item": items[0]}).read_units == 0.5


def test_a_batch_rounds_each_row_up_and_counts_the_missing() -> None:
    asked = {"t": {"ConsistentRead": True, "Keys": [{}, {}, {}]}}
    found = {"t": [row(100), row(5000)]}
    spent = UnitCounter().count("BatchGetItem", {"RequestItems": asked}, {"Responses": found})
    assert spent.read_units == 4


def test_what_aws_says_it_charged() -> None:
    one = {"ConsumedCapacity": {"CapacityUnits": 2.5}}
    many = {"ConsumedCapacity": [{"CapacityUnits": 4.0}, {"CapacityUnits": 2.0}]}
    assert reported("Query", one) == Spent("Query", read_units=2.5)
    assert reported("TransactWriteItems", many) == Spent("TransactWriteItems", write_units=6)
    assert reported("GetItem", {}) is None
