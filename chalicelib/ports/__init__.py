"""The seams: what services ask of the outside, as Protocols. Adapters and fakes implement these.

Every method is one I/O: the simulation stops a service before and after each. A method that writes
may have done its work although it raises `Unanswered`; services are built to be run again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.ports.gateway import Gateway
from chalicelib.ports.outside import (
    Bus,
    Clock,
    Deliverer,
    Directory,
    Documents,
    Files,
    Ids,
    Mail,
    Queue,
    Sms,
    Timers,
    Tokens,
)
from chalicelib.ports.store import Store


@dataclass(frozen=True, slots=True)
class Links:
    """Where people are sent."""

    portal: str = "https://pay.example"
    back_office: str = "https://desk.example"
    mail_from: str = "billing@duecourse.example"


@dataclass(frozen=True, slots=True)
class Ports:
    """All seams in one hand, as services take them."""

    store: Store
    gateway: Gateway
    queue: Queue
    timers: Timers
    mail: Mail
    sms: Sms
    documents: Documents
    files: Files
    bus: Bus
    clock: Clock
    ids: Ids
    tokens: Tokens
    deliverer: Deliverer
    directory: Directory
    links: Links = field(default_factory=Links)
