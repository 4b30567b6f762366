"""The `stack` fixture: the whole packaged product on an emulator of its own, once per session.

As `make run` starts it, IAM enforced, with the fake Stripe, a mailbox and a staff issuer, but on
free ports and without sample data. `stack.url` is the API, `stack.issuer.sign(subject)` a token,
`stack.mailbox.mails()` what was sent, `stack.emulator.clients(name)` AWS. Mark such tests
`emulator`. Tests share it: use a business of your own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from infra.local.emulator import ROOT
from infra.local.ports import Ports
from infra.local.world import World, choose_stripe, local_world


@pytest.fixture(scope="session")
def stack() -> Iterator[World]:
    folder = ROOT / ".tmp" / f"stack-{os.getpid()}"
    ports = Ports.free()
    with local_world(ports, folder, choose_stripe(ports, "")) as world:
        yield world
    shutil.rmtree(folder, ignore_errors=True)
