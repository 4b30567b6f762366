"""What most tests of services start from: an install with one business, and a customer of it."""

from __future__ import annotations

import pytest

from chalicelib.domain.customer import Customer
from tests.fakes.install import Install


@pytest.fixture
def install() -> Install:
    made = Install.at()
    made.business()
    return made


@pytest.fixture
def ada(install: Install) -> Customer:
    """She has a card that works."""
    return install.customer()
