"""The `wire` fixture: microburst between us and the emulator, which breaks what a rule names.

`wire.rules({...})` replaces the rules; `wire.fired()` tells which of them broke something since.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.emulator import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.emulator import Emulator

START_TIMEOUT_SECONDS = 20
# It reads the models of every service at its first request; on a busy machine that takes a while.
MODELS_TIMEOUT_SECONDS = 60


@dataclass
class Wire:
    """A running microburst."""

    port: int

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rules(self, *rules: dict[str, Any]) -> None:
        """From now on these break things, and none before; `fired` starts anew."""
        self._ask("DELETE", "fired")
        self._ask("POST", "rules", list(rules))

    def cut(self, service: str, operation: str, *, times: int = 1) -> None:
        """The work is done, and the answer is lost before its first byte."""
        self.rules(
            {
                "service": service,
                "operation": operation,
                "times": times,
                "response": {"abort_bytes": 0},
            }
        )

    def fired(self) -> int:
        answer = self._ask("GET", "fired")
        events = answer["fired"] if isinstance(answer, dict) else answer
        return len(events)

    def warm(self) -> None:
        """One request through it, so that a test's patience is not spent on its start."""
        with suppress(urllib.error.HTTPError):  # the refusal of an unsigned request will do
            urllib.request.urlopen(self.endpoint_url, timeout=MODELS_TIMEOUT_SECONDS).close()

    def health(self) -> Any:
        return self._ask("GET", "health")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.endpoint_url}/_microburst/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=MODELS_TIMEOUT_SECONDS) as answer:
            return json.loads(answer.read() or b"null")


@pytest.fixture(scope="session")
def microburst(emulator: Emulator) -> Iterator[Wire]:
    started = Wire(free_port())
    process = subprocess.Popen(
        [
            Path(sys.executable).with_name("microburst"),
            "--upstream",
            emulator.endpoint_url,
            "--port",
            str(started.port),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait_until_up(started, process)
    started.warm()
    yield started
    process.kill()  # asked politely it waits for connections that our clients keep open
    process.wait(timeout=10)


@pytest.fixture
def wire(microburst: Wire) -> Iterator[Wire]:
    microburst.rules()
    yield microburst
    microburst.rules()


def _wait_until_up(wire: Wire, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "microburst ended at once"
        try:
            wire.health()
        except (OSError, urllib.error.URLError):
            time.sleep(0.05)
        else:
            return
    process.terminate()
    raise AssertionError("microburst did not answer")
