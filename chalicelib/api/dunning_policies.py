"""Dunning policies: when a failed payment is tried again, who is told, and what happens then."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.fields import Listing
from chalicelib.api.representation.policies import (
    AssignmentView,
    AssignPolicy,
    NewPolicy,
    PolicyChanges,
    PolicyView,
    new_policy,
    policy_changes,
    policy_view,
)
from chalicelib.api.routing import Routes
from chalicelib.domain.business import Business
from chalicelib.domain.policy import DunningPolicy
from chalicelib.services import policies

routes = Routes(__name__, "/v1/dunning-policies", "Dunning policies")
_CHECKED = ("policy_invalid", "policy_overrides_network")


@routes.get()
def list_dunning_policies(call: StaffCall) -> Listing[PolicyView]:
    """List the policies that can be followed, the default first."""
    business = _business(call)
    views = tuple(policy_view(policy, business.policy.id) for policy in business.policies)
    return Listing(data=views, next_cursor=None)


@routes.get("/{policy_id}")
def get_dunning_policy(call: StaffCall, policy_id: str) -> PolicyView:
    """Read a policy at its present version."""
    business = _business(call)
    return policy_view(policies.find(business, policy_id), business.policy.id)


@routes.get("/{policy_id}/versions")
def list_dunning_policy_versions(call: StaffCall, policy_id: str) -> Listing[PolicyView]:
    """List every version there was, newest first. Cases under way may still follow an old one."""
    default_id = _business(call).policy.id
    known = policies.versions_of(call.ports, call.business_id, policy_id)
    views = tuple(policy_view(policy, default_id) for policy in known)
    return Listing(data=views, next_cursor=None)


@routes.post(status=201, refuses=(*_CHECKED, "policies_too_many"))
def create_dunning_policy(call: StaffCall, body: NewPolicy) -> PolicyView:
    """Save a new policy. Nobody follows it until it is assigned or made the default."""
    wanted = new_policy(body, call.id("pol"))
    made = policies.create_policy(call.ports, call.business_id, wanted, actor=call.actor)
    return _view(call, made)


@routes.patch("/{policy_id}", refuses=_CHECKED)
def change_dunning_policy(call: StaffCall, policy_id: str, body: PolicyChanges) -> PolicyView:
    """Save the next version of a policy.

    Only the fields that are sent change. Cases under way keep the version they began with.
    """
    changed = policies.change_policy(
        call.ports, call.business_id, policy_id, policy_changes(body), actor=call.actor
    )
    return _view(call, changed)


@routes.post("/{policy_id}/default")
def choose_default_dunning_policy(call: StaffCall, policy_id: str) -> PolicyView:
    """Make a policy the default: followed by every customer without one of their own."""
    business = policies.choose_default(call.ports, call.business_id, policy_id, actor=call.actor)
    return policy_view(business.policy, business.policy.id)


@routes.post("/assign")
def assign_dunning_policy(call: StaffCall, body: AssignPolicy) -> AssignmentView:
    """Give a customer a policy of their own, or take it away again."""
    customer = policies.assign_policy(
        call.ports, call.business_id, body.customer_id, body.policy_id or "", actor=call.actor
    )
    in_force = _business(call).policy_for(customer.policy_id)
    return AssignmentView(
        customer_id=customer.id,
        policy_id=customer.policy_id or None,
        policy_in_force=in_force.id,
    )


def _business(call: StaffCall) -> Business:
    return call.ports.store.business(call.business_id)


def _view(call: StaffCall, policy: DunningPolicy) -> PolicyView:
    return policy_view(policy, _business(call).policy.id)
