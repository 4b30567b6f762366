"""The suites hold every contract, and no contract hides a test of another's by its name."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.contracts.gateway_suite import GatewaySuite
from tests.contracts.store_contract import ConcurrencyContract
from tests.contracts.store_suite import StoreSuite

HERE = Path(__file__).parent


def contracts(pattern: str) -> set[str]:
    return {
        node.name
        for path in HERE.glob(pattern)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and node.name.endswith("Contract")
    }


def test_the_stores_suite_is_whole() -> None:
    inside = {base.__name__ for base in StoreSuite.__bases__}
    assert contracts("store_contract*.py") == inside | {ConcurrencyContract.__name__}


def test_the_gateways_suite_is_whole() -> None:
    inside = {base.__name__ for base in GatewaySuite.__bases__}
    assert contracts("gateway_*contract.py") == inside


@pytest.mark.parametrize("suite", [StoreSuite, GatewaySuite])
def test_every_test_is_seen(suite: type) -> None:
    names = Counter(
        name for base in suite.__bases__ for name in vars(base) if not name.startswith("__")
    )
    assert [name for name, times in names.items() if times > 1] == []
