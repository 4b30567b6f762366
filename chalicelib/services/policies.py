"""Dunning policies of a business: save, choose the default, give one to a customer, read versions.

Each save is a fact of the business with the whole policy at its next version, so what a case that
is under way follows can always be read again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.domain import policy as rules
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.facts import Actor, Subject
from chalicelib.domain.party_facts import (
    BusinessChanged,
    BusinessCreated,
    DefaultPolicyChosen,
    PolicySaved,
)
from chalicelib.domain.policy import SHIPPED, DunningPolicy
from chalicelib.domain.record import on_party
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services.case import again_when_stale, now_of
from chalicelib.services.customers import change_customer

MOST_POLICIES = 20


def create_policy(
    ports: Ports, business_id: str, wanted: DunningPolicy, *, actor: Actor
) -> DunningPolicy:
    """Version 1 of a policy of its own id; made already, it is read back.

    Raises InvalidInput for one that cannot be followed or is laxer than the networks, Conflict
    beyond the most a business may have.
    """
    first = rules.check(replace(wanted, version=1))

    def once() -> DunningPolicy:
        business = ports.store.business(business_id)
        known = _saved(business, first.id)
        if known is not None:
            return known
        if len(business.policies) >= MOST_POLICIES:
            words = f"A business has at most {MOST_POLICIES} dunning policies: change one of them."
            raise Conflict("policies_too_many", words)
        _record(ports, business, PolicySaved(first), actor=actor)
        return first

    return again_when_stale(once)


def change_policy(
    ports: Ports, business_id: str, policy_id: str, changes: dict[str, Any], *, actor: Actor
) -> DunningPolicy:
    """Its next version; the same one where nothing changes. Raises NotFound and InvalidInput."""

    def once() -> DunningPolicy:
        business = ports.store.business(business_id)
        known = find(business, policy_id)
        changed = rules.check(replace(known, **changes))
        if changed == known:
            return known
        following = replace(changed, version=known.version + 1)
        _record(ports, business, PolicySaved(following), actor=actor)
        return following

    return again_when_stale(once)


def choose_default(ports: Ports, business_id: str, policy_id: str, *, actor: Actor) -> Business:
    """Followed from now on by every customer without a policy of their own. Raises NotFound."""

    def once() -> Business:
        business = ports.store.business(business_id)
        if find(business, policy_id).id == business.policy.id:
            return business
        return _record(ports, business, DefaultPolicyChosen(policy_id), actor=actor)

    return again_when_stale(once)


def assign_policy(
    ports: Ports, business_id: str, customer_id: str, policy_id: str, *, actor: Actor
) -> Customer:
    """This customer's own policy; `""` for the business's default again. Raises NotFound."""
    customer = ports.store.customer(business_id, customer_id)
    if policy_id:
        find(ports.store.business(business_id), policy_id)
    if customer.policy_id == policy_id:
        return customer
    return change_customer(ports, business_id, customer_id, {"policy_id": policy_id}, actor=actor)


def find(business: Business, policy_id: str) -> DunningPolicy:
    """The policy at its present version. Raises NotFound."""
    for policy in business.policies:
        if policy.id == policy_id:
            return policy
    raise NotFound("policy_not_found", "The business has no such dunning policy.")


def versions_of(ports: Ports, business_id: str, policy_id: str) -> list[DunningPolicy]:
    """Every version there was, newest first. Raises NotFound for a policy that never was."""
    known: dict[int, DunningPolicy] = {
        policy.version: policy for policy in SHIPPED if policy.id == policy_id
    }
    for fact in ports.store.facts(business_id, Subject.BUSINESS, business_id):
        match fact.data:
            case PolicySaved(policy=policy) if policy.id == policy_id:
                known[policy.version] = policy
            case BusinessCreated(business=business) | BusinessChanged(business=business):
                if business.policy.id == policy_id:
                    known[business.policy.version] = business.policy
    if not known:
        raise NotFound("policy_not_found", "The business has no such dunning policy.")
    return [known[version] for version in sorted(known, reverse=True)]


def _saved(business: Business, policy_id: str) -> DunningPolicy | None:
    own = (business.policy, *business.other_policies)
    return next((policy for policy in own if policy.id == policy_id), None)


def _record(ports: Ports, business: Business, payload: Any, *, actor: Actor) -> Business:
    after, fact = on_party(business, payload, at=now_of(ports, business), actor=actor)
    ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)
    return after
