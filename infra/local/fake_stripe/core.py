"""The fake itself: one core behind every face.

`call` takes and gives plain dictionaries; `handle` is the same call as HTTP writes it. Each call
goes the same way: read, check the request, fault before, idempotency, execute and emit events,
store, check the answer, fault after.
"""

import json
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any
from urllib.parse import unquote, urlsplit

from infra.local.fake_stripe import forms, jobs, routes
from infra.local.fake_stripe.accounts import reachable
from infra.local.fake_stripe.checks import Checks
from infra.local.fake_stripe.doors import Doors
from infra.local.fake_stripe.endpoints import Request, Route
from infra.local.fake_stripe.errors import ApiError, Body, FakeStripeRefusal, LostReply
from infra.local.fake_stripe.expansion import expand
from infra.local.fake_stripe.faults import AFTER, LOST, Faults, Plan, faulty_reply
from infra.local.fake_stripe.idempotency import Entry, Keys, Reply, in_use, mismatch, replayed
from infra.local.fake_stripe.keys import require_key, require_secret
from infra.local.fake_stripe.parameters import coerce, text
from infra.local.fake_stripe.state import API_VERSION, Account, Options, State
from infra.local.fake_stripe.webhooks import Endpoint, Webhooks

_EXPAND = [text]


class FakeStripe(Doors):
    """A whole Stripe in one object: any number of accounts, its own clock, no network.

    What the world does to it (the payer's clicks, banks, sellers, time) is in `Doors`.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        seed: int = 1,
        *,
        options: Options | None = None,
        checked: bool = False,
        webhook_secret: str = "whsec_fake",  # noqa: S107 -- nothing outside this machine uses it
        endpoints: list[Endpoint] | None = None,
    ) -> None:
        self.lock = RLock()
        self._seed = seed
        self.state = State(clock, seed, options or Options())
        self.faults = Faults()
        given = Endpoint.pair(webhook_secret) if endpoints is None else endpoints
        self.webhooks = Webhooks(self.state, given)
        self.on_slow: Callable[[int], None] | None = None
        self.revoked_keys: set[str] = set()
        self.calls = 0
        self._keys = Keys()
        self._checks = Checks(self.state) if checked else None

    def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        account: str | None = None,
        idempotency_key: str | None = None,
    ) -> Reply:
        """One API call. Raises `LostReply` when a fault breaks the connection, and
        `FakeStripeRefusal` for what the fake does not implement."""
        with self.lock:
            jobs.run_due(self.state)
            self.calls += 1
            route, ids = routes.find(method, path)
            if self._checks is not None:
                self._checks.request(route.name, params or {})
            if route.money:
                require_key(route.name, idempotency_key)
            plan = self.faults.take(route.name)
            if plan is not None and plan.kind not in AFTER:
                stopped = self._before(plan)
                if stopped is not None:
                    return stopped
        call = _Call(method, path, route, ids, account, idempotency_key)
        return self._answer(call, params or {}, plan)

    def _before(self, plan: Plan) -> Reply | None:
        if plan.kind in LOST:
            raise LostReply(plan.kind, executed=False)
        if plan.kind in ("slow", "error_500_stored"):
            return None
        return self._finished(faulty_reply(plan), None)

    def _answer(self, call: "_Call", params: Mapping[str, Any], plan: Plan | None) -> Reply:
        with self.lock:
            self.state.request = (self.state.new_id("req"), call.key)
            try:
                account = self._account(call.account)
                accepted = self._accepted(call.route, params)
            except ApiError as no:
                return self._finished(Reply(no.status, {"error": no.error}, {}), call.key)
            entry: Entry | None = None
            if call.key is not None and call.method == "POST":
                known = self._known(account, call, accepted)
                if known is not None:
                    return self._finished(known, call.key)
                entry = self._keys.begin(account.id, call.key, self.state.now, call.path, accepted)
        if plan is not None and plan.kind == "slow" and self.on_slow is not None:
            self.on_slow(plan.seconds)
        with self.lock:
            return self._execute(call, account, accepted, entry, plan)

    def _account(self, account_id: str | None) -> Account:
        return self.state.platform if account_id is None else reachable(self.state, account_id)

    def _accepted(self, route: Route, params: Mapping[str, Any]) -> Body:
        if "expand" in params:
            return coerce(params, {**route.accepts, "expand": _EXPAND})
        return coerce(params, route.accepts)

    def _known(self, account: Account, call: "_Call", accepted: Body) -> Reply | None:
        assert call.key is not None
        entry = self._keys.find(account.id, call.key, self.state.now)
        if entry is None:
            return None
        if entry.endpoint != call.path or entry.params != accepted:
            return mismatch(call.key)
        return in_use(call.key) if entry.reply is None else replayed(entry)

    def _execute(
        self,
        call: "_Call",
        account: Account,
        accepted: Body,
        entry: Entry | None,
        plan: Plan | None,
    ) -> Reply:
        if plan is not None and plan.kind == "error_500_stored":
            reply, executed = faulty_reply(plan), True
        else:
            reply, executed = self._run(call, account, accepted)
        reply = self._finished(reply, call.key)
        if plan is not None and plan.kind == "error_500_after":
            reply = self._finished(faulty_reply(plan), call.key)
        if entry is not None and call.key is not None:
            if executed:
                entry.reply = reply
            else:
                self._keys.forget(account.id, call.key)
        if plan is not None and plan.kind in LOST:
            raise LostReply(plan.kind, executed=True)
        if plan is not None and plan.kind == "html_502_after":
            return self._finished(faulty_reply(plan), call.key)
        return reply

    def _run(self, call: "_Call", account: Account, accepted: Body) -> tuple[Reply, bool]:
        paths = accepted.pop("expand", ())
        request = Request(self.state, account, accepted, call.ids)
        try:
            body = call.route.run(request)
            if paths:
                body = expand(self.state, account, body, paths)
            reply = Reply(200, body, {})
        except ApiError as no:
            reply = Reply(no.status, {"error": no.error}, {})
            if not no.executed:
                return reply, False
        finally:
            if paths:
                accepted["expand"] = paths
        if self._checks is not None:
            self._checks.reply(call.method, call.path, reply)
        return reply, True

    def _finished(self, reply: Reply, key: str | None) -> Reply:
        headers = {
            "Content-Type": "application/json",
            "Request-Id": self.state.request[0] or "",
            "Stripe-Version": self.state.options.api_version,
            **reply.headers,
        }
        if key is not None:
            headers["Idempotency-Key"] = key
        return reply._replace(headers=headers)

    def handle(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[str, int, dict[str, str]]:
        """The same call as HTTP writes it: form in, JSON out."""
        given = {name.lower(): value for name, value in (headers or {}).items()}
        parts = urlsplit(url)
        version = given.get("stripe-version", API_VERSION)
        if version != self.state.options.api_version:
            raise FakeStripeRefusal(f"the fake speaks {API_VERSION} only, not {version}")
        refused = require_secret(given.get("authorization", ""), self.revoked_keys)
        if refused is not None:
            reply = self._finished(refused, None)
        else:
            encoded = parts.query or _text(post_data)
            reply = self.call(
                method.upper(),
                unquote(parts.path),
                forms.decode(encoded),
                account=given.get("stripe-account"),
                idempotency_key=given.get("idempotency-key"),
            )
        body = json.dumps(reply.body) if reply.text is None else reply.text
        return body, reply.status, reply.headers

    def advance(self, seconds: int) -> None:
        """Move the fake's clock and run what falls due, in order."""
        with self.lock:
            self.state.offset += seconds
            jobs.run_due(self.state)

    def set_now(self, at: int) -> None:
        """Put the fake's clock at an instant, forward only, and run what falls due."""
        behind = at - self.state.now
        if behind < 0:
            raise ValueError("the clock only moves forward")
        self.advance(behind)

    def reset(self) -> None:
        """Forget everything but the webhook endpoints; the clock's offset stays."""
        with self.lock:
            old = self.state
            self.state = State(old.clock, self._seed, old.options)
            self.state.offset = old.offset
            self.faults.clear()
            self.webhooks = Webhooks(self.state, self.webhooks.endpoints)
            self._keys = Keys()
            self._checks = Checks(self.state) if self._checks is not None else None

    def memory(self) -> tuple[Any, ...]:
        """What a state file keeps; the caller's clock and the lock stay outside."""
        return self.state, self._keys, self.webhooks

    def remember(self, memory: tuple[Any, ...]) -> None:
        """Go on from a state file, on this core's clock and under its address."""
        with self.lock:
            clock, options = self.state.clock, self.state.options
            self.state, self._keys, self.webhooks = memory
            self.state.clock, self.state.options = clock, options
            self._checks = Checks(self.state) if self._checks is not None else None

    def run_due(self) -> None:
        """Run what has fallen due on the caller's clock (every call does this first)."""
        with self.lock:
            jobs.run_due(self.state)


class _Call:
    """One call on its way through."""

    __slots__ = ("account", "ids", "key", "method", "path", "route")

    def __init__(
        self,
        method: str,
        path: str,
        route: Route,
        ids: tuple[str, ...],
        account: str | None,
        key: str | None,
    ) -> None:
        self.method = method
        self.path = path
        self.route = route
        self.ids = ids
        self.account = account
        self.key = key


def _text(post_data: Any) -> str:
    if post_data is None:
        return ""
    return post_data.decode() if isinstance(post_data, bytes) else str(post_data)
