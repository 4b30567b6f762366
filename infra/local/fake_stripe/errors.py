"""How the fake says no.

Three kinds that must never be mixed up: `ApiError` is an answer Stripe itself gives (4xx, 5xx),
`LostReply` is a call whose answer never arrives, and `FakeStripeRefusal` is the fake admitting that
it does not know how Stripe behaves. The last one fails the test that met it; it is never a 400.
"""

from typing import Any, Final

Body = dict[str, Any]

_DOCS: Final = "https://stripe.com/docs/error-codes/"


class FakeStripeRefusal(NotImplementedError):  # noqa: N818 -- no error of Stripe's
    """The fake does not implement this; guessing would teach the caller something untrue."""


class LostReply(ConnectionError):  # noqa: N818 -- named for what happened
    """The connection broke; `executed` tells a checker (never the caller) if the work was done."""

    def __init__(self, message: str, *, executed: bool) -> None:
        super().__init__(message)
        self.executed = executed


class ApiError(Exception):
    """An error answer of Stripe's, with its HTTP status.

    `executed` says whether the endpoint began its work: only then is the answer stored under the
    idempotency key, exactly as a 402 or a 500 is, and a refused parameter is not.
    """

    def __init__(self, status: int, error: Body, *, executed: bool) -> None:
        super().__init__(error.get("message"))
        self.status = status
        self.error = error
        self.executed = executed


def doc_url(code: str) -> str:
    return _DOCS + code.replace("_", "-")


def _error(kind: str, message: str, code: str | None, param: str | None, extra: Body) -> Body:
    error: Body = {"type": kind, "message": message, **extra}
    if code is not None:
        error["code"] = code
        error["doc_url"] = doc_url(code)
    if param is not None:
        error["param"] = param
    return error


def bad_parameter(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    """A 400 before execution: nothing happened and nothing is stored under the key."""
    error = _error("invalid_request_error", message, code, param, {})
    return ApiError(400, error, executed=False)


def wrong_state(
    message: str, *, code: str | None = None, param: str | None = None, **objects: Any
) -> ApiError:
    """A 400 during execution: the object exists but cannot do what was asked."""
    error = _error("invalid_request_error", message, code, param, objects)
    return ApiError(400, error, executed=True)


def missing(noun: str, object_id: str, *, param: str = "id", status: int = 404) -> ApiError:
    message = f"No such {noun}: '{object_id}'"
    error = _error("invalid_request_error", message, "resource_missing", param, {})
    return ApiError(status, error, executed=False)


def required(param: str) -> ApiError:
    return bad_parameter(f"Missing required param: {param}.", param=param, code="parameter_missing")


def no_access(account: str) -> ApiError:
    """Unknown and deauthorised accounts get one and the same answer."""
    message = (
        f"The provided key does not have access to account '{account}' (or that account does not "
        "exist). Application access may have been revoked."
    )
    error = _error("invalid_request_error", message, "account_invalid", None, {})
    return ApiError(403, error, executed=False)
