"""The `emulator` fixture: one ministack per test process, on a port of its own.

`emulator.endpoint_url` and `emulator.clients("dynamodb")` reach it; `emulator.environment` is what
code that reads `AWS_ENDPOINT_URL` wants. It is shared by the whole session: use names of your
own, and never reset it, for others' tables are in it too. Mark such tests `emulator`.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from infra.local.emulator import ROOT, Emulator, start_emulator

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    home = ROOT / ".tmp" / f"emulator-{os.getpid()}"
    running = start_emulator(home)
    yield running
    running.stop()
    shutil.rmtree(home, ignore_errors=True)
