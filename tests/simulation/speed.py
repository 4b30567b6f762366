"""What makes a run cheap without changing it.

Composing a mail is pure and has its own tests; here a mail is its notice's name. A fact's hash is
remembered by the fact. `dataclasses.replace` is written again without its loop over all fields.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, cast

from chalicelib.domain import facts
from chalicelib.services import delivery

_HASHES: dict[facts.Fact, str] = {}
_MOST = 4000
_real_hash = facts.fact_hash
_slow_replace = dataclasses.replace


def _mime(_message: Any, *, recipient: Any, notice_key: str, **_rest: Any) -> bytes:
    return f"{notice_key}\n{recipient.address}\n".encode()


def _nothing(_view: Any) -> str:
    return ""


def _key(view: Any) -> str:
    return str(view.key)


def _hash(fact: facts.Fact) -> str:
    known = _HASHES.get(fact)
    if known is None:
        if len(_HASHES) >= _MOST:
            _HASHES.clear()
        known = _HASHES[fact] = _real_hash(fact)
    return known


@cache
def _layout(kind: type) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, int]]:
    """No places for a class whose fields are named: its constructor takes none by place."""
    names = [field.name for field in dataclasses.fields(kind) if field.init]
    if any(field.kw_only for field in dataclasses.fields(kind)):
        return (lambda _: ()), {}
    read = attrgetter(*names) if len(names) > 1 else lambda one: (getattr(one, names[0]),)
    return read, {name: place for place, name in enumerate(names)}


def _replace(one: Any, /, **changes: Any) -> Any:
    kind = type(one)
    read, places = _layout(cast("Any", kind))
    if not places:
        return _slow_replace(one, **changes)
    values = list(read(one))
    for name, value in changes.items():
        values[places[name]] = value
    return kind(*values)


_REAL = {name: vars(delivery)[name] for name in ("compose", "compose_sms", "to_mime")}


def quicken() -> None:
    """From now on in this process, until `unhurry`."""
    if vars(facts)["fact_hash"] is _hash:
        return
    for name, module in list(sys.modules.items()):
        if name.startswith("chalicelib.") and getattr(module, "replace", None) is _slow_replace:
            vars(module)["replace"] = _replace
    vars(delivery).update(compose=_nothing, compose_sms=_key, to_mime=_mime)
    vars(facts).update(fact_hash=_hash)


def unhurry() -> None:
    """The real ones again, for the other tests of this process: they read the mails."""
    for name, module in list(sys.modules.items()):
        if name.startswith("chalicelib.") and getattr(module, "replace", None) is _replace:
            vars(module)["replace"] = _slow_replace
    vars(delivery).update(_REAL)
    vars(facts).update(fact_hash=_real_hash)


def mail_key(mime: bytes) -> tuple[str, str]:
    """A sent mail's notice and recipient."""
    key, address, *_ = mime.decode().split("\n")
    return key, address
