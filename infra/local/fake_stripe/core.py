"""The fake itself: one core behind every face.

`call` takes and gives plain dictionaries; `handle` is the same call as HTTP writes it. Each call
goes the same way: read, check the request, fault before, idempotency, execute and emit events,
store, check the answer, fault after.
"""

import json
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from infra.local.fake_stripe import files, forms, jobs, routes
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
from infra.local.fake_stripe.state import API_VERSION, NOBODY, Account, Options, State
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
        try:
            return self._call(method, path, params or {}, account, idempotency_key)
        finally:
            with self.lock:
                self.state.request = NOBODY

    def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any],
        account: str | None,
        idempotency_key: str | None,
    ) -> Reply:
        with self.lock:
            jobs.run_due(self.state)
            self.calls += 1
            request_id = self.state.request_id(method)
            self.state.request = (request_id, idempotency_key)
            template, route, ids = routes.find(method, path)
            try:
                accepted = self._accepted(route, params)
            except ApiError as no:
                return self._refused(no, idempotency_key)
            call = _Call(method, path, template, route, ids, accepted, idempotency_key, request_id)
            if self._checks is not None:
                self._checks.request(route.name, accepted)
            if route.money:
                require_key(route.name, idempotency_key)
            plan = self.faults.take(route.name)
            stopped = None if plan is None else self._before(plan)
            if stopped is not None:
                return stopped
            try:
                where = self._account(account)
            except ApiError as no:
                return self._refused(no, idempotency_key)
        return self._answer(call, where, plan)

    def _refused(self, no: ApiError, key: str | None) -> Reply:
        return self._finished(Reply(no.status, {"error": no.error}, {}), key)

    def _before(self, plan: Plan) -> Reply | None:
        """What a fault does before execution; None lets the call go on."""
        if plan.kind in AFTER or plan.kind in ("slow", "error_500_stored"):
            return None
        if plan.kind in LOST:
            raise LostReply(plan.kind, executed=False)
        return self._finished(faulty_reply(plan), None)

    def _answer(self, call: "_Call", account: Account, plan: Plan | None) -> Reply:
        entry: Entry | None = None
        if call.key is not None and call.method == "POST":
            with self.lock:
                known = self._known(account, call)
                if known is not None:
                    return self._finished(known, call.key)
                entry = self._keys.begin(
                    account.id, call.key, self.state.now, call.path, call.params
                )
        self._wait(plan, "slow")
        with self.lock:
            reply = self._execute(call, account, entry, plan)
        self._wait(plan, "slow_after")
        return reply

    def _wait(self, plan: Plan | None, kind: str) -> None:
        """Outside the lock, so that others may call, and events arrive, meanwhile."""
        if plan is not None and plan.kind == kind and self.on_slow is not None:
            self.on_slow(plan.seconds)

    def _account(self, account_id: str | None) -> Account:
        return self.state.platform if account_id is None else reachable(self.state, account_id)

    def _accepted(self, route: Route, params: Mapping[str, Any]) -> Body:
        if "expand" in params:
            return coerce(params, {**route.accepts, "expand": _EXPAND})
        return coerce(params, route.accepts)

    def _known(self, account: Account, call: "_Call") -> Reply | None:
        assert call.key is not None
        entry = self._keys.find(account.id, call.key, self.state.now)
        if entry is None:
            return None
        if entry.endpoint != call.path or entry.params != call.params:
            return mismatch(call.key)
        return in_use(call.key) if entry.reply is None else replayed(entry)

    def _execute(
        self, call: "_Call", account: Account, entry: Entry | None, plan: Plan | None
    ) -> Reply:
        self.state.request = (call.request_id, call.key)
        kind = "" if plan is None else plan.kind
        if plan is not None and kind == "error_500_stored":
            reply, executed = faulty_reply(plan), True
        else:
            reply, executed = self._run(call, account)
        if plan is not None and kind == "error_500_after":
            reply = faulty_reply(plan)
        reply = self._finished(reply, call.key)
        if entry is not None and call.key is not None:
            if executed:
                entry.reply = reply
            else:
                self._keys.forget(account.id, call.key)
        if kind in LOST:
            raise LostReply(kind, executed=True)
        if plan is not None and kind == "html_502_after":
            return self._finished(faulty_reply(plan), call.key)
        return reply

    def _run(self, call: "_Call", account: Account) -> tuple[Reply, bool]:
        """Execute; the second value says whether the answer is stored under the key."""
        params = dict(call.params)
        paths = params.pop("expand", ())
        request = Request(self.state, account, params, call.ids)
        executed = True
        try:
            body = call.route.run(request)
            if paths:
                body = expand(self.state, account, body, paths)
            reply = Reply(200, body, {})
        except ApiError as no:
            reply, executed = Reply(no.status, {"error": no.error}, {}), no.executed
        if self._checks is not None:
            self._checks.reply(call.template, call.route, reply)
        return reply, executed

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
            form = _form(parts.query, given.get("content-type", ""), post_data)
            reply = self.call(
                method.upper(),
                unquote(parts.path),
                form,
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


class _Call(NamedTuple):
    """One call on its way through."""

    method: str
    path: str
    template: str
    route: Route
    ids: tuple[str, ...]
    params: Body
    key: str | None
    request_id: str


def _form(query: str, content_type: str, post_data: Any) -> Body:
    """The parameters, however they came."""
    if content_type.startswith(files.MULTIPART):
        return files.decode(content_type, post_data)
    return forms.decode(query or _text(post_data))


def _text(post_data: Any) -> str:
    if post_data is None:
        return ""
    return post_data.decode() if isinstance(post_data, bytes) else str(post_data)
