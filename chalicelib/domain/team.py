"""A business's team: the people who may act for it, and the systems of its own that may.

One record of each business, so that a rule over all of them (one admin stays) holds whoever else
changes it at the same moment. Who somebody is, is the identity provider's matter; only the id it
gives out stands here, with the role.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.errors import Conflict, InvalidInput, NotFound

TEAM = "team"  # the id of the one team within its business
MOST_MEMBERS = 200
MOST_CLIENTS = 20


class Role(StrEnum):
    ADMIN = "admin"
    ACCOUNTANT = "accountant"
    ACCOUNT_MANAGER = "account_manager"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Member:
    """`email` is how the person was invited; empty when added by the provider's id."""

    user_id: str
    role: Role
    added_at: datetime
    email: str = ""


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A system of the business. Secrets are known by their SHA-256 alone.

    `number` counts the secrets it has had; the one before stays good until `old_until`.
    """

    id: str
    name: str
    role: Role
    secret_hash: str
    created_at: datetime
    number: int = 1
    old_hash: str = ""
    old_until: datetime | None = None

    def takes(self, secret_hash: str, now: datetime) -> bool:
        if secret_hash == self.secret_hash:
            return True
        return self.old_until is not None and now < self.old_until and secret_hash == self.old_hash


@dataclass(frozen=True, slots=True)
class Team:
    """Everybody and everything that may act for the business."""

    business_id: str
    id: str = TEAM
    members: tuple[Member, ...] = ()
    clients: tuple[ApiClient, ...] = ()
    version: int = 0
    chain: str = ""

    def member(self, user_id: str) -> Member:
        """Raises NotFound for somebody who does not belong to it."""
        for one in self.members:
            if one.user_id == user_id:
                return one
        raise NotFound("user_not_found", "The business has no such user.")

    def client(self, client_id: str) -> ApiClient:
        """Raises NotFound for a client that never was, or was revoked."""
        for one in self.clients:
            if one.id == client_id:
                return one
        raise NotFound("api_client_not_found", "The business has no such API client.")

    def has(self, user_id: str) -> bool:
        return any(one.user_id == user_id for one in self.members)

    def with_member(self, member: Member) -> Team:
        """Raises Conflict when nobody more can be taken in."""
        if len(self.members) >= MOST_MEMBERS:
            raise Conflict("team_full", f"A business has at most {MOST_MEMBERS} users.")
        return replace(self, members=(*self.members, member))

    def with_role(self, user_id: str, role: Role) -> Team:
        """Raises Conflict when no admin would be left."""
        self.member(user_id)
        changed = (
            replace(one, role=role) if one.user_id == user_id else one for one in self.members
        )
        return self._still_led(replace(self, members=tuple(changed)))

    def without_member(self, user_id: str) -> Team:
        """Raises Conflict when no admin would be left."""
        self.member(user_id)
        rest = tuple([one for one in self.members if one.user_id != user_id])
        return self._still_led(replace(self, members=rest))

    def _still_led(self, after: Team) -> Team:
        if not any(one.role is Role.ADMIN for one in after.members):
            raise Conflict(
                "last_admin", "This is the business's last admin. Make somebody else admin first."
            )
        return after

    def with_client(self, client: ApiClient) -> Team:
        """Raises InvalidInput for an admin: what a machine holds must not make it users."""
        if client.role is Role.ADMIN:
            words = "An API client cannot be admin: settings, users and clients are for people."
            raise InvalidInput("role_not_for_clients", words)
        if len(self.clients) >= MOST_CLIENTS:
            raise Conflict("clients_full", f"A business has at most {MOST_CLIENTS} API clients.")
        return replace(self, clients=(*self.clients, client))

    def with_secret(self, client_id: str, secret_hash: str, old_until: datetime | None) -> Team:
        """The client with its next secret; the present one is good until `old_until`."""
        known = self.client(client_id)
        fresh = replace(
            known,
            secret_hash=secret_hash,
            number=known.number + 1,
            old_hash=known.secret_hash if old_until else "",
            old_until=old_until,
        )
        return replace(
            self, clients=tuple([fresh if one.id == client_id else one for one in self.clients])
        )

    def without_client(self, client_id: str) -> Team:
        self.client(client_id)
        return replace(self, clients=tuple([one for one in self.clients if one.id != client_id]))
