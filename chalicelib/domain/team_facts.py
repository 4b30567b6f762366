"""Everything that can happen to a business's team, and the team as the fold of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact
from chalicelib.domain.team import ApiClient, Member, Role, Team


@dataclass(frozen=True, slots=True)
class MemberAdded:
    kind: ClassVar[str] = "member_added"
    member: Member

    def key(self, seq: int) -> str:
        return f"member_added/{seq}"


@dataclass(frozen=True, slots=True)
class RoleChanged:
    kind: ClassVar[str] = "role_changed"
    user_id: str
    before: Role
    role: Role

    def key(self, seq: int) -> str:
        return f"role_changed/{seq}"


@dataclass(frozen=True, slots=True)
class MemberRemoved:
    kind: ClassVar[str] = "member_removed"
    user_id: str
    role: Role

    def key(self, seq: int) -> str:
        return f"member_removed/{seq}"


@dataclass(frozen=True, slots=True)
class ClientAdded:
    kind: ClassVar[str] = "client_added"
    client: ApiClient

    def key(self, seq: int) -> str:
        return f"client_added/{self.client.id}"


@dataclass(frozen=True, slots=True)
class ClientRotated:
    """The client has its secret `number`; the one before is good until `old_until`."""

    kind: ClassVar[str] = "client_rotated"
    client_id: str
    number: int
    secret_hash: str
    old_until: datetime | None

    def key(self, seq: int) -> str:
        return f"client_rotated/{self.client_id}/{self.number}"


@dataclass(frozen=True, slots=True)
class ClientRevoked:
    kind: ClassVar[str] = "client_revoked"
    client_id: str

    def key(self, seq: int) -> str:
        return f"client_revoked/{self.client_id}"


PAYLOADS: tuple[type, ...] = (
    MemberAdded, RoleChanged, MemberRemoved, ClientAdded, ClientRotated, ClientRevoked,
)  # fmt: skip


def team_step(team: Team | None, payload: Any, fact: Fact) -> Team:
    """What one fact changes in a team; the first one finds it empty."""
    known = team or Team(fact.business_id)
    match payload:
        case MemberAdded(member=member):
            return known.with_member(member)
        case RoleChanged(user_id=user_id, role=role):
            return known.with_role(user_id, role)
        case MemberRemoved(user_id=user_id):
            return known.without_member(user_id)
        case ClientAdded(client=client):
            return known.with_client(client)
        case ClientRotated(client_id=client_id, secret_hash=secret_hash, old_until=old_until):
            return known.with_secret(client_id, secret_hash, old_until)
        case ClientRevoked(client_id=client_id):
            return known.without_client(client_id)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")
