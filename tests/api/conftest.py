"""An install with one business, and a client of its API signed in as an admin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.api.context import provide, wired
from tests.api.client import Api, staffed
from tests.fakes.install import Install
from tests.logs import LogLines


@pytest.fixture
def api(log_lines: LogLines) -> Iterator[Api]:
    client = Api(staffed())
    provide(client.context)
    yield client
    provide(wired)


@pytest.fixture
def empty(log_lines: LogLines) -> Iterator[Api]:
    """An install without any business."""
    client = Api(Install.at())
    provide(client.context)
    yield client
    provide(wired)
