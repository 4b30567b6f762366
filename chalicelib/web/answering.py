"""Answers for browsers: pages of one template each, redirects, and the headers both carry.

A page holds its own style, allowed by its hash, and no script at all.
"""

from __future__ import annotations

import base64
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

from chalice.app import Response

from chalicelib.api.answering import HEADERS
from chalicelib.branding import ACCENT, ACTION, text_on
from chalicelib.catalogue import text
from chalicelib.formatting import LANGUAGES

_TEMPLATES = Path(__file__).parent / "templates"


def page(
    name: str, status: HTTPStatus, *, hosted_pages: tuple[str, ...] = (), **model: Any
) -> Response:
    """`hosted_pages`: where a form may lead to beside here; Chrome holds redirects to it too."""
    from markupsafe import Markup

    style = _style()
    # Ours alone: the file is part of the package.
    html = _template(name).render(style=Markup(style), **model)  # noqa: S704
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{_hash(style)}'",
            " ".join(("form-action 'self'", *hosted_pages)),
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
    headers: dict[str, str | list[str]] = {
        **HEADERS,
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        # `no-referrer` would make the browser hide from us, too, where our own forms come from.
        "Referrer-Policy": "same-origin",
    }
    return Response(html, headers, status.value)


def redirect(location: str, **headers: str) -> Response:
    """303: the browser goes on with a GET. Relative places keep the API's stage."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response("", {**HEADERS, "Location": location, **more}, HTTPStatus.SEE_OTHER.value)


def shut(kind: str, status: HTTPStatus, languages: str) -> Response:
    """A page that says why there is nothing to see, in the browser's language: nobody is known."""
    lang = preferred(languages)
    title, body = (text(lang, f"portal.shut.{kind}.{part}") for part in ("title", "body"))
    return page("shut", status, lang=lang, title=title, body=body)


def preferred(languages: str) -> str:
    """The first language of an Accept-Language header that we speak."""
    wanted = (
        one.strip().partition(";")[0].partition("-")[0].lower() for one in languages.split(",")
    )
    return next((one for one in wanted if one in LANGUAGES), "en")


@cache
def _style() -> str:
    return (
        (_TEMPLATES / "style.css")
        .read_text()
        .replace("ACCENT", ACCENT)
        .replace("ON_ACTION", text_on(ACTION))
        .replace("ACTION", ACTION)
    )


def _hash(style: str) -> str:
    return base64.b64encode(sha256(style.encode()).digest()).decode()


@cache
def _template(name: str) -> Any:
    # Jinja2 costs 40 ms to import; most calls of the API draw no page.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{name}.html.j2")
