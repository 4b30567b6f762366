"""An install with one business, and a browser that may look at its pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.api.context import provide, wired
from tests.api.client import Api
from tests.fakes.install import Install
from tests.logs import LogLines
from tests.web.browser import Browser


@pytest.fixture
def browser(log_lines: LogLines) -> Iterator[Browser]:
    install = Install.at()
    install.business(phone="+1 617 555 0100")
    provide(Api(install).context)
    yield Browser(install)
    provide(wired)
