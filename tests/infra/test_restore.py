"""The operator's command after a restore: hold, see, release; each can be said twice."""

from __future__ import annotations

import pytest

from infra.restore import parsed, run
from tests.fakes.install import Install


def _said(install: Install, *words: str) -> int:
    return run(install.ports, parsed(words))


def test_hold_holds_every_business_and_status_names_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    install = Install.at()
    install.business("biz_1")
    install.business("biz_2")
    assert _said(install, "hold") == 0
    assert _said(install, "hold") == 0
    assert _said(install, "status") == 0
    assert capsys.readouterr().out.splitlines() == [
        "Charging is held: 2 businesses now, the others were already.",
        "Charging is held: 0 businesses now, the others were already.",
        "biz_1 has been held since 2026-01-01 12:00:00+00:00.",
        "biz_2 has been held since 2026-01-01 12:00:00+00:00.",
        "2 businesses are held.",
    ]


def test_release_says_who_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    install = Install.at()
    install.business("biz_1")
    _said(install, "hold")
    release = ("release", "biz_1", "--why", "Refunded by hand", "--operator", "ada")
    assert _said(install, *release) == 0
    assert _said(install, *release) == 0
    assert not install.store.business("biz_1").is_held
    last = [row.fact for row in install.store.fact_rows()][-1]
    assert (last.kind, last.actor.id, last.why) == ("charging_released", "ada", "Refunded by hand")
    assert capsys.readouterr().out.splitlines()[1:] == [
        "biz_1 is released.",
        "biz_1 is not held.",
    ]


def test_a_business_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert _said(Install.at(), "release", "biz_9", "--why", "?") == 1
    assert capsys.readouterr().err == "There is no business biz_9.\n"


def test_a_release_needs_its_reason() -> None:
    with pytest.raises(SystemExit):
        parsed(["release", "biz_1"])
