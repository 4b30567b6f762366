"""Dunning policies: when a failed payment is tried again, who is told, and what happens then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

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
from chalicelib.api.representation.rehearsals import (
    DryRun,
    DryRunView,
    open_book_view,
    past_view,
)
from chalicelib.api.routing import Routes
from chalicelib.domain.business import Business
from chalicelib.domain.dates import local_date
from chalicelib.domain.policy import DunningPolicy
from chalicelib.services import policies, rehearsing
from chalicelib.services.case import now_of

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


@routes.post("/dry-run", refuses=(*_CHECKED, "cursor_invalid"))
def rehearse_dunning_policy(call: StaffCall, body: DryRun) -> DryRunView:
    """Show what a changed policy would do, without touching anything.

    Open invoices are played forward under what is assumed of the banks. Finished sequences are
    looked back on: where no try was made, what a bank would have said is unknown, and said so.
    """
    ports, business = call.ports, _business(call)
    known = policies.find(business, body.policy_id) if body.policy_id else business.policy
    draft = replace(known, **policy_changes(body.changes))
    proposed = rehearsing.proposal(business, known.id, draft)
    played = rehearsing.rehearse_open_book(
        ports, business, proposed, limit=body.limit, cursor=body.open_cursor
    )
    today = local_date(now_of(ports, business), business.zone)
    policy = proposed.policy_for(known.id)
    seen = rehearsing.look_back(
        ports,
        business,
        policy,
        since=today - timedelta(days=body.past_days),
        limit=body.limit,
        cursor=body.past_cursor,
    )
    return DryRunView(
        present=policy_view(known, business.policy.id),
        proposed=policy_view(policy, business.policy.id),
        open_book=open_book_view(played),
        past=past_view(seen),
    )


def _business(call: StaffCall) -> Business:
    return call.ports.store.business(call.business_id)


def _view(call: StaffCall, policy: DunningPolicy) -> PolicyView:
    return policy_view(policy, _business(call).policy.id)
