"""No port method that writes is left without its faults on the wire.

A method writes unless its name says that it reads (`read_…`, `…_of`, `…_since`) or it is named
here: a new one has to say which it is.
"""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.ports.gateway import Gateway
from chalicelib.ports.outside import Bus, Deliverer, Directory, Files, Mail, Queue, Sms, Timers
from chalicelib.ports.store import Store
from tests.adapters.test_wire_store import STORE
from tests.adapters.wire_cases import OUTSIDE
from tests.adapters.wire_gateway_cases import GATEWAY

PORTS: tuple[Any, ...] = (
    Store,
    Gateway,
    Queue,
    Timers,
    Mail,
    Sms,
    Files,
    Bus,
    Deliverer,
    Directory,
)
READS: dict[Any, str] = {
    Store: """business business_of_account businesses customer customers subscription subscriptions
        invoice invoices group groups import_run import_runs team facts due shards delivered
        next_number network_tries test_clock memberships portal_link watermark dispute disputes
        listed found payment_plan payment_plans fraud_warning fraud_warnings""",
    Files: "get link",
}


def methods(port: Any) -> set[str]:
    return {name for name in vars(port) if not name.startswith("_")}


def reads(port: Any, name: str) -> bool:
    by_name = name.startswith("read_") or name.endswith(("_of", "_since"))
    return by_name or name in READS.get(port, "").split()


def test_every_writing_method_has_its_case() -> None:
    writing = {
        f"{port.__name__}.{name}"
        for port in PORTS
        for name in methods(port)
        if not reads(port, name)
    }
    assert writing == {*STORE, *GATEWAY, *OUTSIDE}


@pytest.mark.parametrize("port", READS)
def test_what_only_reads_is_there(port: Any) -> None:
    assert set(READS[port].split()) <= methods(port)
