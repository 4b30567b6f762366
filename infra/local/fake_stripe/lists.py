"""Pages: newest first, cursors by id, at most a hundred at a time."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from infra.local.fake_stripe.endpoints import Request
from infra.local.fake_stripe.errors import Body, bad_parameter, missing

Wanted = Callable[[Body], bool]

_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "gte": int.__ge__,
    "lt": int.__lt__,
    "lte": int.__le__,
}


def created_within(window: Any, at: int) -> bool:
    if window is None:
        return True
    if isinstance(window, int):
        return at == window
    return all(_COMPARE[name](at, bound) for name, bound in window.items())


def page(
    request: Request,
    noun: str,
    url: str,
    bodies: Iterable[Body],
    wanted: Wanted = lambda _: True,
) -> Body:
    """One page of what `wanted` keeps. A cursor is a place in the whole list, so rows inserted
    while a reader pages appear before the first page and never shift the next one."""
    params = request.params
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise bad_parameter("Invalid limit: must be between 1 and 100.", param="limit")
    if "starting_after" in params and "ending_before" in params:
        raise bad_parameter("You cannot use both starting_after and ending_before.")
    window = params.get("created")
    newest_first = [
        body
        for body in reversed(list(bodies))
        if wanted(body) and created_within(window, body["created"])
    ]
    return {
        "object": "list",
        "url": url,
        **_cut(newest_first, limit, params, noun),
    }


def _cut(rows: list[Body], limit: int, params: Mapping[str, Any], noun: str) -> Body:
    if "starting_after" in params:
        start = _place(rows, params["starting_after"], noun, "starting_after") + 1
        chosen, more = rows[start : start + limit], len(rows) > start + limit
    elif "ending_before" in params:
        end = _place(rows, params["ending_before"], noun, "ending_before")
        chosen, more = rows[max(0, end - limit) : end], end > limit
    else:
        chosen, more = rows[:limit], len(rows) > limit
    return {"data": [dict(row) for row in chosen], "has_more": more}


def _place(rows: list[Body], object_id: str, noun: str, param: str) -> int:
    for index, row in enumerate(rows):
        if row["id"] == object_id:
            return index
    raise missing(noun, object_id, param=param, status=400)
