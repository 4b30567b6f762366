"""What all AWS adapters share: clients made when first used, and what counts as no answer.

botocore is imported when the first client is made, so importing an adapter costs nothing.
`AWS_ENDPOINT_URL` is botocore's own; with it set, everything here talks to the emulator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chalicelib.ports.answers import Unanswered

# Three attempts end within 24 seconds: sooner than API Gateway, which waits for 29.
CONNECT_SECONDS = 3
READ_SECONDS = 5
ATTEMPTS = 3
# These get one attempt, and longer to answer it. SES and SNS cannot recognise a repeat: whoever
# asked decides whether to risk a second message. A second worker would find the leases of the
# first, do nothing and look like success; it may run for two minutes.
_ONCE_SECONDS = {"ses": 20, "sns": 20, "lambda": 125}

THROTTLES = frozenset(
    {
        "KmsThrottled",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


class Throttled(Unanswered):
    """AWS did nothing, because too much was asked of it."""


class Clients:
    """One botocore client per service and process."""

    def __init__(
        self,
        *,
        region: str = "",
        endpoint_url: str = "",
        read_seconds: float | None = None,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        """`keys` as `create_client` names them; functions have theirs in the environment."""
        self._read_seconds = read_seconds
        self._where = {
            "region_name": region or None,
            "endpoint_url": endpoint_url or None,
            **(keys or {}),
        }
        self._session: Any = None
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self._make(service)
        return self._made[service]

    def _make(self, service: str) -> Any:
        import botocore.config
        import botocore.session

        if self._session is None:
            self._session = botocore.session.get_session()
        once = service in _ONCE_SECONDS
        patience = _ONCE_SECONDS.get(service, READ_SECONDS)
        config = botocore.config.Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=self._read_seconds or patience,
            retries={"mode": "standard", "total_max_attempts": 1 if once else ATTEMPTS},
            # Anything older signs links whose expiry and file name are not protected.
            signature_version="s3v4" if service == "s3" else None,
        )
        return self._session.create_client(service, config=config, **self._where)


@contextmanager
def answered(what: str) -> Iterator[None]:
    """Raises Unanswered for a lost connection, a broken answer, a 5xx and a throttle.

    Any other refusal passes as it is: it is a fault of ours, and somebody has to see it.
    """
    import botocore.exceptions as failures
    from botocore.parsers import ResponseParserError

    try:
        yield
    except failures.ClientError as error:
        if code_of(error) in THROTTLES:
            raise Throttled(f"{what}: {code_of(error)}") from error
        if _is_theirs(error):
            raise Unanswered(f"{what}: {code_of(error)}") from error
        raise
    except (
        failures.HTTPClientError,
        failures.ConnectionError,
        failures.IncompleteReadError,
        ResponseParserError,
    ) as error:
        raise Unanswered(f"{what}: {type(error).__name__}") from error


def code_of(error: Any) -> str:
    """The error code of a botocore ClientError, without the namespace that SQS puts before it."""
    return str(error.response.get("Error", {}).get("Code", "")).rpartition(".")[2]


def _is_theirs(error: Any) -> bool:
    """AWS is at fault: the same call may succeed later."""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return status >= 500 or status == 429
