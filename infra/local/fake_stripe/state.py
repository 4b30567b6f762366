"""Everything the fake remembers, and its clock.

One `State` holds any number of isolated Stripe accounts. Time is the caller's clock plus an offset,
or the due time of the job being run, so late outcomes carry the moment they fell due. Ids come from
a seed and a counter. Bodies are replaced field by field and nested values are never mutated, which
lets an event keep a cheap shallow copy of its object for ever.
"""

import heapq
from binascii import b2a_base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from infra.local.fake_stripe.errors import Body

API_VERSION: Final = "2026-10-28.endive"
DAY: Final = 86_400
# The request behind an event that no API call caused.
NOBODY: Final[tuple[str | None, str | None]] = (None, None)

_LETTERS: Final = bytes.maketrans(b"+/", b"Qz")

# How Stripe's ids look: prefix, then what follows before the random part.
_ID_TAIL: Final = {"pi": "3", "ch": "3", "py": "3", "re": "3", "pyr": "3", "pm": "1", "seti": "1"}


@dataclass(frozen=True, slots=True)
class Options:
    """What a test or a run may choose about the fake's world."""

    base_url: str = "http://127.0.0.1:12111"
    api_version: str = API_VERSION
    balance_transaction_lag: int = 0
    ach_business_days: int = 4
    payout_business_days: int = 2
    automatic_payouts: bool = True
    network_block_after: int = 15
    dispute_fee: int = 1500


@dataclass(slots=True)
class Method:
    """A payment method: Stripe's object, and what only the issuer knows about it."""

    body: Body
    number: str
    authenticated: bool = False
    mandate: str | None = None
    consumed: bool = False
    detached: bool = False
    blocked: str | None = None


@dataclass(slots=True)
class Action:
    """A 3-D Secure challenge that waits for the payer."""

    token: str
    return_url: str | None
    off_session: bool = False
    application_fee_amount: int | None = None


@dataclass(slots=True)
class Account:
    """One Stripe account; nothing in it is visible from another."""

    id: str
    body: Body
    customers: dict[str, Body] = field(default_factory=dict)
    payment_methods: dict[str, Method] = field(default_factory=dict)
    payment_intents: dict[str, Body] = field(default_factory=dict)
    setup_intents: dict[str, Body] = field(default_factory=dict)
    sessions: dict[str, Body] = field(default_factory=dict)
    charges: dict[str, Body] = field(default_factory=dict)
    refunds: dict[str, Body] = field(default_factory=dict)
    disputes: dict[str, Body] = field(default_factory=dict)
    fraud_warnings: dict[str, Body] = field(default_factory=dict)
    files: dict[str, Body] = field(default_factory=dict)
    file_hashes: dict[str, str] = field(default_factory=dict)
    balance_transactions: dict[str, Body] = field(default_factory=dict)
    payouts: dict[str, Body] = field(default_factory=dict)
    application_fees: dict[str, Body] = field(default_factory=dict)
    mandates: dict[str, Body] = field(default_factory=dict)
    events: dict[str, Body] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    session_of: dict[str, str] = field(default_factory=dict)
    paid_out_in: dict[str, str] = field(default_factory=dict)
    payout_days: set[tuple[str, int]] = field(default_factory=set)
    payout_failures: list[str] = field(default_factory=list)
    declines: dict[tuple[str, int, str], list[int]] = field(default_factory=dict)
    webhook_endpoints: dict[str, Body] = field(default_factory=dict)
    deauthorized: bool = False


@dataclass(slots=True)
class AccountLink:
    """A single-use link to a seller's onboarding page."""

    account: str
    return_url: str
    refresh_url: str
    expires_at: int
    used: bool = False


@dataclass(order=True, slots=True)
class Job:
    """Something that will happen by itself; named, not a closure, so that it can be saved."""

    at: int
    sequence: int
    name: str = field(compare=False)
    account: str = field(compare=False)
    arguments: tuple[Any, ...] = field(compare=False)


Watcher = Callable[[Account, Body], None]


class State:
    """The world behind the API: accounts, clock, ids, jobs."""

    def __init__(self, clock: Callable[[], int], seed: int, options: Options) -> None:
        self.clock = clock
        self.offset = 0
        self.options = options
        self.jobs: list[Job] = []
        self.request = NOBODY
        self.watchers: list[Watcher] = []
        self._seed = str(seed).encode()
        self._count = 0
        self.reads = 0
        self._pinned: int | None = None
        self.scripts: dict[str, list[Any]] = {}
        self.webhook_endpoints: list[Any] = []
        self.account_links: dict[str, AccountLink] = {}
        platform = self.new_id("acct")
        self.platform = Account(platform, {"id": platform})
        self.accounts: dict[str, Account] = {platform: self.platform}

    def __getstate__(self) -> dict[str, Any]:
        """What a state file keeps: everything but the caller's clock."""
        return {name: value for name, value in vars(self).items() if name != "clock"}

    @property
    def now(self) -> int:
        return self.clock() + self.offset if self._pinned is None else self._pinned

    def token(self, length: int = 24) -> str:
        """The next random-looking text; the same seed gives the same sequence."""
        self._count += 1
        digest = blake2b(b"%s/%d" % (self._seed, self._count), digest_size=24).digest()
        return b2a_base64(digest).translate(_LETTERS)[:length].decode()

    def new_id(self, prefix: str) -> str:
        length = 16 if prefix == "acct" else 14 if prefix in {"cus", "req"} else 24
        return f"{prefix}_{_ID_TAIL.get(prefix, '')}{self.token(length)}"

    def request_id(self, method: str) -> str:
        """Questions are counted apart, so that asking changes nothing that comes after."""
        if method != "GET":
            return self.new_id("req")
        self.reads += 1
        return f"req_read{self.reads:010}"

    def schedule(self, at: int, name: str, account: Account, *arguments: Any) -> None:
        self._count += 1
        heapq.heappush(self.jobs, Job(at, self._count, name, account.id, arguments))

    def due(self) -> Iterator[Job]:
        """Jobs that have fallen due, in order, including those a job makes while it runs."""
        while self.jobs and self.jobs[0].at <= self.clock() + self.offset:
            yield heapq.heappop(self.jobs)

    @contextmanager
    def pinned(self, at: int) -> Iterator[None]:
        """Let a job see the moment it was due, however late the clock is read."""
        self._pinned, before = at, self._pinned
        try:
            yield
        finally:
            self._pinned = before

    def emit(self, account: Account, kind: str, body: Body, previous: Body | None = None) -> None:
        """Record an event; its copy of the object never changes afterwards."""
        data: Body = {"object": dict(body)}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Body = {
            "id": f"evt_{self.token()}",
            "object": "event",
            "api_version": self.options.api_version,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": self.request[0], "idempotency_key": self.request[1]},
            "type": kind,
        }
        if account is not self.platform:
            event["account"] = account.id
        account.events[event["id"]] = event
        for watch in self.watchers:
            watch(account, event)


def add_business_days(at: int, days: int) -> int:
    """The same time of day, so many business days later (1970-01-01 was a Thursday)."""
    while days > 0:
        at += DAY
        if (at // DAY + 3) % 7 < 5:
            days -= 1
    return at
