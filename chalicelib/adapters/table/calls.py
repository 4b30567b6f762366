"""One call to DynamoDB and what can become of it: done, refused by a condition, or not answered.

botocore repeats lost and throttled requests by itself. What it does not repeat is a transaction
that met another one; that is repeated here, a few times, ever later. Whatever is left is told in
the port's words: no exception of an SDK leaves this package.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from zlib import crc32

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from pynamodb.exceptions import PynamoDBException, TransactWriteError

from chalicelib.domain.errors import BrokenRecord
from chalicelib.ports.answers import Unanswered

T = TypeVar("T")
Sleep = Callable[[float], None]

TRIES = 6
FIRST_PAUSE_SECONDS = 0.02  # doubled each time, with up to half of it taken off at random

_BUSY = frozenset(
    """TransactionConflict TransactionConflictException TransactionInProgressException
    ThrottlingError ThrottlingException ProvisionedThroughputExceeded
    ProvisionedThroughputExceededException RequestLimitExceeded InternalServerError""".split()
)
_REFUSED = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})
# Our request is at fault: asking again, or waiting, would never help.
_WRONG = frozenset({"ValidationException", "ValidationError", "ItemCollectionSizeLimitExceeded"})


class RefusedError(Exception):
    """A condition did not hold. `failed` are the places of the rows whose own condition failed."""

    def __init__(self, failed: Sequence[int] = ()) -> None:
        super().__init__(f"conditions failed at {list(failed)}")
        self.failed = tuple(failed)


def check_whole(http_response: Any, **_: Any) -> None:
    """An answer that lost bytes is none: half of one could read as "there is no such invoice".

    botocore repeats such a call, but takes its last answer as it is. Hooked into its `after-call`.
    """
    checksum = http_response.headers.get("x-amz-crc32")
    if checksum is not None and crc32(http_response.content) != int(checksum):
        raise Unanswered("the answer was cut or changed on its way")


def _code_of(error: PynamoDBException) -> str:
    """PynamoDB's own `cause_response_code` fails on a lost connection, where `response` is None."""
    response = getattr(error.cause, "response", None) or {}
    code: str = response.get("Error", {}).get("Code", "")
    return code


def _codes(error: PynamoDBException) -> list[str]:
    """Why each row of a transaction was refused (`None`: it was not), or the one code of a call."""
    if isinstance(error, TransactWriteError) and error.cancellation_reasons:
        return [reason.code if reason else "None" for reason in error.cancellation_reasons]
    return [_code_of(error)]


def _judge(error: PynamoDBException) -> None:
    """Return when the call is worth repeating; raises what it has come to otherwise."""
    code, codes = _code_of(error), _codes(error)
    failed = [place for place, code in enumerate(codes) if code in _REFUSED]
    if failed:
        raise RefusedError(failed) from error
    if code == "IdempotentParameterMismatchException":
        # The same facts were sent before by code that lays out rows differently: see what is there.
        raise RefusedError from error
    if _WRONG & set(codes) or code in _WRONG:
        raise BrokenRecord(f"DynamoDB cannot take this: {error.cause}") from error
    if not _BUSY & set(codes):
        raise Unanswered(_told(error)) from error


def _told(error: PynamoDBException) -> str:
    return _code_of(error) or type(error.cause).__name__


class Calls:
    """Runs calls. `sleep` is given by tests that do not want to wait."""

    def __init__(self, sleep: Sleep = time.sleep) -> None:
        self._sleep = sleep

    def run(self, call: Callable[[], T]) -> T:
        """Raises RefusedError, Unanswered, or BrokenRecord for what DynamoDB can never take."""
        pause = FIRST_PAUSE_SECONDS
        for last in [False] * (TRIES - 1) + [True]:
            try:
                return call()
            except PynamoDBException as error:
                _judge(error)
                if last:
                    raise Unanswered(_told(error)) from error
            except (BotoCoreError, ClientError, ResponseParserError, ValueError) as error:
                raise Unanswered(type(error).__name__) from error
            self._sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - spreads load, hides nothing
            pause *= 2
        raise AssertionError("the last try returns or raises")
