"""Who may act for a business: users with roles, and API clients with secrets of their own.

Every change is a fact of the team and, in the same transaction, the row by which calls are judged:
what is taken away here is taken away from the next call on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.canonical import digest
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.facts import Actor
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.domain.team import ApiClient, Member, Role, Team
from chalicelib.domain.team_facts import (
    ClientAdded,
    ClientRevoked,
    ClientRotated,
    MemberAdded,
    MemberRemoved,
    RoleChanged,
)
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change, Departure, Membership, SideRow
from chalicelib.services.case import again_when_stale, now_of


@dataclass(frozen=True, slots=True)
class Issued:
    """A client and its secret, which is told once and kept by nobody."""

    client: ApiClient
    secret: str


def team_of(ports: Ports, business_id: str) -> Team:
    """The business's team; empty before the first member."""
    try:
        return ports.store.team(business_id)
    except NotFound:
        return Team(business_id)


# --- Users ---------------------------------------------------------------------------------------


def invite(ports: Ports, business_id: str, email: str, role: Role, *, actor: Actor) -> Member:
    """Take somebody in by e-mail: the provider writes to who is new to it."""
    user_id = ports.directory.invite(email)
    return add_member(ports, business_id, user_id, role, email=email, actor=actor)


def add_member(
    ports: Ports, business_id: str, user_id: str, role: Role, *, actor: Actor, email: str = ""
) -> Member:
    """Adding somebody again with the same role changes nothing. Raises Conflict for another."""

    def once() -> Member:
        team = team_of(ports, business_id)
        if team.has(user_id):
            return _the_same(team.member(user_id), role)
        member = Member(user_id, role, _now(ports, business_id), email)
        granted = Membership(user_id, business_id, role)
        _record(ports, team, MemberAdded(member), actor, granted)
        return member

    return again_when_stale(once)


def _the_same(known: Member, role: Role) -> Member:
    if known.role is not role:
        words = f"They belong to the business already, as {known.role.value}: change the role."
        raise Conflict("user_exists", words)
    return known


def change_role(
    ports: Ports, business_id: str, user_id: str, role: Role, *, actor: Actor
) -> Member:
    """Raises Conflict when no admin would be left."""

    def once() -> Member:
        team = team_of(ports, business_id)
        known = team.member(user_id)
        if known.role is role:
            return known
        granted = Membership(user_id, business_id, role)
        changed = RoleChanged(user_id, known.role, role)
        return _record(ports, team, changed, actor, granted).member(user_id)

    return again_when_stale(once)


def remove_member(ports: Ports, business_id: str, user_id: str, *, actor: Actor) -> Member:
    """Who was removed. Raises Conflict when no admin would be left."""

    def once() -> Member:
        team = team_of(ports, business_id)
        known = team.member(user_id)
        removed = MemberRemoved(user_id, known.role)
        _record(ports, team, removed, actor, Departure(user_id, business_id))
        return known

    return again_when_stale(once)


# --- API clients ---------------------------------------------------------------------------------


def add_client(
    ports: Ports, business_id: str, client_id: str, name: str, role: Role, *, actor: Actor
) -> Issued:
    """Again with the same id: the same client, and the same secret while it is its first."""
    secret = _secret(ports, business_id, client_id, 1)

    def once() -> ApiClient:
        team = team_of(ports, business_id)
        if any(one.id == client_id for one in team.clients):
            return team.client(client_id)
        client = ApiClient(client_id, name, role, digest(secret), _now(ports, business_id))
        granted = Membership(client_id, business_id, role)
        return _record(ports, team, ClientAdded(client), actor, granted).client(client_id)

    return Issued(again_when_stale(once), secret)


def rotate_client(
    ports: Ports, business_id: str, client_id: str, *, overlap: timedelta, actor: Actor
) -> Issued:
    """A new secret. The present one is good for `overlap` more, so that nothing stands still."""

    def once() -> Issued:
        team = team_of(ports, business_id)
        number = team.client(client_id).number + 1
        secret = _secret(ports, business_id, client_id, number)
        ends = _now(ports, business_id) + overlap if overlap else None
        rotated = ClientRotated(client_id, number, digest(secret), ends)
        return Issued(_record(ports, team, rotated, actor).client(client_id), secret)

    return again_when_stale(once)


def revoke_client(ports: Ports, business_id: str, client_id: str, *, actor: Actor) -> ApiClient:
    """The client that was. Neither its secret nor a token it has opens anything from now on."""

    def once() -> ApiClient:
        team = team_of(ports, business_id)
        known = team.client(client_id)
        departed = Departure(client_id, business_id)
        _record(ports, team, ClientRevoked(client_id), actor, departed)
        return known

    return again_when_stale(once)


def proven_client(ports: Ports, client_id: str, secret: str) -> Membership | None:
    """Whose client it is, if the secret is one of its; None for every kind of no."""
    for granted in ports.store.memberships(client_id):
        team = team_of(ports, granted.business_id)
        known = [one for one in team.clients if one.id == client_id]
        if known and known[0].takes(digest(secret), ports.clock.now()):
            return granted
    return None


def _secret(ports: Ports, business_id: str, client_id: str, number: int) -> str:
    return ports.tokens.client(f"{business_id}/{client_id}/{number}")


def _now(ports: Ports, business_id: str) -> datetime:
    return now_of(ports, ports.store.business(business_id))


def _record(ports: Ports, team: Team, payload: Any, actor: Actor, *side: SideRow) -> Team:
    """The team after the fact. Raises StaleHead when somebody else changed it first."""
    at = _now(ports, team.business_id)
    if team.version == 0:
        after, fact = first_of_party(team, payload, at=at, actor=actor)
    else:
        after, fact = on_party(team, payload, at=at, actor=actor)
    ports.store.append([Change(after, fact)], side=side)
    return after
