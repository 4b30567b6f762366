"""The control routes of the served fake: what a test or a demo may do to Stripe's world.

Never part of Stripe's API; they exist on 127.0.0.1 only. `GET books`; all others POST JSON,
and takes `account` where it means a connected one:

- account: {"ready": true} opens one · {"finish"|"restrict"|"deauthorize"|
  "reauthorize": acct}
- authenticate: {"intent": pi or seti, "passed": true}
- cards: {"target": number, fingerprint or pm, "outcomes": ["lost_card", {"code": …}, "ok"]}
  · {"update": pm, "exp_month": 1, "exp_year": 2040}
- checkout: {"session": cs, "number": "4242424242424242", "kind": "card"}
- clock: {"advance": seconds} · {"now": epoch seconds}
- dispute: {"charge": ch, "reason": "fraudulent", "inquiry": false, "prevented": false,
  "amount": 500} · {"dispute": du, "won": true}, also after it was lost: an appeal
- faults: {"kind": …, "operation": "refunds.create", "times": 1, "skip": 0} · {"clear": true}
  · {"random": {"seed": 1, "per_mille": 20}}
- fraud_warning: {"charge": ch, "fraud_type": "made_with_stolen_card"}
- payout: {"fail_next": "account_closed"} · refund: {"fail": re, "reason": …}
- pump: {} delivers now · {"paused": true} · reset: {}
"""

from collections.abc import Callable
from typing import Any, Final

from infra.local.fake_stripe.core import FakeStripe
from infra.local.fake_stripe.declines import Outcome
from infra.local.fake_stripe.errors import Body
from infra.local.fake_stripe.pump import Pump


def books(core: FakeStripe) -> Body:
    """Per account and currency; see `balance.books`."""
    with core.lock:
        accounts = {
            account_id: {
                "platform": account is core.state.platform,
                "currencies": core.books(account_id),
            }
            for account_id, account in core.state.accounts.items()
        }
        return {"now": core.state.now, "accounts": accounts}


def _clock(core: FakeStripe, wish: Body) -> Body:
    if "advance" in wish:
        core.advance(int(wish["advance"]))
    elif "now" in wish:
        core.set_now(int(wish["now"]))
    return {"now": core.state.now}


def _faults(core: FakeStripe, wish: Body) -> Body:
    if wish.get("clear"):
        core.faults.clear()
    elif "random" in wish:
        core.faults.random(**wish["random"])
    else:
        core.faults.plan(**wish)
    return {"injected": [list(fault) for fault in core.faults.injected]}


def _outcome(given: Any) -> str | Outcome:
    return Outcome(**given) if isinstance(given, dict) else str(given)


def _cards(core: FakeStripe, wish: Body) -> Body:
    if "update" in wish:
        core.update_card(
            wish["update"],
            exp_month=int(wish["exp_month"]),
            exp_year=int(wish["exp_year"]),
            account=wish.get("account"),
        )
        return {"updated": wish["update"]}
    core.script_card(wish["target"], [_outcome(given) for given in wish["outcomes"]])
    return {"scripted": len(wish["outcomes"])}


def _dispute(core: FakeStripe, wish: Body) -> Body:
    account = wish.get("account")
    if "dispute" in wish:
        core.decide_dispute(wish["dispute"], won=bool(wish["won"]), account=account)
        return {"decided": wish["dispute"]}
    return core.dispute(
        wish["charge"],
        wish.get("reason", "fraudulent"),
        inquiry=bool(wish.get("inquiry")),
        prevented=bool(wish.get("prevented")),
        amount=wish.get("amount"),
        account=account,
    )


def _fraud_warning(core: FakeStripe, wish: Body) -> Body:
    kind = wish.get("fraud_type", "unauthorized_use_of_card")
    return core.warn_of_fraud(wish["charge"], kind, account=wish.get("account"))


def _checkout(core: FakeStripe, wish: Body) -> Body:
    """The payer's part of the hosted page, for a script that has no browser."""
    return core.complete_checkout(
        wish["session"],
        wish.get("number", "4242424242424242"),
        kind=wish.get("kind", "card"),
        account=wish.get("account"),
    )


def _authenticate(core: FakeStripe, wish: Body) -> Body:
    passed, account = bool(wish.get("passed", True)), wish.get("account")
    return {"location": core.authenticate(wish["intent"], passed=passed, account=account)}


def _events(core: FakeStripe, wish: Body) -> Body:
    """Take one account's waiting events as if its endpoint had answered; the rest stay waiting."""
    with core.lock:
        taken = []
        for delivery in core.deliveries():
            if delivery.event.get("account") == wish["account"]:
                header = core.webhooks.header(delivery)
                taken.append({"body": delivery.body.decode(), "signature": header})
                core.webhooks.acknowledge(delivery)
        return {"events": taken}


def _refund(core: FakeStripe, wish: Body) -> Body:
    core.fail_refund(
        wish["fail"],
        wish.get("reason", "expired_or_canceled_card"),
        account=wish.get("account"),
    )
    return {"failed": wish["fail"]}


def _payout(core: FakeStripe, wish: Body) -> Body:
    core.fail_next_payout(wish.get("fail_next", "account_closed"), account=wish.get("account"))
    return {"planned": wish.get("fail_next", "account_closed")}


def _account(core: FakeStripe, wish: Body) -> Body:
    if "reauthorize" in wish:
        core.reauthorize(wish["reauthorize"])
    elif "deauthorize" in wish:
        core.deauthorize(wish["deauthorize"])
    elif "restrict" in wish:
        core.restrict(wish["restrict"])
    elif "finish" in wish:
        core.finish_onboarding(wish["finish"])
    else:
        return {"account": core.connect_account(ready=bool(wish.get("ready", True)))}
    return {"done": True}


def _reset(core: FakeStripe, wish: Body) -> Body:
    del wish
    core.reset()
    return {"now": core.state.now}


_DEEDS: Final[dict[str, Callable[[FakeStripe, Body], Body]]] = {
    "account": _account,
    "authenticate": _authenticate,
    "cards": _cards,
    "checkout": _checkout,
    "clock": _clock,
    "dispute": _dispute,
    "events": _events,
    "faults": _faults,
    "fraud_warning": _fraud_warning,
    "payout": _payout,
    "refund": _refund,
    "reset": _reset,
}


def answer(core: FakeStripe, pump: Pump, name: str, wish: Body | None) -> tuple[int, Body]:
    """One control route; `wish` is the JSON body of a POST, None for a GET."""
    if wish is None:
        return (200, books(core)) if name == "books" else (404, {"error": f"no {name}"})
    if name == "pump":
        if "paused" in wish:
            pump.paused = bool(wish["paused"])
        return 200, {"delivered": pump.deliver_due(), "waiting": core.webhooks.waiting()}
    deed = _DEEDS.get(name)
    if deed is None:
        return 404, {"error": f"no {name}; there are: {', '.join(sorted(_DEEDS))}, pump"}
    try:
        return 200, deed(core, wish)
    except (KeyError, TypeError, ValueError) as wrong:
        return 400, {"error": f"{type(wrong).__name__}: {wrong}"}
