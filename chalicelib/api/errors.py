"""Every refusal as RFC 9457 problem details: a stable `code`, what was wrong, and what to do.

The one mapping from errors to HTTP. Only `DomainError`s and `Refused` speak to the caller; anything
else is answered with a reference and logged by class and code, never by its words.
"""

from __future__ import annotations

from http import HTTPStatus

from msgspec import Struct

from chalicelib.api.advice import advice
from chalicelib.domain.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from chalicelib.ports.answers import FactExists, StaleHead, Unanswered

# Longer than a Lambda behind API Gateway can run: until then the first call may still be at it.
RETRY_AFTER_SECONDS = 35
BUSY = "busy"


class FieldError(Struct, frozen=True, kw_only=True):
    """Where in the body (a JSON Pointer) or in the query (a parameter's name), and what."""

    pointer: str
    detail: str


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457 problem details. `code` is stable; `detail` and `what_to_do` are for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    what_to_do: str
    errors: tuple[FieldError, ...] = ()
    reference: str = ""
    businesses: tuple[str, ...] = ()
    error: str = ""  # OAuth's own word for it, at the token endpoint


class Refused(Exception):  # noqa: N818 - reads as the field's word
    """A refusal of the edge itself: wrong form, wrong caller, too much, too often."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        businesses: tuple[str, ...] = (),
        retry_after: int = 0,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.businesses = businesses
        self.retry_after = retry_after


_STATUS: dict[type[DomainError], HTTPStatus] = {
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    NotAllowed: HTTPStatus.FORBIDDEN,
    Conflict: HTTPStatus.CONFLICT,
}
WHAT_TO_DO = {
    400: "Correct the request and send it again.",
    401: "Sign in, and send a fresh access token as `Authorization: Bearer …`.",
    403: "Ask an admin of the business for a role that may do this.",
    404: "Check the id, and that it belongs to the business you act for.",
    405: "See the API's description for the methods of this path.",
    409: "Read the object again: its present state forbids this.",
    413: "Send less, in several requests if need be.",
    415: "Send JSON, with `Content-Type: application/json`.",
    422: "Correct what is named and send it again, with a new Idempotency-Key.",
    429: "Wait for the seconds given in Retry-After.",
    500: "Send it again with the same Idempotency-Key; if it fails again, tell us the reference.",
    503: "Send it again with the same Idempotency-Key after the seconds given in Retry-After.",
}


def refusal_of(error: Exception, *, reading: bool = False) -> Refused:
    """Any error as the refusal to answer with. `reading`: a GET has parameters only, no content."""
    match error:
        case Refused():
            return error
        case DomainError():
            wait = 1 if error.code == BUSY else 0
            status = _status_of(error)
            if reading and status is HTTPStatus.UNPROCESSABLE_ENTITY:
                status = HTTPStatus.BAD_REQUEST
            return Refused(status, error.code, error.detail, retry_after=wait)
        case StaleHead() | FactExists():
            words = "Somebody else changed this at the same time."
            return Refused(HTTPStatus.CONFLICT, BUSY, words, retry_after=1)
        case Unanswered():
            return Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "no_answer",
                "A service that we depend on did not answer; whether it acted is not known.",
                retry_after=RETRY_AFTER_SECONDS,
            )
        case _:
            return Refused(
                HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "Something failed on our side."
            )


def _status_of(error: DomainError) -> HTTPStatus:
    return next(status for kind, status in _STATUS.items() if isinstance(error, kind))


def is_final(refusal: Refused) -> bool:
    """Whether sending the same request again would be refused again, so that it may be kept."""
    return refusal.status < HTTPStatus.INTERNAL_SERVER_ERROR and not refusal.retry_after


def problem_of(refusal: Refused, reference: str) -> Problem:
    """The body of the answer. The reference is given where somebody here has to look."""
    ours = refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(
        type=f"urn:duecourse:problem:{refusal.code}",
        title=refusal.status.phrase,
        status=refusal.status.value,
        code=refusal.code,
        detail=refusal.detail,
        what_to_do=advice(refusal.code) or WHAT_TO_DO[refusal.status.value],
        errors=refusal.errors,
        businesses=refusal.businesses,
        error=_OAUTH.get(refusal.code, ""),
        reference=reference if ours else "",
    )


# RFC 6749, section 5.2.
_OAUTH = {
    "client_invalid": "invalid_client",
    "form_invalid": "invalid_request",
    "grant_type_unsupported": "unsupported_grant_type",
}
_NOUNS = {
    "customer": "There is no such customer.",
    "subscription": "There is no such subscription.",
    "invoice": "There is no such invoice.",
    "business": "There is no such business.",
    "group": "There is no such group.",
    "dispute": "There is no such dispute.",
    "fraud_warning": "There is no such early fraud warning.",
    "import": "There is no such import.",
    "payment": "There is no such payment.",
    "payment_plan": "There is no such payment plan.",
    "payment_method": "The customer has no such payment method.",
    "setup_session": "There is no such set-up session.",
    "policy": "The business has no such dunning policy.",
    "user": "The business has no such user.",
    "api_client": "The business has no such API client.",
    "external_payment": "The customer has no such external payment.",
    "refund": "The invoice has no such refund.",
    "credit_note": "The invoice has no such credit note.",
    "credit_application": "The customer's credit has no such application.",
    "credit_payout": "The customer's credit has no such payout.",
    "test_clock": "There is no such test clock.",
}


def no_such(noun: str) -> NotFound:
    """The one answer for what does not exist, is another business's, or cannot be an id."""
    return NotFound(f"{noun}_not_found", _NOUNS[noun])


def no_such_link() -> NotFound:
    """The same words as `portal_links.open_link`: nothing tells a caller why a link is no good."""
    return NotFound("link_not_found", "This link is not valid any more. Ask for a new one.")
