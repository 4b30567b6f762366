"""Settings come from the environment, whole or not at all."""

from __future__ import annotations

from dataclasses import MISSING, fields

import pytest

from chalicelib.config import MissingSettingError, Settings, settings_from


def complete() -> dict[str, str]:
    return {field.name.upper(): f"value of {field.name}" for field in fields(Settings)}


def test_each_field_is_read_from_the_variable_of_its_name() -> None:
    read = settings_from(complete())
    assert {field.name: getattr(read, field.name) for field in fields(Settings)} == {
        field.name: f"value of {field.name}" for field in fields(Settings)
    }


def test_every_absent_or_empty_variable_is_named() -> None:
    environment = complete()
    del environment["TABLE_NAME"]
    environment["TIMER_GROUP"] = ""
    with pytest.raises(MissingSettingError) as missing:
        settings_from(environment)
    assert str(missing.value) == "the environment lacks TABLE_NAME, TIMER_GROUP"


def test_what_has_a_default_may_be_absent() -> None:
    optional = {field.name.upper() for field in fields(Settings) if field.default is not MISSING}
    environment = {key: value for key, value in complete().items() if key not in optional}
    read = settings_from(environment)
    assert {getattr(read, name.lower()) for name in optional} == {""}
