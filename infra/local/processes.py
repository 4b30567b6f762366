"""Which processes `make run` started, kept in .run/ so that `make stop` ends those and no others.

A process id alone may have been given to a stranger since; its start time tells them apart.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from infra.local.emulator import ROOT

RUN = ROOT / ".run"
RECORD = RUN / "processes.json"
PATIENCE_SECONDS = 15


def started_at(pid: int) -> str:
    """When the process began, as `ps` writes it; empty if there is none."""
    asked = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def record_process(name: str, pid: int, record: Path = RECORD) -> None:
    record.parent.mkdir(exist_ok=True)
    known = recorded(record)
    known[name] = {"pid": pid, "started_at": started_at(pid)}
    record.write_text(json.dumps(known, indent=1))


def recorded(record: Path = RECORD) -> dict[str, dict[str, int | str]]:
    if not record.exists():
        return {}
    known: dict[str, dict[str, int | str]] = json.loads(record.read_text())
    return known


def alive(record: Path = RECORD) -> dict[str, int]:
    """Name and id of those still running, the first started first."""
    return {
        name: int(one["pid"])
        for name, one in recorded(record).items()
        if one["started_at"] and started_at(int(one["pid"])) == one["started_at"]
    }


def stop_all(record: Path = RECORD) -> list[str]:
    """End what is still running, politely, then firmly; return the names."""
    running = alive(record)
    for how, patience_seconds in ((signal.SIGTERM, PATIENCE_SECONDS), (signal.SIGKILL, 2)):
        for pid in alive(record).values():
            _signal_group(pid, how)
        deadline = time.monotonic() + patience_seconds
        while alive(record) and time.monotonic() < deadline:
            time.sleep(0.1)
    record.unlink(missing_ok=True)
    return list(running)


def _signal_group(pid: int, how: signal.Signals) -> None:
    """To its group if it leads one (the emulator's workers are in it), else to it alone."""
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, how)
        else:
            os.kill(pid, how)


if __name__ == "__main__":
    print("stopped:", ", ".join(stop_all()) or "nothing was running")
