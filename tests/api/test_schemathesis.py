"""Every operation with everything its description allows, and much that it does not.

schemathesis reads the served description and asks in its sense and against it, as an admin and as
nobody. Whatever is asked: no fault of ours, and no answer that is not described.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chalicelib.api.context import provide, wired
from chalicelib.api.openapi import document
from tests.api.client import Api, token_of
from tests.api.served import served
from tests.api.two_businesses import Two, two_businesses
from tests.logs import LogLines
from tests.services.checks import check_install

Test = TypeVar("Test", bound=Callable[..., None])
EXAMPLES = 6  # of each operation; all of them together take half a minute
NOBODYS = 2  # who is turned away before anything else is looked at
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@cache
def world() -> Two:
    return two_businesses()


@pytest.fixture(autouse=True)
def _quiet(log_lines: LogLines) -> Iterator[None]:
    assert log_lines is not None
    yield
    provide(wired)


@cache
def _api() -> Api:
    return Api(world().install, user=None)


def _application(environ: Any, start: Any) -> Any:
    """Made by the first request: collecting the tests builds no world."""
    provide(_api().context)
    return served(_api())(environ, start)


def _schema() -> Any:
    config = SchemathesisConfig()
    config.projects.default.phases.coverage.enabled = False
    config.projects.default.generation.update(modes=list(schemathesis.GenerationMode))
    found = schemathesis.openapi.from_dict(document(), config=config)
    found.app = _application
    return found


SCHEMA = _schema()


def every_operation(most: int) -> Callable[[Test], Test]:
    """A test of each operation with `most` cases, the same ones in each run."""
    bounded = settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    def decorated(test: Test) -> Test:
        made: Test = SCHEMA.parametrize()(bounded(test))
        return made

    return decorated


def aim(case: Any) -> None:
    """Every other case is about things that are there: random ids only ever find nothing."""
    if crc32(repr((case.path_parameters, case.query, case.body)).encode()) % 2:
        return
    ids = world().ids(case.operation.definition.raw.get("operationId", ""))
    for place in (case.path_parameters, case.query, case.body):
        if isinstance(place, dict):
            place.update({name: ids[name] for name in place if name in ids})


@every_operation(EXAMPLES)
def test_an_admin_is_always_answered_as_described(case: Any) -> None:
    aim(case)
    case.call_and_validate(
        headers={"Authorization": f"Bearer {token_of('user_admin')}"}, checks=CHECKS
    )


@every_operation(NOBODYS)
def test_nobody_is_always_answered_as_described(case: Any) -> None:
    aim(case)
    case.headers.pop("Authorization", None)
    case.call_and_validate(checks=CHECKS)


def test_nothing_was_left_half_done() -> None:
    """After all of it, or alone: every head is its facts, and the books balance."""
    check_install(world().install)
