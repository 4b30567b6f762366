"""Answers kept under their key: per account, for a day, declines and server errors included."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from infra.local.fake_stripe.errors import Body
from infra.local.fake_stripe.state import DAY

KEPT_SECONDS: Final = DAY
KEY_LENGTH_MAX: Final = 255


class Reply(NamedTuple):
    """An HTTP answer before it becomes bytes. `text` replaces the body when it is no JSON."""

    status: int
    body: Body
    headers: dict[str, str]
    text: str | None = None


@dataclass(slots=True)
class Entry:
    """One key. `reply` is None while its first call still runs."""

    created: int
    endpoint: str
    params: Body
    reply: Reply | None = None


class Keys:
    """The idempotency store of the whole fake."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}

    def find(self, account: str, key: str, now: int) -> Entry | None:
        """The key's entry, unless it has been pruned: then the same key is a new request."""
        entry = self._entries.get((account, key))
        if entry is not None and now - entry.created >= KEPT_SECONDS:
            del self._entries[account, key]
            return None
        return entry

    def begin(self, account: str, key: str, now: int, endpoint: str, params: Body) -> Entry:
        entry = Entry(now, endpoint, params)
        self._entries[account, key] = entry
        return entry

    def forget(self, account: str, key: str) -> None:
        """Execution never began: nothing is stored."""
        self._entries.pop((account, key), None)


def replayed(entry: Entry) -> Reply:
    reply = entry.reply
    assert reply is not None
    headers = {**reply.headers, "Idempotent-Replayed": "true"}
    return Reply(reply.status, dict(reply.body), headers, reply.text)


def error_reply(kind: str, message: str, status: int, code: str | None = None) -> Reply:
    error: Body = {"type": kind, "message": message}
    if code is not None:
        error["code"] = code
    return Reply(status, {"error": error}, {})


def mismatch(key: str) -> Reply:
    return error_reply(
        "idempotency_error",
        "Keys for idempotent requests can only be used with the same parameters they were first "
        f"used with. Try using a key other than '{key}' if you meant to execute a different "
        "request.",
        400,
    )


def in_use(key: str) -> Reply:
    return error_reply(
        "idempotency_error",
        f"There is currently another in-progress request using this Idempotent Key '{key}'.",
        409,
        "idempotency_key_in_use",
    )
