"""Counts requests and what they cost, through botocore's own events. Off unless somebody asks.

On AWS the answer says what was consumed. An emulator's answer does not say it reliably, so there it
is worked out from the request by AWS's published rules (`units.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.adapters.table.units import Spent, UnitCounter

Meter = Callable[[Spent], None]

_KEPT = "duecourse_request"


def watch(client: Any, meter: Meter, *, trust_reported: bool) -> None:
    """Tell `meter` of every request that `client` gets an answer to, refusals included."""
    counter = UnitCounter()

    def asked(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context[_KEPT] = params

    def answered(parsed: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        spent = counter.count(model.name, context.get(_KEPT, {}), parsed)
        meter(reported(model.name, parsed) or spent if trust_reported else spent)

    client.meta.events.register("provide-client-params.dynamodb", asked)
    client.meta.events.register("after-call.dynamodb", answered)


def reported(operation: str, parsed: Mapping[str, Any]) -> Spent | None:
    """What AWS says it charged; None when the answer does not say."""
    found = parsed.get("ConsumedCapacity")
    tables = [found] if isinstance(found, Mapping) else list(found or ())
    if not tables:
        return None
    total = sum(float(table.get("CapacityUnits", 0)) for table in tables)
    writes = operation in {"TransactWriteItems", "UpdateItem", "PutItem"}
    return Spent(operation, write_units=total if writes else 0, read_units=0 if writes else total)
