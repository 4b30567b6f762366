"""Fixtures every part of the suite may ask for, and which tests share a core."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from infra.local.emulator import ROOT
from tests.emulator import emulator
from tests.logs import log_lines
from tests.stack import stack

__all__ = ["emulator", "log_lines", "stack"]


class _OneEmulator(LoadScopeScheduling):  # type: ignore[misc]
    """Files with emulator tests go to one core, so that one emulator runs; the rest is spread.

    (`--dist loadgroup` would say the same with a mark, but does not group under pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        return "emulator" if _needs_emulator(nodeid.split("::", maxsplit=1)[0]) else nodeid


@cache
def _needs_emulator(file: str) -> bool:
    return "mark.emulator" in (ROOT / file).read_text()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return _OneEmulator(config, log)
