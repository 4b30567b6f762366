"""The people who act for the caller's business, and their roles."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.team import (
    NewUser,
    RoleChange,
    Users,
    UserView,
    user_view,
    users_view,
)
from chalicelib.api.routing import Routes
from chalicelib.domain.errors import InvalidInput
from chalicelib.services import team

routes = Routes(__name__, "/v1/users", "Users")


@routes.get()
def list_users(call: StaffCall) -> Users:
    """List the people who act for the business."""
    return users_view(team.team_of(call.ports, call.business_id))


@routes.post(
    status=201, refuses=("user_exists", "user_invalid", "directory_elsewhere", "team_full")
)
def add_user(call: StaffCall, body: NewUser) -> UserView:
    """Add somebody, with a role.

    Who is new to the install gets an invitation by e-mail. The role counts from the next call on.
    """
    ports, business_id, actor = call.ports, call.business_id, call.actor
    if (body.email is None) == (body.user_id is None):
        raise InvalidInput("user_invalid", "Name either an e-mail address or a user id.")
    if body.email is not None:
        added = team.invite(ports, business_id, body.email, body.role, actor=actor)
    else:
        added = team.add_member(ports, business_id, str(body.user_id), body.role, actor=actor)
    return user_view(added)


@routes.patch("/{user_id}", refuses=("last_admin",))
def change_user(call: StaffCall, user_id: str, body: RoleChange) -> UserView:
    """Change somebody's role, from their next call on. One admin has to remain."""
    changed = team.change_role(call.ports, call.business_id, user_id, body.role, actor=call.actor)
    return user_view(changed)


@routes.delete("/{user_id}", refuses=("last_admin",))
def remove_user(call: StaffCall, user_id: str) -> UserView:
    """Remove somebody: their next call is refused. One admin has to remain."""
    return user_view(team.remove_member(call.ports, call.business_id, user_id, actor=call.actor))
