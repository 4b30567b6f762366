"""Answers as bytes and headers: JSON or problem+json, never cached, never sniffed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from chalice.app import Request, Response

from chalicelib.api.errors import Problem, Refused, problem_of

JSON = "application/json"
PROBLEM = "application/problem+json"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


def answer(status: int, text: str, **headers: str) -> Response:
    """`text` is JSON already; names of headers are written with underscores."""
    kind = PROBLEM if status >= HTTPStatus.BAD_REQUEST else JSON
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(text, {**HEADERS, "Content-Type": kind, **more}, status)


def encoded(body: Any) -> str:
    return msgspec.json.encode(body).decode()


def refused(refusal: Refused, reference: str) -> Response:
    headers = {"Retry_After": str(refusal.retry_after)} if refusal.retry_after else {}
    if refusal.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW_Authenticate"] = 'Bearer realm="duecourse"'
    problem: Problem = problem_of(refusal, reference)
    return answer(refusal.status.value, encoded(problem), **headers)


_OWN_WORDS = {
    405: ("method_not_allowed", "This path does not have that method."),
    415: ("media_type_unsupported", "The body has to be JSON."),
}


def in_problem_form(event: Request, get_response: Any) -> Response:
    """Middleware: what Chalice refuses before a view is reached, in the form of all refusals."""
    response: Response = get_response(event)
    body = response.body
    if not isinstance(body, dict) or set(body) != {"Code", "Message"}:
        return response
    status = HTTPStatus(response.status_code)
    code, detail = _OWN_WORDS.get(status.value, ("internal_error", "Something failed on our side."))
    allowed = {"Allow": response.headers["Allow"]} if "Allow" in response.headers else {}
    made = refused(Refused(status, code, detail), reference_of(event))
    made.headers.update(allowed)
    return made


def reference_of(request: Request) -> str:
    """The request's id as it stands in every log line of this request."""
    return str(getattr(request.lambda_context, "aws_request_id", ""))
