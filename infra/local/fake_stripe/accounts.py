"""Connected accounts: made by the platform, onboarded on a hosted page, lost by deauthorising."""

from typing import Any, Final

from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, bad_parameter, no_access
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import PAGE, mapping, merged, required_text, text
from infra.local.fake_stripe.state import Account, AccountLink, State

_CAPABILITIES: Final = ("card_payments", "transfers", "us_bank_account_ach_payments")
_DUE: Final = ["business_profile.url", "external_account", "tos_acceptance.date"]
_LINK_SECONDS: Final = 300


def _requirements(due: list[str], deadline: int | None = None) -> Body:
    """What is due by a deadline is not past due yet, and switches nothing off."""
    late = due if deadline is None else []
    return {
        "alternatives": [],
        "current_deadline": deadline,
        "currently_due": due,
        "disabled_reason": "requirements.past_due" if late else None,
        "errors": [],
        "eventually_due": due,
        "past_due": late,
        "pending_verification": [],
    }


def _controller(given: Body) -> Body:
    return {
        "fees": {"payer": given.get("fees", {}).get("payer", "account")},
        "is_controller": True,
        "losses": {"payments": given.get("losses", {}).get("payments", "stripe")},
        "requirement_collection": given.get("requirement_collection", "stripe"),
        "stripe_dashboard": {"type": given.get("stripe_dashboard", {}).get("type", "full")},
        "type": "application",
    }


def open_account(state: State, params: Body, *, ready: bool) -> Account:
    """A new account; until it is onboarded nobody can pay it."""
    account_id = state.new_id("acct")
    body: Body = {
        "id": account_id,
        "object": "account",
        "business_type": params.get("business_type"),
        "capabilities": dict.fromkeys(_CAPABILITIES, "active" if ready else "inactive"),
        "charges_enabled": ready,
        "controller": _controller(params.get("controller", {})),
        "country": params.get("country", "US"),
        "created": state.now,
        "default_currency": params.get("default_currency", "usd"),
        "details_submitted": ready,
        "email": params.get("email"),
        "metadata": merged({}, params.get("metadata", {})),
        "payouts_enabled": ready,
        "requirements": _requirements([] if ready else list(_DUE)),
        "tos_acceptance": {"date": state.now if ready else None},
        "type": "none",
    }
    account = Account(account_id, body)
    state.accounts[account_id] = account
    return account


def finish_onboarding(state: State, account: Account) -> None:
    """The seller pressed Finish: the account can charge from now on."""
    account.body.update(
        {
            "capabilities": dict.fromkeys(_CAPABILITIES, "active"),
            "charges_enabled": True,
            "details_submitted": True,
            "payouts_enabled": True,
            "requirements": _requirements([]),
            "tos_acceptance": {"date": state.now},
        }
    )
    previous = {"charges_enabled": False, "details_submitted": False, "payouts_enabled": False}
    state.emit(account, "account.updated", account.body, previous)


def restrict(state: State, account: Account) -> None:
    """Stripe switches charging off until something is supplied."""
    account.body.update(
        {"charges_enabled": False, "requirements": _requirements(["individual.verification"])}
    )
    state.emit(account, "account.updated", account.body, {"charges_enabled": True})


def require(state: State, account: Account, due: list[str], deadline: int) -> None:
    """Stripe wants to know something by a deadline; until then charging goes on."""
    account.body["requirements"] = _requirements(due, deadline)
    state.emit(account, "account.updated", account.body, {})


def reauthorize(state: State, account: Account) -> None:
    """The seller lets the platform in again: everything is where it was."""
    account.deauthorized = False
    state.emit(account, "account.application.authorized", _application())


def _application() -> Body:
    return {"id": "ca_fakeplatform", "object": "application", "name": "Duecourse"}


def deauthorize(state: State, account: Account) -> None:
    """The seller disconnects; every later call for this account is refused."""
    state.emit(account, "account.application.deauthorized", _application())
    account.deauthorized = True


def reachable(state: State, account_id: str) -> Account:
    account = state.accounts.get(account_id)
    if account is None or account.deauthorized:
        raise no_access(account_id)
    return account


def _platform_only(request: Request) -> None:
    if request.account is not request.state.platform:
        raise bad_parameter("Only the platform may manage connected accounts.")


def _create(request: Request) -> Body:
    _platform_only(request)
    if "type" in request.params:
        raise bad_parameter("Pass `controller` instead of the legacy `type`.", param="type")
    return dict(open_account(request.state, request.params, ready=False).body)


def _retrieve(request: Request) -> Body:
    if request.id == request.account.id:
        return _own(request)
    _platform_only(request)
    return dict(reachable(request.state, request.id).body)


def _own(request: Request) -> Body:
    if request.account is request.state.platform:
        state = request.state
        own: dict[str, Any] = open_account(state, {}, ready=True).body
        del state.accounts[own["id"]]
        return {**own, "id": request.account.id, "created": 0}
    return dict(request.account.body)


def _list(request: Request) -> Body:
    _platform_only(request)
    state = request.state
    connected = [
        a.body for a in state.accounts.values() if a is not state.platform and not a.deauthorized
    ]
    return page(request, "account", "/v1/accounts", connected)


def _link(request: Request) -> Body:
    _platform_only(request)
    state, params = request.state, request.params
    account = reachable(state, required_text(params, "account"))
    if required_text(params, "type") not in ("account_onboarding", "account_update"):
        raise bad_parameter("Invalid type", param="type")
    token = state.token()
    expires_at = state.now + _LINK_SECONDS
    state.account_links[token] = AccountLink(
        account.id,
        required_text(params, "return_url"),
        required_text(params, "refresh_url"),
        expires_at,
    )
    return {
        "object": "account_link",
        "created": state.now,
        "expires_at": expires_at,
        "url": f"{state.options.base_url}/connect/onboarding/{account.id}/{token}",
    }


ROUTES: Final[Routes] = {
    "POST /v1/accounts": Route(
        "accounts.create",
        _create,
        {
            "type": text,
            "country": text,
            "email": text,
            "business_type": text,
            "default_currency": text,
            "metadata": mapping,
            "controller": {
                "fees": {"payer": text},
                "losses": {"payments": text},
                "requirement_collection": text,
                "stripe_dashboard": {"type": text},
            },
        },
    ),
    "GET /v1/accounts": Route("accounts.list", _list, PAGE),
    "GET /v1/account": Route("accounts.retrieve_current", _own),
    "GET /v1/accounts/{}": Route("accounts.retrieve", _retrieve),
    "POST /v1/account_links": Route(
        "account_links.create",
        _link,
        {"account": text, "type": text, "return_url": text, "refresh_url": text},
    ),
}
