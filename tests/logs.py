"""The `log_lines` fixture: what the one logger wrote during a test, line by line, as AWS does."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from chalicelib.observability import logger

LogLines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def log_lines() -> Iterator[LogLines]:
    written = io.StringIO()
    handler = cast("Any", logger.registered_handler)
    before = handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    handler.setStream(before)
