"""The package these tests examine, made once per session (and only if its sources changed)."""

from __future__ import annotations

from typing import Any

import pytest

from infra.build import AWS, Package, build


@pytest.fixture(scope="session")
def package() -> Package:
    return build(AWS)


@pytest.fixture(scope="session")
def template(package: Package) -> dict[str, Any]:
    return package.template


@pytest.fixture(scope="session")
def resources(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]
    return found
