"""A team: one admin stays, a machine is none, a secret is good for as long as was said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.domain.errors import BrokenRecord, Conflict, DomainError, InvalidInput, NotFound
from chalicelib.domain.party_facts import ChargingHeld
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.domain.team import MOST_CLIENTS, MOST_MEMBERS, ApiClient, Member, Role, Team
from chalicelib.domain.team_facts import (
    ClientAdded,
    ClientRevoked,
    ClientRotated,
    MemberAdded,
    MemberRemoved,
    RoleChanged,
)
from tests.domain.samples import NOON

ANN, BOB = Member("usr_ann", Role.ADMIN, NOON), Member("usr_bob", Role.VIEWER, NOON)
SHOP = ApiClient("cli_shop", "Shop", Role.VIEWER, "hash-1", NOON)
TEAM = Team("biz_1", members=(ANN, BOB), clients=(SHOP,))
LATER = NOON + timedelta(hours=1)


def test_its_facts_fold_to_it() -> None:
    team, first = first_of_party(Team("biz_1"), MemberAdded(ANN), at=NOON)
    assert (first.business_id, first.subject_id, first.seq) == ("biz_1", "team", 1)
    for payload in (
        MemberAdded(BOB),
        RoleChanged(BOB.user_id, Role.VIEWER, Role.ADMIN),
        MemberRemoved(ANN.user_id, Role.ADMIN),
        ClientAdded(SHOP),
        ClientRotated(SHOP.id, 2, "hash-2", LATER),
    ):
        team, _ = on_party(team, payload, at=NOON)
    assert team.members == (replace(BOB, role=Role.ADMIN),)
    fresh = replace(SHOP, number=2, secret_hash="hash-2", old_hash="hash-1", old_until=LATER)
    assert team.clients == (fresh,)
    team, last = on_party(team, ClientRevoked(SHOP.id), at=NOON)
    assert (team.clients, team.version, team.chain) == ((), 7, last.hash)
    with pytest.raises(BrokenRecord):
        on_party(team, ChargingHeld(), at=NOON)


@pytest.mark.parametrize("alone", [(ANN,), (ANN, BOB), (BOB, ANN)])
def test_the_last_admin_stays(alone: tuple[Member, ...]) -> None:
    team = Team("biz_1", members=alone)
    refusals = []
    wanted: list[Callable[[], object]] = [
        lambda: team.without_member(ANN.user_id),
        lambda: team.with_role(ANN.user_id, Role.ACCOUNTANT),
    ]
    for change in wanted:
        with pytest.raises(Conflict) as refused:
            change()
        refusals.append(refused.value.code)
    assert refusals == ["last_admin"] * 2


def test_with_a_second_admin_the_first_may_go() -> None:
    led = TEAM.with_role(BOB.user_id, Role.ADMIN)
    assert [one.user_id for one in led.without_member(ANN.user_id).members] == [BOB.user_id]
    assert led.with_role(ANN.user_id, Role.VIEWER).member(ANN.user_id).role is Role.VIEWER


def test_who_is_not_there_cannot_be_changed() -> None:
    codes = []
    wanted: list[Callable[[], object]] = [
        lambda: TEAM.without_member("usr_x"),
        lambda: TEAM.with_role("usr_x", Role.ADMIN),
        lambda: TEAM.without_client("cli_x"),
        lambda: TEAM.with_secret("cli_x", "hash", None),
    ]
    for change in wanted:
        with pytest.raises(NotFound) as unknown:
            change()
        codes.append(unknown.value.code)
    assert codes == ["user_not_found"] * 2 + ["api_client_not_found"] * 2


def test_a_team_has_its_size() -> None:
    many = tuple(Member(f"usr_{n}", Role.ADMIN, NOON) for n in range(MOST_MEMBERS))
    clients = tuple(replace(SHOP, id=f"cli_{n}") for n in range(MOST_CLIENTS))
    codes = []
    wanted: list[Callable[[], object]] = [
        lambda: Team("biz_1", members=many).with_member(ANN),
        lambda: Team("biz_1", clients=clients).with_client(SHOP),
    ]
    for change in wanted:
        with pytest.raises(Conflict) as full:
            change()
        codes.append(full.value.code)
    assert codes == ["team_full", "clients_full"]
    assert len(Team("biz_1", members=many[1:]).with_member(ANN).members) == MOST_MEMBERS
    assert len(Team("biz_1", clients=clients[1:]).with_client(SHOP).clients) == MOST_CLIENTS


def test_a_machine_is_no_admin() -> None:
    with pytest.raises(InvalidInput) as refused:
        TEAM.with_client(replace(SHOP, id="cli_2", role=Role.ADMIN))
    assert refused.value.code == "role_not_for_clients"


@pytest.mark.parametrize(
    ("until", "at", "old", "new"),
    [(None, NOON, False, True), (LATER, NOON, True, True), (LATER, LATER, False, True)],
)
def test_an_old_secret_is_good_until_it_is_said_to_end(
    until: datetime | None, at: datetime, old: bool, new: bool
) -> None:
    client = TEAM.with_secret(SHOP.id, "hash-2", until).client(SHOP.id)
    assert client.takes("hash-1", at) is old
    assert client.takes("hash-2", at) is new
    assert not client.takes("", at)


def test_a_refusal_is_a_domain_error() -> None:
    with pytest.raises(DomainError):
        TEAM.member("usr_x")
