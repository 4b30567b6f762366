"""Users and API clients on the wire. A secret is shown once, when it is made."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.api.representation.fields import Body, Email, Id, Name, View
from chalicelib.domain.team import ApiClient, Member, Role, Team


class NewUser(Body):
    """Either `email`, for an invitation, or `user_id`, where the install has another issuer."""

    role: Role
    email: Email | None = None
    user_id: Id | None = None


class RoleChange(Body):
    role: Role


class UserView(View):
    """`email` is empty for somebody who was added by id."""

    id: str
    email: str
    role: Role
    added_at: datetime


class Users(View):
    """All of them; a business has at most 200."""

    data: tuple[UserView, ...]


class NewApiClient(Body):
    """`role` is any but admin."""

    name: Name
    role: Role


class RotateApiClient(Body):
    """How long the present secret stays good, so that nothing stands still; 0 ends it at once."""

    overlap_hours: Annotated[int, Meta(ge=0, le=168)] = 24


class ApiClientView(View):
    """`secret_number` counts its secrets; the one before is good until `old_secret_until`."""

    id: str
    name: str
    role: Role
    created_at: datetime
    secret_number: int
    old_secret_until: datetime | None


class IssuedApiClient(View):
    """`client_secret` is shown this once; null when the answer is repeated."""

    id: str
    name: str
    role: Role
    created_at: datetime
    secret_number: int
    old_secret_until: datetime | None
    client_secret: str | None


class ApiClients(View):
    """All of them; a business has at most 20."""

    data: tuple[ApiClientView, ...]


class TokenForm(Struct):
    """RFC 6749, section 4.4. The client may name itself in `Authorization: Basic` instead."""

    grant_type: str
    client_id: str = ""
    client_secret: str = ""


class TokenView(View):
    """RFC 6749, section 5.1. `business_id` and `role` are what the token acts for."""

    access_token: str
    token_type: str
    expires_in: int
    business_id: str
    role: Role


def user_view(member: Member) -> UserView:
    return UserView(
        id=member.user_id, email=member.email, role=member.role, added_at=member.added_at
    )


def users_view(team: Team) -> Users:
    return Users(data=tuple(user_view(one) for one in team.members))


def client_view(client: ApiClient) -> ApiClientView:
    return ApiClientView(
        id=client.id,
        name=client.name,
        role=client.role,
        created_at=client.created_at,
        secret_number=client.number,
        old_secret_until=client.old_until,
    )


def issued_view(client: ApiClient, secret: str) -> IssuedApiClient:
    return IssuedApiClient(
        id=client.id,
        name=client.name,
        role=client.role,
        created_at=client.created_at,
        secret_number=client.number,
        old_secret_until=client.old_until,
        client_secret=secret,
    )


def clients_view(team: Team) -> ApiClients:
    return ApiClients(data=tuple(client_view(one) for one in team.clients))
