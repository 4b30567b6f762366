"""What makes a run cheap without changing it.

Composing a mail is pure and has its own tests; here a mail is its notice's name. A fact's hash is
remembered by the fact. `dataclasses.replace` is written again without its loop over all fields, and
records are made as if they were not frozen: that they are is for mypy and the other tests to see.
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
_DOMAIN = "chalicelib.domain."
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


_FREEZING = ("__init__", "__setattr__", "__delattr__")
_FROZEN: dict[type, dict[str, Any]] = {}  # what was taken from each class


def _thaw() -> None:
    """Records of the domain's are made by plain assignments, in half the time."""
    for kind in _records():
        own = vars(kind)
        _FROZEN[kind] = {name: own[name] for name in _FREEZING if name in own}
        kind.__init__ = _plain_init(kind)
        del kind.__setattr__, kind.__delattr__


def _freeze() -> None:
    for kind, taken in _FROZEN.items():
        for name, method in taken.items():
            setattr(kind, name, method)
    _FROZEN.clear()


def _records() -> list[Any]:
    known = [module for name, module in sys.modules.items() if name.startswith(_DOMAIN)]
    kinds = {kind for module in known for kind in vars(module).values() if isinstance(kind, type)}
    return [
        kind
        for kind in kinds
        if kind.__module__.startswith(_DOMAIN)
        and all(name in vars(kind) for name in (*_FREEZING, "__dataclass_fields__"))
    ]


@cache
def _plain_init(kind: Any) -> Any:
    """The constructor that `dataclass` writes for a class that is not frozen."""
    fields = [one for one in dataclasses.fields(kind) if one.init]
    named = [one for one in fields if one.kw_only]
    placed = [one for one in fields if not one.kw_only]
    known: dict[str, Any] = {f"_{one.name}": one.default_factory for one in fields}
    known |= {f"_default_{one.name}": one.default for one in fields}
    known["_MADE"] = object()
    heads = [_parameter(one) for one in placed] + ["*"] * bool(named)
    heads += [_parameter(one) for one in named]
    lines = ["pass", *[_assignment(one) for one in fields]]
    lines += ["self.__post_init__()"] * hasattr(kind, "__post_init__")
    exec(f"def __init__(self, {', '.join(heads)}):\n " + "\n ".join(lines), known)
    return known["__init__"]


def _parameter(one: dataclasses.Field[Any]) -> str:
    if one.default_factory is not dataclasses.MISSING:
        return f"{one.name}=_MADE"
    return one.name if one.default is dataclasses.MISSING else f"{one.name}=_default_{one.name}"


def _assignment(one: dataclasses.Field[Any]) -> str:
    if one.default_factory is dataclasses.MISSING:
        return f"self.{one.name} = {one.name}"
    return f"self.{one.name} = _{one.name}() if {one.name} is _MADE else {one.name}"


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
    _thaw()


def unhurry() -> None:
    """The real ones again, for the other tests of this process: they read the mails."""
    for name, module in list(sys.modules.items()):
        if name.startswith("chalicelib.") and getattr(module, "replace", None) is _replace:
            vars(module)["replace"] = _slow_replace
    vars(delivery).update(_REAL)
    vars(facts).update(fact_hash=_real_hash)
    _freeze()


def mail_key(mime: bytes) -> tuple[str, str]:
    """A sent mail's notice and recipient."""
    key, address, *_ = mime.decode().split("\n")
    return key, address
