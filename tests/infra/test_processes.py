"""`make stop` ends what the run recorded, and never a stranger with a recycled id."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.processes import alive, record_process, recorded, stop_all


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "run" / "processes.json"


def test_a_recorded_process_is_ended(sleeper: subprocess.Popen[bytes], record: Path) -> None:
    record_process("sleeper", sleeper.pid, record)
    assert alive(record) == {"sleeper": sleeper.pid}
    # Somebody must reap it, or `ps` goes on listing it; after a crash that is init.
    import threading

    threading.Thread(target=sleeper.wait).start()
    assert stop_all(record) == ["sleeper"]
    assert sleeper.wait(5) != 0
    assert recorded(record) == {}


def test_a_stranger_with_the_same_id_is_left_alone(
    sleeper: subprocess.Popen[bytes], record: Path
) -> None:
    record_process("sleeper", sleeper.pid, record)
    known = json.loads(record.read_text())
    known["sleeper"]["started_at"] = "Thu Jan  1 00:00:00 1970"
    record.write_text(json.dumps(known))
    assert stop_all(record) == []
    assert sleeper.poll() is None


def test_nothing_recorded_is_nothing_to_stop(record: Path) -> None:
    assert stop_all(record) == []
