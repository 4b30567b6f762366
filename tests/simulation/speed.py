"""What makes a run cheap without changing it: pure work whose result nothing here depends on.

Composing a mail is pure and has its own tests; here a mail is its notice's name. A fact's hash is
remembered by the fact.
"""

from __future__ import annotations

from typing import Any

from chalicelib.domain import facts
from chalicelib.services import delivery

_HASHES: dict[facts.Fact, str] = {}
_MOST = 4000
_real_hash = facts.fact_hash


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


def quicken() -> None:
    """From now on in this process."""
    vars(delivery).update(compose=_nothing, compose_sms=_key, to_mime=_mime)
    vars(facts).update(fact_hash=_hash)


def mail_key(mime: bytes) -> tuple[str, str]:
    """A sent mail's notice and recipient."""
    key, address, *_ = mime.decode().split("\n")
    return key, address
