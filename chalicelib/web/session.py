"""Who looks at a page: the cookie a link is exchanged for, and whether a form is our own.

The cookie holds the link's token where no script, other site, log or history can read it, for an
hour at most. The link is looked up at each request, so a revoked one closes the page at once.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from chalicelib.api.auth import portal_call
from chalicelib.api.calls import Incoming, PortalCall
from chalicelib.api.context import Context
from chalicelib.api.errors import Refused
from chalicelib.api.operations import TOKEN
from chalicelib.domain.errors import NotFound

COOKIE = "__Host-portal"
SECONDS = 3600
_ATTRIBUTES = f"Path=/; Max-Age={SECONDS}; HttpOnly; Secure; SameSite=Lax"


class SessionOver(Exception):  # noqa: N818 - reads as what happened
    """There is no cookie, or its link opens nothing any more."""


def cookie_for(token: str) -> str:
    """The Set-Cookie of a link that was just opened."""
    return f"{COOKIE}={token}; {_ATTRIBUTES}"


def session_call(context: Context, request: Incoming) -> PortalCall:
    """The caller the cookie stands for. Raises SessionOver, whatever is wrong with it."""
    token = _cookie(request.headers.get("Cookie", ""))
    known = Incoming(
        method=request.method,
        path=request.path,
        parameters={**request.parameters, TOKEN: token},
        query=request.query,
        headers=request.headers,
        body=request.body,
        reference=request.reference,
        address=request.address,
    )
    try:
        return portal_call(context, known)
    except NotFound as error:
        raise SessionOver from error


def check_own_form(context: Context, request: Incoming) -> None:
    """Raises Refused 403 unless the browser says that one of our own pages sent the form.

    What it says of the origin has to agree with us, and one of the two headers has to be there.
    """
    site, origin = (request.headers.get(name) for name in ("Sec-Fetch-Site", "Origin"))
    home = urlsplit(context.ports.links.portal)
    ours = {None, f"{home.scheme}://{home.netloc}"}
    if site not in {None, "same-origin"} or origin not in ours or site is origin is None:
        raise Refused(HTTPStatus.FORBIDDEN, "form_foreign", "The form is not one of our own.")


def _cookie(header: str) -> str:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")
