"""Records to text and back: the table keeps the domain's canonical JSON, and msgspec decodes it.

Encoding what was decoded gives the same bytes, so a stored fact still has the hash it was sealed
with. Everything that must read a stored head or fact decodes it here.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from msgspec import DecodeError, ValidationError, convert
from msgspec.json import Decoder

from chalicelib.domain.canonical import canonical
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.registry import HEADS, PAYLOADS
from chalicelib.ports.rows import Aggregate

T = TypeVar("T")

SUBJECT_OF: dict[type, Subject] = {kind: subject for subject, kind in HEADS.items()}


@cache
def _decoder(kind: type) -> Decoder[Any]:
    """Built once for each type, on first use: building one costs more than decoding with it."""
    return Decoder(kind)


def decode(text: str, kind: type[T]) -> T:
    """A record from its canonical text. Raises BrokenRecord when the text is not one."""
    try:
        record: T = _decoder(kind).decode(text)  # type: ignore[arg-type]
    except DecodeError as error:
        raise BrokenRecord(f"{kind.__name__} cannot be read: {error}") from error
    return record


def decode_head(text: str, subject: Subject) -> Aggregate:
    head: Aggregate = decode(text, HEADS[subject])
    return head


def decode_fact(text: str) -> Fact:
    """A fact with its data as the dataclass that the registry names for its subject and kind."""
    fact = decode(text, Fact)
    payload = PAYLOADS.get((fact.subject, fact.kind))
    if payload is None:
        raise BrokenRecord(f"{fact.subject.value} {fact.subject_id}: no such fact as {fact.kind}")
    try:
        return replace(fact, data=convert(fact.data, payload))
    except ValidationError as error:
        raise BrokenRecord(f"{fact.kind} {fact.key} cannot be read: {error}") from error


def business_of(head: Aggregate) -> str:
    """Whose row a head is; a business is its own."""
    return head.id if SUBJECT_OF[type(head)] is Subject.BUSINESS else head.business_id  # type: ignore[union-attr]


def is_placed(fact: Fact) -> bool:
    """Whether the key only says where the fact stands, not which outside object it records.

    Two people's different changes may want the same place. Who comes second has to decide again;
    he must not be told that his change is recorded already.
    """
    key: str = fact.data.key(fact.seq + 1)
    return key != fact.key


def exact(head: Aggregate, fact: Fact) -> tuple[Aggregate, Fact]:
    """Head and fact as they come back from their text; raises BrokenRecord if they would change."""
    texts = canonical(head), canonical(fact)
    read = decode_head(texts[0], fact.subject), decode_fact(texts[1])
    if (canonical(read[0]), canonical(read[1])) != texts:
        raise BrokenRecord(f"{fact.subject.value} {fact.subject_id}: {fact.kind} changes its bytes")
    return read
