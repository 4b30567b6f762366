"""Idempotency-Key: a POST sent twice is done once, and answered twice alike.

The key is taken in the table before the work. Who comes while it runs waits; who comes afterwards
gets the stored answer. A run that broke off leaves its key behind; after its lease the next caller
takes it over and does the work again, with the same ids, so that nothing is made twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TypeVar

from chalice.app import Response

from chalicelib.api.answering import answer
from chalicelib.api.calls import KeyedCall
from chalicelib.api.errors import RETRY_AFTER_SECONDS, Refused
from chalicelib.domain.canonical import digest
from chalicelib.observability import log_failure
from chalicelib.ports import Ports
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.rows import SavedRequest

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LEASE = timedelta(seconds=RETRY_AFTER_SECONDS)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Call = TypeVar("Call", bound=KeyedCall)


def key_of(headers: Mapping[str, str]) -> str:
    """The key that was sent. Raises Refused without one."""
    given = headers.get(HEADER)
    if given is None:
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "idempotency_key_missing",
            f"Every POST needs an {HEADER} header: a new one, such as a UUID, for each wish.",
        )
    if not _KEY.fullmatch(given):
        words = f"The {HEADER} is 1 to 255 visible ASCII characters."
        raise Refused(HTTPStatus.BAD_REQUEST, "idempotency_key_invalid", words)
    return given


def once(
    call: Call,
    asked: str,
    work: Callable[[Call], tuple[Response, bool]],
    *,
    told_once: str | None = None,
) -> Response:
    """Answer from the store, or do the work and keep its answer if `work` says it is final.

    `asked` is everything that was asked for; the same key for something else is refused. The field
    `told_once` of the answer is not kept.
    """
    ports, name = call.ports, digest(f"{call.scope}/{call.key}")
    holder = ports.ids.new("req")
    saved, again = _take(ports, call.business_id, name, digest(asked), holder)
    if saved.body_hash != digest(asked):
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request.",
        )
    if saved.holder != holder:
        return _replayed(saved, ports.clock.now())
    response, final = work(replace(call, again=again))
    if final:
        _keep(ports, call.business_id, name, holder, _without(response, told_once))
    return response


def _without(response: Response, told_once: str | None) -> Response:
    if told_once is None or response.status_code >= HTTPStatus.BAD_REQUEST:
        return response
    kept = json.dumps(json.loads(response.body) | {told_once: None})
    return answer(response.status_code, kept)


def _take(
    ports: Ports, business_id: str, name: str, asked: str, holder: str
) -> tuple[SavedRequest, bool]:
    """The key's record, and whether an earlier run broke off.

    Asked first as if no lease ever ended: only so a record left behind shows itself.
    """
    now = ports.clock.now()
    wanted = {"body_hash": asked, "holder": holder}
    first = ports.store.begin_request(
        business_id, name, **wanted, now=_LONG_AGO, lease_until=now + LEASE
    )
    if first.holder == holder or first.status is not None or first.lease_until > now:
        return first, False
    second = ports.store.begin_request(
        business_id, name, **wanted, now=now, lease_until=now + LEASE
    )
    return second, second.holder == holder


def _replayed(saved: SavedRequest, now: datetime) -> Response:
    if saved.status is None:
        left = (saved.lease_until - now).total_seconds()
        raise Refused(
            HTTPStatus.CONFLICT,
            "request_in_progress",
            "The first request with this Idempotency-Key is still being worked on.",
            retry_after=max(1, min(int(left) + 1, RETRY_AFTER_SECONDS)),
        )
    return answer(saved.status, saved.response, **{REPLAYED: "true"})


def _keep(ports: Ports, business_id: str, name: str, holder: str, response: Response) -> None:
    """What was done is done: an answer that cannot be kept is still given."""
    try:
        ports.store.finish_request(
            business_id, name, holder=holder, status=response.status_code, response=response.body
        )
    except Unanswered as error:
        log_failure("answer_not_kept", error, business_id=business_id)
