"""A state file, so that a stopped run finds its customers and money again."""

import pickle
from pathlib import Path

from infra.local.fake_stripe.core import FakeStripe


def save(core: FakeStripe, path: Path) -> None:
    """Write beside, then move: a crash leaves the old file whole."""
    with core.lock:
        frozen = pickle.dumps(core.memory())
    beside = path.with_suffix(".new")
    beside.write_bytes(frozen)
    beside.replace(path)


def load(core: FakeStripe, path: Path) -> None:
    if path.exists():
        # Our own file, on the operator's own machine.
        core.remember(pickle.loads(path.read_bytes()))  # noqa: S301
