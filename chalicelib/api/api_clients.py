"""API clients: the business's own systems, by client credentials."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.team import (
    ApiClients,
    ApiClientView,
    IssuedApiClient,
    NewApiClient,
    RotateApiClient,
    client_view,
    clients_view,
    issued_view,
)
from chalicelib.api.routing import Routes
from chalicelib.services import team

routes = Routes(__name__, "/v1/api-clients", "API clients")


@routes.get()
def list_api_clients(call: StaffCall) -> ApiClients:
    """List the systems that may act for the business."""
    return clients_view(team.team_of(call.ports, call.business_id))


@routes.post(
    status=201, told_once="client_secret", refuses=("role_not_for_clients", "clients_full")
)
def create_api_client(call: StaffCall, body: NewApiClient) -> IssuedApiClient:
    """Create a client. Its secret is shown in this answer and never again."""
    made = team.add_client(
        call.ports, call.business_id, call.id("cli"), body.name, body.role, actor=call.actor
    )
    return issued_view(made.client, made.secret)


@routes.post("/{api_client_id}/rotate", told_once="client_secret")
def rotate_api_client(
    call: StaffCall, api_client_id: str, body: RotateApiClient
) -> IssuedApiClient:
    """Give the client a new secret, shown in this answer and never again.

    Tokens that it has run on to their end, a quarter of an hour at most.
    """
    made = team.rotate_client(
        call.ports,
        call.business_id,
        api_client_id,
        overlap=timedelta(hours=body.overlap_hours),
        actor=call.actor,
    )
    return issued_view(made.client, made.secret)


@routes.delete("/{api_client_id}")
def revoke_api_client(call: StaffCall, api_client_id: str) -> ApiClientView:
    """Revoke a client: neither its secret nor a token it has opens anything from now on."""
    return client_view(
        team.revoke_client(call.ports, call.business_id, api_client_id, actor=call.actor)
    )
