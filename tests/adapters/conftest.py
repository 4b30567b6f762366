"""Fixtures of the adapter tests: faults on the wire, and Stripe's test mode only when asked for."""

from __future__ import annotations

import os

import pytest

from tests.microburst import microburst, wire

__all__ = ["microburst", "wire"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a developer's test key the live tests are not part of the run."""
    if os.environ.get("STRIPE_API_KEY", "").startswith("sk_test_"):
        return
    live = [item for item in items if item.get_closest_marker("live")]
    if live:
        config.hook.pytest_deselected(items=live)
        items[:] = [item for item in items if item not in live]
