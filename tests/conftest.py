"""Fixtures every part of the suite may ask for."""

from __future__ import annotations

import pytest

from tests.emulator import emulator
from tests.logs import log_lines
from tests.stack import stack

__all__ = ["emulator", "log_lines", "stack"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Emulator tests go to one worker, so that one emulator runs and not one per core."""
    for item in items:
        if item.get_closest_marker("emulator"):
            item.add_marker(pytest.mark.xdist_group("emulator"))
