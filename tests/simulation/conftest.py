"""What the simulation speeds up is itself again after each of its tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.speed import unhurry


@pytest.fixture(autouse=True)
def _unhurried() -> Iterator[None]:
    yield
    unhurry()
