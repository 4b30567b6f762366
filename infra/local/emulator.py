"""Starts and stops ministack, our AWS on this machine, as one process group bound to 127.0.0.1.

Tests and `make run` start it the same way, so that what passes in a test is what runs by hand.
It lives in a venv of its own (`make emulator`), because it pins another botocore than we ship.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLE = ROOT / ".emulator" / "bin" / "ministack"
REGION = "eu-west-1"
# The only pair of keys ministack takes as its root user when it enforces IAM.
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
START_TIMEOUT_SECONDS = 30
STOP_TIMEOUT_SECONDS = 10


class EmulatorError(RuntimeError):
    """The emulator is not installed, did not start, or its port is taken."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@dataclass
class Emulator:
    """One running ministack; everything it writes is below `home`."""

    port: int
    home: Path
    process: subprocess.Popen[bytes]
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to reach this emulator with plain botocore."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        }

    @property
    def log(self) -> str:
        return (self.home / "ministack.log").read_text(errors="replace")

    def clients(self, name: str) -> Any:
        """A botocore client for the service, made once."""
        if name not in self._clients:
            self._clients[name] = make_client(name, self.endpoint_url)
        return self._clients[name]

    def reset(self) -> None:
        """Forget everything: stacks, tables, queues, mails."""
        self.post("/_ministack/reset")

    def get(self, path: str) -> bytes:
        return self._request("GET", path)

    def post(self, path: str) -> bytes:
        return self._request("POST", path)

    def _request(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(f"{self.endpoint_url}{path}", method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            body: bytes = answer.read()
            return body

    def stop(self) -> None:
        """End ministack and the Lambda workers it started: they share its process group."""
        stop_group(self.process)
        shutil.rmtree(self.home / "tmp", ignore_errors=True)


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """Ask the process's group to end, wait, then insist; the group is ours alone."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    process.wait(timeout=STOP_TIMEOUT_SECONDS)


def make_client(name: str, endpoint_url: str) -> Any:
    import botocore.config
    import botocore.session

    return botocore.session.get_session().create_client(
        name,
        region_name=REGION,
        endpoint_url=endpoint_url,
        # s3v4, because the emulator does not check the older query signature of presigned links.
        config=botocore.config.Config(signature_version="s3v4" if name == "s3" else None),
        **CREDENTIALS,
    )


def start_emulator(
    home: Path,
    *,
    port: int | None = None,
    enforce_iam: bool = True,
    smtp: str | None = None,
) -> Emulator:
    """Start ministack with its state below `home`; `port=None` picks a free one."""
    if not EXECUTABLE.exists():
        raise EmulatorError(f"{EXECUTABLE} is missing: run `make emulator` first")
    chosen = free_port() if port is None else port
    if not port_is_free(chosen):
        raise EmulatorError(f"port {chosen} is in use; is another run up? `make stop` ends it")
    for folder in ("state", "tmp"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    settings = _settings(home, chosen, enforce_iam=enforce_iam)
    if smtp is not None:
        settings["SMTP_HOST"] = smtp
    with (home / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [EXECUTABLE], env=settings, stdout=log, stderr=log, start_new_session=True
        )
    emulator = Emulator(port=chosen, home=home, process=process)
    _wait_until_healthy(emulator)
    return emulator


def _settings(home: Path, port: int, *, enforce_iam: bool) -> dict[str, str]:
    """The emulator's own environment; the caller's AWS settings must not leak into it."""
    inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return inherited | {
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",  # else it listens for MQTT on every interface
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "STATE_DIR": str(home / "state"),
        "TMPDIR": str(home / "tmp"),
        "AUTH": "true" if enforce_iam else "false",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def _wait_until_healthy(emulator: Emulator) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if emulator.process.poll() is not None:
            raise EmulatorError(f"ministack ended at once:\n{emulator.log[-2000:]}")
        try:
            emulator.get("/_ministack/health")
        except OSError:
            time.sleep(0.05)
        else:
            return
    emulator.stop()
    raise EmulatorError(f"ministack did not answer in {START_TIMEOUT_SECONDS} s")
