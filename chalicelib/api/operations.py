"""What a route is: read off its view, so that documentation and behaviour have one source.

The view's first parameter says who may call it, `body`, `form` and `query` what it reads, its
return type what it answers, its docstring what it is for. Every other parameter is an id from the
path.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

from chalicelib.api.access import WHO_MAY
from chalicelib.api.calls import OpenCall, PortalCall, StaffCall, UserCall
from chalicelib.api.reading import LARGEST_BODY

View = Callable[..., Any]
# In a path: the portal's token, which the edge reads itself.
TOKEN = "token"  # noqa: S105 - a parameter's name
_CALLS = {OpenCall, StaffCall, UserCall, PortalCall}
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path. `refuses` are codes that a caller should expect beside the usual."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    view: View
    call: type[OpenCall]
    body: type | None
    query: type | None
    answer: Any
    status: int
    refuses: tuple[str, ...] = ()
    largest: int = LARGEST_BODY  # bytes that it may be sent
    location: str | None = None  # the field of the answer that becomes the Location header
    told_once: str | None = None  # the field of the answer that is not kept
    form: type | None = None  # read from a form, as OAuth wants it

    @property
    def parameters(self) -> list[str]:
        return _PARAMETER.findall(self.path)

    @property
    def keyed(self) -> bool:
        """Every POST but a webhook, whose events have ids of their own."""
        return self.method == "POST" and self.call is not OpenCall


# Filled when the blueprints are imported.
OPERATIONS: list[Operation] = []


def describe(method: str, path: str, tag: str, view: View, **more: Any) -> Operation:
    """The operation that `view` is, added to the register. A fault in it fails at import."""
    hints = get_type_hints(view, include_extras=True)
    answer = hints.pop("return")
    call = hints.pop("call")
    summary, _, description = (view.__doc__ or "").strip().partition("\n")
    assert summary, f"{view.__name__} has no docstring"
    assert call in _CALLS, f"{view.__name__} may be called by nobody"
    assert (call is StaffCall) == (view.__name__ in WHO_MAY), f"who may call {view.__name__}?"
    operation = Operation(
        id=view.__name__,
        method=method,
        path=path,
        tag=tag,
        summary=summary.rstrip("."),
        description=re.sub(r"\s*\n\s*", " ", description.strip()),
        view=view,
        call=call,
        body=hints.pop("body", None),
        query=hints.pop("query", None),
        form=hints.pop("form", None),
        answer=answer,
        **more,
    )
    assert set(hints) == set(operation.parameters) - {TOKEN}, f"{view.__name__} and {path}"
    OPERATIONS.append(operation)
    return operation
