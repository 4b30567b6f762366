"""What `make run` refuses before it starts anything."""

from __future__ import annotations

import socket
from pathlib import Path

import jwt
import pytest

from infra.local import run
from infra.local.emulator import EmulatorError, start_emulator
from infra.local.issuer import Issuer, load_or_make_key
from infra.local.ports import Ports
from infra.local.world import FAKE_KEY, WorldError, choose_stripe

PORTS = Ports(emulator=1, mailbox=2, smtp=3, stripe=4, issuer=5)


def test_without_a_key_stripe_is_the_fake() -> None:
    chosen = choose_stripe(PORTS, "")
    assert (chosen.key, chosen.api_base) == (FAKE_KEY, "http://127.0.0.1:4")


def test_with_a_test_key_stripe_is_stripe() -> None:
    assert choose_stripe(PORTS, "sk_test_1").api_base == ""


def test_a_live_key_is_refused() -> None:
    with pytest.raises(WorldError, match="not a test key"):
        choose_stripe(PORTS, "sk_" + "live_1")


def test_a_taken_port_is_named() -> None:
    ports = Ports.free()
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", ports.smtp))
        occupant.listen()
        assert ports.taken() == [f"smtp {ports.smtp}"]
    assert ports.taken() == []


def test_ports_move_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUECOURSE_PORT", "5000")
    assert Ports.chosen() == Ports(5000, 5001, 5002, 5003, 5004)


def test_there_is_a_token_for_each_role(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "OUTPUTS", tmp_path / "outputs.json")
    monkeypatch.setattr(run, "TOKENS", tmp_path / "tokens")
    run.keep({}, Issuer("http://127.0.0.1:5", load_or_make_key(tmp_path)))
    found = {
        file.name: jwt.decode(file.read_text(), options={"verify_signature": False})["sub"]
        for file in (tmp_path / "tokens").iterdir()
    }
    roles = ("admin", "accountant", "account_manager", "viewer")
    assert found == {role: f"staff_{role}" for role in roles}
    assert {file.stat().st_mode & 0o077 for file in (tmp_path / "tokens").iterdir()} == {0}


def test_what_is_printed_names_everything_to_open() -> None:
    outputs = {
        "PublicUrl": "http://127.0.0.1:1/api",
        "MailboxUrl": "http://127.0.0.1:2",
        "StripeUrl": "",
        "EmulatorUrl": "http://127.0.0.1:1",
    }
    told = run.links(outputs, "http://127.0.0.1:1/api/portal/abc", 9.6)
    assert "{admin,accountant,account_manager,viewer}" in told
    assert "http://127.0.0.1:1/api/portal/abc" in told
    assert "its own test mode" in told


@pytest.mark.emulator
def test_an_emulator_on_a_taken_port_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        with pytest.raises(EmulatorError, match="is in use"):
            start_emulator(tmp_path_factory.mktemp("x"), port=occupant.getsockname()[1])
