"""From a request to a view and back: caller, body and query in, JSON out, every error mapped.

Chalice turns a view's exception into its own words before any middleware sees it, so the mapping is
here, around each view.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from chalice.app import Blueprint, Request, Response

from chalicelib.api import idempotency, reading
from chalicelib.api.answering import JSON, answer, encoded, reference_of, refused
from chalicelib.api.auth import portal_call, staff_call, user_call
from chalicelib.api.calls import Incoming, KeyedCall, OpenCall, PortalCall, StaffCall, UserCall
from chalicelib.api.context import here
from chalicelib.api.errors import is_final, no_such, no_such_link, refusal_of
from chalicelib.api.operations import TOKEN, Operation, View, describe
from chalicelib.observability import count, log_event, log_failure

V = TypeVar("V", bound=View)


class Routes:
    """One noun's routes: a Chalice blueprint whose views speak in types."""

    def __init__(self, module: str, prefix: str, tag: str) -> None:
        self.prefix = prefix
        self.tag = tag
        self.blueprint = Blueprint(module)

    def get(self, path: str = "/", **more: Any) -> Callable[[V], V]:
        return self._route("GET", path, **more)

    def post(self, path: str = "/", **more: Any) -> Callable[[V], V]:
        return self._route("POST", path, **more)

    def patch(self, path: str = "/", **more: Any) -> Callable[[V], V]:
        return self._route("PATCH", path, **more)

    def delete(self, path: str = "/", **more: Any) -> Callable[[V], V]:
        return self._route("DELETE", path, **more)

    def _route(self, method: str, path: str, *, status: int = 200, **more: Any) -> Callable[[V], V]:
        whole = f"{self.prefix}/{path.strip('/')}".rstrip("/")

        def register(view: V) -> V:
            operation = describe(method, whole, self.tag, view, status=status, **more)

            def entry(**parameters: str) -> Response:
                return run(operation, incoming(self.blueprint.current_request, parameters))

            kinds = [JSON if operation.form is None else reading.FORM]
            route = self.blueprint.route
            route(path, methods=[method], name=operation.id, content_types=kinds)(entry)
            return view

        return register


def incoming(request: Request, parameters: dict[str, str]) -> Incoming:
    raw = request.raw_body
    return Incoming(
        method=request.method,
        path=request.path.format_map(parameters),
        parameters=parameters,
        query=dict(request.query_params or {}),
        headers=request.headers,
        body=raw if isinstance(raw, bytes) else raw.encode(),
        reference=reference_of(request),
        address=str(((request.context or {}).get("identity") or {}).get("sourceIp") or ""),
    )


def run(operation: Operation, request: Incoming) -> Response:
    """The answer to one request, whatever happens."""
    try:
        response = _run(operation, request)
    except Exception as error:  # noqa: BLE001 - the edge: nothing may leave it unmapped
        response = _refuse(operation, request, error)
    log_event(
        "request",
        method=operation.method,
        path_template=operation.path,
        status=response.status_code,
    )
    return response


def _run(operation: Operation, request: Incoming) -> Response:
    call = _call_of(operation, request)
    arguments = _ids(request, call)
    query = reading.query_of(request, operation.query)
    if operation.query is not None:
        arguments["query"] = query
    if operation.method != "GET" and operation.call is not OpenCall:
        body = reading.body_of(request, operation.body)
        arguments |= {"body": body} if operation.body is not None else {}
    if operation.form is not None:
        arguments["form"] = reading.form_of(request, operation.form)
    if not (operation.keyed and isinstance(call, KeyedCall)):
        return _view(operation, call, arguments)
    asked = f"{request.method} {request.path}\n{encoded(arguments.get('body'))}"
    return idempotency.once(
        call,
        asked,
        lambda keyed: _kept_view(operation, keyed, arguments),
        told_once=operation.told_once,
    )


def _call_of(operation: Operation, request: Incoming) -> OpenCall:
    """Who is calling, before anything of the request is looked at."""
    context = here()
    open_to_all = operation.call is OpenCall
    reading.check_size(request, reading.LARGEST_EVENT if open_to_all else operation.largest)
    if open_to_all:
        return OpenCall(context=context, request=request)
    call: StaffCall | UserCall | PortalCall
    if operation.call is StaffCall:
        call = staff_call(context, request, operation.id)
    elif operation.call is UserCall:
        call = user_call(context, request)
    else:
        call = portal_call(context, request)
    if not operation.keyed:
        return call
    return replace(call, key=idempotency.key_of(request.headers))


def _ids(request: Incoming, call: OpenCall) -> dict[str, Any]:
    """The path's ids. What cannot be an id is answered like an id that nobody has."""
    ids: dict[str, Any] = {key: one for key, one in request.parameters.items() if key != TOKEN}
    for name, value in ids.items():
        if not reading.ID.fullmatch(value):
            raise no_such_link() if isinstance(call, PortalCall) else no_such(name[: -len("_id")])
    return ids


def _view(operation: Operation, call: OpenCall, arguments: dict[str, Any]) -> Response:
    made = operation.view(call, **arguments)
    field = operation.location
    headers = {"Location": getattr(made, field)} if field else {}
    return answer(operation.status, encoded(made), **headers)


def _kept_view(
    operation: Operation, call: OpenCall, arguments: dict[str, Any]
) -> tuple[Response, bool]:
    """With whether the answer is to be kept: a refusal that may pass is not."""
    try:
        return _view(operation, call, arguments), True
    except Exception as error:  # noqa: BLE001 - mapped here so that it can be kept
        response = _refuse(operation, call.request, error)
        return response, is_final(refusal_of(error))


def _refuse(operation: Operation, request: Incoming, error: Exception) -> Response:
    refusal = refusal_of(error, reading=operation.method == "GET")
    if refusal.status >= 500:
        count("RequestFailed")
        log_failure(
            "request_failed",
            error,
            method=operation.method,
            path_template=operation.path,
            request_id=request.reference,
        )
    return refused(refusal, request.reference)
