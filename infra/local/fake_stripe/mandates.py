"""Mandates: the payer's permission to debit a bank account."""

from typing import Final

from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, missing
from infra.local.fake_stripe.state import Account, Method, State


def grant(
    state: State, account: Account, method: Method, data: Body | None, *, reusable: bool = True
) -> Body:
    """A new active mandate for the method; a one-time debit gets a `single_use` one."""
    acceptance = (data or {}).get("customer_acceptance") or {"type": "online", "online": {}}
    kind = acceptance.get("type", "online")
    accepted: Body = {"accepted_at": acceptance.get("accepted_at", state.now), "type": kind}
    if kind == "online":
        online = acceptance.get("online", {})
        accepted["online"] = {
            "ip_address": online.get("ip_address"),
            "user_agent": online.get("user_agent"),
        }
    else:
        accepted["offline"] = {}
    usage = "multi_use" if reusable else "single_use"
    body: Body = {
        "id": state.new_id("mandate"),
        "object": "mandate",
        "customer_acceptance": accepted,
        "livemode": False,
        "payment_method": method.body["id"],
        "payment_method_details": {"type": "us_bank_account", "us_bank_account": {}},
        "status": "active",
        "type": usage,
        usage: {},
    }
    account.mandates[body["id"]] = body
    if reusable:
        method.mandate = body["id"]
    return body


def _retrieve(request: Request) -> Body:
    mandate = request.account.mandates.get(request.id)
    if mandate is None:
        raise missing("mandate", request.id, param="mandate")
    return dict(mandate)


ROUTES: Final[Routes] = {"GET /v1/mandates/{}": Route("mandates.retrieve", _retrieve)}
