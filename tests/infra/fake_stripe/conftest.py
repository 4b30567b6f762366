"""Fixtures of the fake's own tests."""

from __future__ import annotations

import pytest

from tests.infra.fake_stripe.bench import FakeBench


@pytest.fixture
def fake() -> FakeBench:
    """A checked fake of its own for each test."""
    return FakeBench()
