"""The API of a whole install in this process, behind WSGI: as tools that speak HTTP see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from tests.api.client import Api

Start = Callable[[str, list[tuple[str, str]]], Any]


def served(api: Api) -> Callable[[Mapping[str, Any], Start], Iterable[bytes]]:
    """A WSGI application that asks the Chalice app and answers what it answers."""

    def application(environ: Mapping[str, Any], start: Start) -> Iterable[bytes]:
        path = "/" + (environ.get("RAW_URI") or environ["PATH_INFO"]).lstrip("/")
        query = environ.get("QUERY_STRING", "")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = api.client.http.request(
            environ["REQUEST_METHOD"],
            f"{path}?{query}" if query and "?" not in path else path,
            headers=headers_of(environ),
            body=body,
        )
        status = HTTPStatus(answer.status_code)
        start(f"{status.value} {status.phrase}", list(answer.headers.items()))
        return [answer.body]

    return application


def headers_of(environ: Mapping[str, Any]) -> dict[str, str]:
    """The request's headers again, out of the names WSGI gives them."""
    found = {
        name.removeprefix("HTTP_").replace("_", "-").title(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        found["Content-Type"] = environ["CONTENT_TYPE"]
    return found
